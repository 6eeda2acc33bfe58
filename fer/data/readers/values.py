"""Tables whose rows hold the images themselves: pixels, or the bytes of image files."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fer.data.readers.columns import Columns
from fer.data.readers.manifest import labels_of
from fer.data.readers.pixels import codes_of, grid_of
from fer.data.readers.rows import Rows
from fer.errors import UnreadableImageError
from fer.images import decode

_SAMPLE = 20


def rows_of_values(
    name: str,
    stamp: str,
    columns: Columns,
    frame: pd.DataFrame,
    value: Callable[[int], Sequence[Any]],
    *,
    is_bytes: bool,
) -> Rows:
    """The rows of a table that holds its images.

    Args:
        name: The table's.
        stamp: Of its file.
        columns: Its columns.
        frame: Those that are read as text, as `delimited_frame` gives them.
        value: Gives the values of the columns of images of a row.
        is_bytes: Whether these are image files rather than pixels.
    """
    labels, reasons = labels_of(frame, columns)
    where = name + ":" + frame["line"].astype(str)
    table = pd.DataFrame(
        {
            "path": where,
            "where": where,
            "label": labels,
            "split": frame.get("split", ""),
            "subject": frame.get("subject", ""),
            "stamp": stamp,
            "reason": frame["reason"].mask(frame["reason"] == "", reasons),
        }
    ).astype(str)
    paths = table["path"].tolist()
    sample = [] if is_bytes else [_text(value(row)) for row in range(min(_SAMPLE, len(table)))]
    grid = grid_of(name, sample)

    def image(row: int) -> np.ndarray:
        if is_bytes:
            return _decoded(value(row)[0], paths[row])
        return grid.image(_text(value(row)), paths[row])

    codes = {} if is_bytes else codes_of(columns, table["split"].unique())
    return Rows(
        name=name,
        kind="the table of images" if is_bytes else "the table of pixels",
        table=table,
        image=image,
        names=columns.shown,
        codes=codes,
        one_by_one=bool(codes),
    )


def _decoded(value: Any, name: str) -> np.ndarray:
    content = value.get("bytes") if isinstance(value, Mapping) else value
    if not content:
        path = value.get("path") if isinstance(value, Mapping) else None
        lacks = f"it has only the path '{path}'" if path else "it is empty"
        raise UnreadableImageError(f"{name} holds no image: {lacks}.")
    return decode(content)


def _text(values: Sequence[Any]) -> bytes:
    """The pixels of a row as text, from a text, a list, rows of pixels, or a column for each."""
    [first] = values if len(values) == 1 else [values]
    if isinstance(first, str):
        return first.encode()
    return " ".join(map(str, np.asarray(first).ravel().tolist())).encode()
