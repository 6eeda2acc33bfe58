"""`data …`: the data sets of this machine."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from fer.cli.terminal import Counter, DatasetArgument, JsonOption, make_table, out, progress, styled
from fer.errors import DatasetError
from fer.wording import counted

if TYPE_CHECKING:
    from fer.data import Dataset

app = typer.Typer(help="Manage the data sets of this machine.", no_args_is_help=True)

_LISTED = 5  # files that are named for each reason why they were skipped


def _data_source(dataset: str) -> "Dataset":
    from fer.data import load_dataset

    with progress() as bar:
        return load_dataset(dataset, validation_fraction=0, progress=Counter(bar, "faces"))


@app.command("add")
def add_data(
    source: Annotated[
        str,
        typer.Argument(
            help="A folder, table, archive, file of arrays, kaggle:OWNER/NAME or hf:OWNER/NAME."
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Its name.")] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            help="What the source's own names of classes mean, such as 0=angry,1=disgust; "
            "7= leaves a class out."
        ),
    ] = None,
    custom_classes: Annotated[
        bool, typer.Option("--custom-classes", help="Keep unknown emotions as classes.")
    ] = False,
) -> None:
    """Read a data set once and give it a name."""
    from fer import data

    meanings = _meanings(classes or [])
    with progress() as bar:
        added = data.add(
            source,
            name=name,
            classes=meanings,
            custom_classes=custom_classes,
            progress=Counter(bar, "faces"),
        )
    _print_dataset(added)


def _meanings(options: list[str]) -> dict[str, str]:
    """The mapping that `--classes NAME=EMOTION,…` gives; a name may hold a comma."""
    meanings: dict[str, str] = {}
    for option in options:
        name = ""
        for piece in option.split(","):
            name += piece
            if "=" in piece:
                name, _, meaning = name.rpartition("=")
                meanings[name.strip()] = meaning.strip()
                name = ""
            else:
                name += ","
        if name.strip(", "):
            raise DatasetError(
                f"'{name.strip(', ')}' in --classes is not NAME=EMOTION. Expected, for example, "
                "--classes 0=angry,1=disgust."
            )
    return meanings


@app.command("list")
def list_data() -> None:
    """List the data sets that have a name."""
    from fer.data import registered

    table = make_table("data set", "where")
    for source in registered():
        made_here = "accepted corrections" if source.is_feedback else source.path
        where = source.origin or made_here or "drawn by this program"
        table.add_row(source.name, str(where))
    out.print(table)


@app.command("show")
def show_data(dataset: DatasetArgument) -> None:
    """Show what a data set holds and what was skipped."""
    _print_dataset(_data_source(dataset))


def _print_dataset(dataset: "Dataset") -> None:
    from fer.data.skipped import by_reason
    from fer.data.summary import class_by_split

    out.print(styled(f"{dataset.name}:", "bold"), dataset.source_format)
    out.print(f"Splits: {dataset.split_rule}.")
    counts = class_by_split(dataset)
    table = make_table("class", *counts.columns, "all")
    for label, row in counts.iterrows():
        table.add_row(str(label), *(f"{n:,}" for n in row), f"{row.sum():,}")
    table.add_row("all", *(f"{n:,}" for n in counts.sum()), f"{len(dataset):,}")
    out.print(table)
    excluded, relabelled = int(dataset.excluded.sum()), int(dataset.relabelled.sum())
    if excluded or relabelled:
        out.print(f"Annotated by hand: {excluded:,} excluded, {relabelled:,} relabelled.")
    for skipped in by_reason(dataset.skipped):
        count = counted(len(skipped.paths), "file or row", "files or rows")
        out.print(styled("skipped", "yellow"), f"{count}: {skipped.reason}")
        out.print(f"  {skipped.listed(_LISTED)}")


@app.command("audit")
def audit_data(dataset: DatasetArgument, as_json: JsonOption = False) -> None:
    """Find copies, leaks, blank images and doubtful labels."""
    from fer.data.audit import audit

    summary = audit(_data_source(dataset)).summary
    if as_json:
        typer.echo(json.dumps(summary, indent=2))
        return
    from fer.data.summary import sentences

    out.print(styled(f"{summary['name']}:", "bold"), summary["source_format"])
    for sentence in sentences(summary):
        out.print(f"- {sentence}")


@app.command("remove")
def remove_data(dataset: Annotated[str, typer.Argument(help="A data set's name.")]) -> None:
    """Remove a data set's name and index. Your files and annotations stay."""
    from fer.data import remove

    remove(dataset)
    out.print(f"'{dataset}' was removed. Its files were not touched.")
