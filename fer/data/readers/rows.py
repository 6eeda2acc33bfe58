"""From the rows of tables to a listing: what their labels and splits mean, and what is skipped."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fer.data.classes import LEFT_OUT, Classes, own_name, unknown_classes
from fer.data.parts import parts_of
from fer.data.readers.columns import TableError
from fer.data.readers.listing import Listing
from fer.data.votes import COLUMNS, add_votes, with_votes
from fer.errors import UnreadableImageError
from fer.wording import counted

Image = Callable[[int], str | np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of one table, before labels and splits are understood.

    Attributes:
        name: The table's, from the data set's folder.
        kind: What it is, in a few words.
        table: One row each: `path` (unique, unless `reason` is given), `where` (its name in
            errors), `label`, `split` and `subject` (as written), `stamp`, `reason` (why it is
            skipped, or ""), and maybe the votes.
        image: The image of a row.
        names: The columns, for errors.
        codes: What numbers mean as labels, by the format of the table itself.
        split_of_1: The split that a 1 means where `split` holds 0 and 1; "" for other words.
        votes: Files of votes, from the data set's folder.
        skipped: (path, reason) of what is skipped beside rows.
        votes_kind: Whose votes are in the table.
        one_by_one: Whether an unknown label is skipped as long as others are known.
    """

    name: str
    kind: str
    table: pd.DataFrame
    image: Image
    names: Sequence[str] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    split_of_1: str = ""
    votes: Sequence[str] = ()
    skipped: Sequence[tuple[str, str]] = ()
    votes_kind: str = "crowd"
    one_by_one: bool = False


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A table whose columns are known.

    Attributes:
        name: From the data set's folder.
        has_splits: Whether it gives the split of its rows.
        files: (name, stamp) of every file that it depends on.
        rows: Reads it, except for pixels.
    """

    name: str
    has_splits: bool
    files: Sequence[tuple[str, str]]
    rows: Callable[[], Rows]


def listing_of(
    root: Path,
    parts: Sequence[tuple[Rows, str]],
    classes: Classes,
    skipped: Sequence[tuple[str, str]] = (),
) -> Listing:
    """The faces of one or more tables.

    Args:
        root: The data set's folder.
        parts: Each table, and the split of its rows where it gives none; "" for no split.
        classes: What the names of classes mean.
        skipped: (path, reason) of what is skipped beside the tables.

    Raises:
        DatasetError: If no row can be used, or a class is unknown.
    """
    left_out, unused = list(skipped), list[tuple[str, str]]()
    tables, kept_rows = [], []
    for rows, split in parts:
        table, why = _understood(root, rows, classes, split)
        unused += why
        left_out += [*rows.skipped, *why]
        kept_rows.append(table.index.to_numpy())
        tables.append(table.drop(columns=["where", "reason"]))
    merged = pd.concat(tables, ignore_index=True)
    places = [(part, row) for part, kept in enumerate(kept_rows) for row in kept.tolist()]
    if (again := merged["path"].duplicated()).any():
        left_out += [(path, "named twice; the first row counts") for path in merged["path"][again]]
        places = [place for place, twice in zip(places, again, strict=True) if not twice]
        merged = merged[~again].reset_index(drop=True)
    if merged.empty:
        raise _nothing_usable(parts[0][0], unused)
    if COLUMNS[0] not in merged:
        sidecars = list(dict.fromkeys(file for rows, _ in parts for file in rows.votes))
        merged = add_votes(merged, root, sidecars, left_out)
    first = parts[0][0]
    kind = f"{first.kind} '{first.name}'"
    if len(parts) > 1:
        kind = f"{len(parts)} tables ({', '.join(rows.name for rows, _ in parts)})"
    images = [rows.image for rows, _ in parts]

    def image(row: int) -> str | np.ndarray:
        part, own_row = places[row]
        try:
            return images[part](own_row)
        except TableError as error:
            raise UnreadableImageError(f"'{parts[part][0].name}': {error.reason}.") from error

    voted = with_votes(merged, first.votes_kind)
    return Listing(
        source_format=f"{kind}: {counted(len(merged), 'face')}{voted}",
        table=merged,
        skipped=tuple(left_out),
        image=image,
    )


def _understood(
    root: Path, rows: Rows, classes: Classes, split: str
) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """The rows that can be used, by their place, and (path, reason) of the others."""
    table = _with_split_names(rows.table, rows.split_of_1)
    names = table["label"].unique()
    codes = _codes(rows, classes)
    labels = {name: classes.label_of(name, codes) for name in names}
    left_out = [name for name in names if classes.leaves_out(name)]
    reasons = table["reason"]
    is_unknown = (
        (table["label"].map(labels) == "") & ~table["label"].isin(["", *left_out]) & (reasons == "")
    )
    unknown = np.flatnonzero(is_unknown)
    if len(unknown) and not (rows.one_by_one and any(labels.values())):
        raise unknown_classes(
            root / rows.name,
            table["label"].iloc[unknown].tolist(),
            lambda row: rows.image(int(unknown[row])),
        )
    parts = parts_of(table["split"].unique())
    splits = table["split"].map(lambda name: parts.get(name, ""))
    known = f"expected 0 to {len(rows.codes) - 1}" if rows.codes else "expected an emotion"
    for reason, applies in (
        ("no label", table["label"] == ""),
        (LEFT_OUT, table["label"].isin(left_out)),
        ("unknown emotion '" + table["label"] + f"'; {known}", is_unknown),
        (
            "unknown split '" + table["split"] + "'; expected train, validation or test",
            (splits == "") & (table["split"] != ""),
        ),
    ):
        if applies.any():
            reasons = reasons.mask(applies & (reasons == ""), reason)
    again = table["path"].where(reasons == "").duplicated() & (reasons == "")
    reasons = reasons.mask(again, "named twice; the first row counts")
    is_used = reasons == ""
    skipped = list(zip(table["where"][~is_used], reasons[~is_used], strict=True))
    table = table.assign(label=table["label"].map(labels), split=splits.mask(splits == "", split))
    return table[is_used], skipped


def _with_split_names(table: pd.DataFrame, split_of_1: str) -> pd.DataFrame:
    """The table with words for 0 and 1 in `split`; what is not 1 is the other of train and test."""
    if not split_of_1:
        return table
    other = "test" if split_of_1 == "train" else "train"
    meaning = dict.fromkeys(("1", "true", "yes"), split_of_1)
    meaning |= dict.fromkeys(("0", "false", "no"), other)
    plain = table["split"].str.lower().str.replace(r"\.0*$", "", regex=True)
    return table.assign(split=plain.map(meaning).fillna(table["split"]))


def _codes(rows: Rows, classes: Classes) -> Mapping[str, str]:
    """The meaning of numbers; none where they evidently count from 1, in an order of their own."""
    used = set(map(own_name, rows.table["label"].unique()))
    strange = used - set(rows.codes) - set(dict(classes.mapping))
    is_shifted = "0" in rows.codes and "0" not in used and any(map(str.isdecimal, strange))
    return {} if is_shifted else rows.codes


def _nothing_usable(rows: Rows, unused: Sequence[tuple[str, str]]) -> TableError:
    reason = "it has no rows"
    if unused:
        reason = f"no row of it can be used. The first, {unused[0][0]}: {unused[0][1]}"
    return TableError(rows.name, reason, rows.names)
