"""Images and labels that are in memory, as a table of faces and their pixels."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from fer.data.array_images import are_images, label_texts, layout_of, texts
from fer.data.classes import Classes
from fer.data.decoding import BATCH, MEASURED, decode_batch
from fer.data.readers.listing import Listing
from fer.data.readers.rows import Rows, listing_of
from fer.errors import DatasetError
from fer.progress import Progress


def list_arrays(
    images: np.ndarray,
    labels: Sequence[object] | np.ndarray,
    *,
    name: str,
    splits: Sequence[object] | np.ndarray | None,
    subjects: Sequence[object] | np.ndarray | None,
    classes: Sequence[str] | Mapping[object, str | None] | None,
    custom_classes: bool,
) -> Listing:
    """The faces of two arrays; the arguments are those of `Dataset.from_arrays`.

    Raises:
        DatasetError: If they do not fit together, or a class is unknown.
    """
    try:
        faces = np.asarray(images)
        if faces.dtype.kind == "O" and faces.ndim == 1:  # a column of arrays
            faces = np.asarray(list(faces))
    except ValueError:
        raise DatasetError(
            "The images differ in size. Scale them to one size first, or save them as files in "
            "class folders."
        ) from None
    if not len(faces):
        raise DatasetError("There are no images. Give one or more, and a label for each.")
    if not are_images(faces.shape, faces.dtype):
        raise DatasetError(
            f"Found images of shape {faces.shape} and {faces.dtype}. Expected (n, height, width) "
            "for grey or (n, height, width, 3) for RGB, 12 pixels or more on each side: uint8, or "
            "floats from 0 to 1."
        )
    columns = {
        "label": label_texts("labels", np.asarray(labels)),
        "split": None if splits is None else texts(np.asarray(splits)),
        "subject": None if subjects is None else texts(np.asarray(subjects)),
    }
    for what, values in columns.items():
        if values is not None and len(values) != len(faces):
            raise DatasetError(
                f"Found {len(values):,} {what}s for {len(faces):,} images. Expected one for each."
            )
    layout = layout_of("images", faces.shape, [faces])
    paths = pd.Series([f"{name}:{row}" for row in range(len(faces))], dtype=str)
    table = pd.DataFrame({"path": paths, "where": paths, "stamp": "", "reason": ""}, dtype=str)
    for what, values in columns.items():
        table[what] = [""] * len(faces) if values is None else values
    rows = Rows(name=name, kind="arrays", table=table, image=lambda row: layout.image(faces[row]))
    meanings = Classes.of(_by_number(classes), keep_unknown=custom_classes)
    return listing_of(Path(), [(rows, "")], meanings)


def measure(
    listing: Listing, shape: tuple[int, int, int], *, progress: Progress | None = None
) -> tuple[pd.DataFrame, np.ndarray]:
    """The index of a listing whose images are in memory, and their pixels in another shape.

    Args:
        listing: The faces.
        shape: Height, width and channels of the pixels.
        progress: Called with faces done and faces planned.

    Returns:
        As `Dataset` keeps them: index, and (n, height, width, channels), uint8.
    """
    pixels = np.empty((len(listing.table), *shape), np.uint8)
    stats = []
    for start in range(0, len(pixels), BATCH):
        rows = np.arange(start, min(start + BATCH, len(pixels)))
        stats += decode_batch(listing.image, rows, pixels[start : start + BATCH])
        if progress:
            progress(len(stats), len(pixels))
    measured = pd.DataFrame(stats).drop(columns="reason").astype(MEASURED)
    index = listing.table.drop(columns="stamp").join(measured)
    return index.assign(excluded=False, label_original=index["label"], label_by_hand=""), pixels


def _by_number(
    classes: Sequence[str] | Mapping[object, str | None] | None,
) -> dict[str, str | None] | None:
    if classes is None:
        return None
    if isinstance(classes, Mapping):
        return {str(name): meaning for name, meaning in classes.items()}
    return {str(number): str(meaning) for number, meaning in enumerate(classes)}
