"""Tables whose rows hold the images themselves: pixels, or the bytes of image files."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fer.data.array_images import Layout, are_images
from fer.data.readers.columns import Columns
from fer.data.readers.manifest import labels_of
from fer.data.readers.pixels import codes_of, grid_of, white_of
from fer.data.readers.rows import Rows
from fer.errors import UnreadableImageError
from fer.images import decode
from fer.pixels import OVERSHOOT

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
        is_bytes: Whether these are image files, as bytes or in base64, rather than pixels.
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
    sample = [] if is_bytes else [value(row) for row in range(min(_SAMPLE, len(table)))]
    shaped = [one for one in map(_shaped, sample) if one is not None]
    grid = grid_of(name, [_text(one) for one in sample if _shaped(one) is None])
    highest = max((float(one.max()) for one in shaped), default=0)
    white = white_of(name, highest, is_fraction=any(bool((one % 1).any()) for one in shaped))

    def image(row: int) -> np.ndarray:
        if is_bytes:
            return _decoded(value(row)[0], paths[row])
        values = value(row)
        if (pixels := _shaped(values)) is None:
            return grid.image(_text(values), paths[row])
        if not are_images((1, *pixels.shape), pixels.dtype):
            raise UnreadableImageError(
                f"{paths[row]} holds pixels of shape {pixels.shape}; expected (height, width), "
                "or three values for each pixel."
            )
        if pixels.min() < -OVERSHOOT or pixels.max() > white + OVERSHOOT:
            raise UnreadableImageError(
                f"{paths[row]}: pixel values from {pixels.min():g} to {pixels.max():g}; expected 0 "
                f"to {white}."
            )
        return Layout(shape=pixels.shape, white=white).image(pixels)

    codes = {} if is_bytes else codes_of(columns, table["split"].unique())
    return Rows(
        name=name,
        kind="the table of images" if is_bytes else "the table of pixels",
        table=table,
        image=image,
        names=columns.shown,
        split_of_1=columns.split_of_1,
        codes=codes,
        one_by_one=bool(codes),
    )


def _decoded(value: Any, name: str) -> np.ndarray:
    content = value.get("bytes") if isinstance(value, Mapping) else value
    if isinstance(content, str):
        try:
            content = base64.b64decode(content.rpartition(",")[2])
        except ValueError:
            raise UnreadableImageError(f"{name} is no image in base64: it is cut short.") from None
    if not content:
        path = value.get("path") if isinstance(value, Mapping) else None
        lacks = f"it has only the path '{path}'" if path else "it is empty"
        raise UnreadableImageError(f"{name} holds no image: {lacks}.")
    return decode(content)


def _shaped(values: Sequence[Any]) -> np.ndarray | None:
    """The pixels of a row in a list of lists, of its own shape; None where they are flat."""
    if len(values) != 1 or not isinstance(values[0], list) or not values[0]:
        return None
    if not isinstance(values[0][0], list):
        return None
    try:
        pixels = np.asarray(values[0])
    except ValueError:  # rows of different lengths
        return None
    return pixels if pixels.ndim > 1 and pixels.dtype.kind in "uifb" else None


def _text(values: Sequence[Any]) -> bytes:
    """The pixels of a row as text, from a text, a list, rows of pixels, or a column for each."""
    [first] = values if len(values) == 1 else [values]
    if isinstance(first, str):
        return first.encode()
    try:
        return " ".join(map(str, np.asarray(first).ravel().tolist())).encode()
    except ValueError:  # rows of different lengths, which no image has
        return b""
