"""What becomes of accepted corrections: training, comparison, promotion, models to make again."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fer.cli.terminal import (
    Counter,
    JsonOption,
    ModelOption,
    err,
    import_keras,
    make_table,
    out,
    progress,
    quiet_imports,
)
from fer.errors import FeedbackError
from fer.wording import p_value, signed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.progress import Progress as Bars

    from fer.feedback.before_after import Begin
    from fer.feedback.store import Store
    from fer.runs.run import Run

RunOption = Annotated[
    str | None,
    typer.Option(
        "--run", help="A run that learnt from corrections.", show_default="the newest finished one"
    ),
]


def train(
    model: ModelOption = None,
    replay: Annotated[
        str,
        typer.Option(
            help="A data set to replay, so that the model forgets nothing.",
            show_default="the one that the model was trained on",
        ),
    ] = "",
    detach: Annotated[
        bool, typer.Option("--detach", help="Train in the background; it outlives the terminal.")
    ] = False,
) -> None:
    """Train the model in use further on the accepted corrections.

    The result is compared with the model in use. Ctrl-C stops after the current step;
    `python -m fer runs` resumes the run as any other.
    """
    import_keras()
    from fer.cli.train import absolute, train_in_background, train_in_terminal
    from fer.feedback import before_after, learning
    from fer.feedback.dataset import publish
    from fer.feedback.store import open_store

    store = open_store()
    with progress() as bar:
        replay = learning.read_replay(
            model, replay=absolute(replay) if replay else "", progress=Counter(bar, "files read")
        )
        publish(store, progress=Counter(bar, "corrections examined"))
    config = learning.plan(model, replay=replay)
    if detach:
        train_in_background(lambda: learning.create_run(config))
        return
    run, _ = train_in_terminal(lambda: learning.create_run(config, state="preparing"))
    if run.status().get("state") == "finished":
        with progress() as bar, quiet_imports():
            before_after.judge_finished(begin=_begin(bar))
        _show_judged(store, run)


def compare(run: RunOption = None, as_json: JsonOption = False) -> None:
    """Compare the model that learnt with the one in use."""
    compared = _compared(run)
    if as_json:
        typer.echo(json.dumps(compared, indent=2))
    else:
        _show(compared)


def promote(
    by: Annotated[str, typer.Option(help="Who decides it.", prompt="Your name")],
    run: RunOption = None,
) -> None:
    """Use the model that learnt, if the frozen test allows it."""
    from fer.feedback import promotion
    from fer.feedback.store import open_store

    chosen = _run(run)
    if not by.strip():
        raise FeedbackError("A promotion needs the name of who decides it. Give --by.")
    done = promotion.promote(open_store(), chosen, _compared(chosen.id), by=by.strip())
    out.print(
        f"'{done.model_after}' is in use, in place of '{done.model_before}'. "
        "`python -m fer feedback undo` takes that back."
    )


def undo() -> None:
    """Use the model again that was in use before the last promotion."""
    from fer.feedback import promotion
    from fer.feedback.store import open_store

    undone = promotion.undo(open_store())
    out.print(f"'{undone.model_before}' is in use again. '{undone.model_after}' stays a model.")


def models(as_json: JsonOption = False) -> None:
    """List models that learnt from corrections that are gone."""
    from fer.feedback.learning import outdated_models
    from fer.feedback.store import open_store

    store = open_store()
    found = outdated_models(store)
    if as_json:
        rows = [
            {"name": one.name, "run": one.is_run, "gone": one.gone, "learnt": one.learnt}
            for one in found
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    print_outdated(store)
    if not found:
        out.print("No model learnt from a correction that is gone.")


def print_outdated(store: "Store") -> None:
    """Print which models are to be made again, because they learnt from what is gone."""
    from fer.feedback.learning import MAKE_AGAIN, outdated_models

    if found := outdated_models(store):
        for one in found:
            out.print(one.words)
        out.print(MAKE_AGAIN)


def _run(name: str | None) -> "Run":
    from fer import runs
    from fer.feedback.learning import fine_tunes

    known = fine_tunes()
    if name:
        chosen = runs.find(name)
        if chosen.id not in [run.id for run in known]:
            raise FeedbackError(
                f"The run '{chosen.name}' did not learn from corrections. Those that did: "
                f"{', '.join(run.name for run in known) or 'none'}."
            )
        return chosen
    if finished := [run for run in known if run.status().get("state") == "finished"]:
        return finished[0]
    raise FeedbackError(
        "No finished run has learnt from corrections. Begin one: python -m fer feedback train"
    )


def _compared(name: str | None) -> dict[str, Any]:
    from fer.feedback import before_after, promotion

    run = _run(name)
    if kept := promotion.kept_comparison(run):
        return kept
    import_keras()
    with progress() as bar, quiet_imports():
        return before_after.compare(run, begin=_begin(bar))


def _begin(bar: "Bars") -> "Begin":
    return lambda what, noun: Counter(bar, what)


def _show_judged(store: "Store", run: "Run") -> None:
    """What a run's model was measured to be, and whether it is in use since."""
    from fer.feedback import promotion
    from fer.runs.added import added_as

    last = promotion.last_promotion(store)
    if last is None or last.model_after != added_as(run):
        _show(_compared(run.id))
        return
    _show_figures(last.figures)
    out.print(
        f"The rule {last.rule} promoted it: '{last.model_after}' is in use, in place of "
        f"'{last.model_before}'. `python -m fer feedback undo` takes that back."
    )


def _show(compared: "Mapping[str, Any]") -> None:
    _show_figures(compared)
    for refusal in compared["refusals"]:
        out.print(refusal)
    if not compared["refusals"]:
        out.print("It may be promoted: python -m fer feedback promote --by NAME")


def _show_figures(compared: "Mapping[str, Any]") -> None:
    from fer.evaluation.comparison import recall_sentence, verdict

    table = make_table("measured on", "faces", "old", "new", "difference", "95%", "McNemar's p")
    for name, figures in compared["on"].items():
        if isinstance(figures, str):
            err.print(f"{name}: {figures}")
            continue
        low, high = (signed(100 * end, 1) for end in figures["difference_ci95"])
        table.add_row(
            name,
            f"{figures['images']:,}",
            f"{figures['first_accuracy']:.1%}",
            f"{figures['second_accuracy']:.1%}",
            signed(100 * figures["difference"], 1),
            f"{low} to {high}",
            p_value(figures["p_value"]),
        )
    out.print(table)
    for name, figures in compared["on"].items():
        if not isinstance(figures, str):
            out.print(f"{name}: {verdict(figures)} {recall_sentence(figures)}")
