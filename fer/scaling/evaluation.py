"""A model's figures on labelled photos that Ray answered.

The largest face of each photo counts, as in `fer.api.evaluate_photos`. Rows are read back from the
folder of results, so that what was stopped is resumed; photos never pass through this process.
"""

import threading
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from fer import emotions, models
from fer.data import Dataset
from fer.data.class_names import understood
from fer.errors import DatasetError, ResultsError
from fer.evaluation.photos import photo_figures, photo_table
from fer.inference.answer import NO_FACE
from fer.progress import Progress
from fer.scaling.photos import CROP, predict_to_parquet
from fer.scaling.places import located
from fer.scaling.setup import Setup


def evaluate_photos(
    setup: Setup,
    source: str,
    out: str,
    *,
    address: str | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> dict[str, Any] | None:
    """Answer the photos of a folder, and measure the answers.

    Args:
        setup: The model and the detector.
        source: A folder of `<emotion>/*`, or its URL; or a Parquet table whose photos have such
            paths.
        out: The folder of results, for evaluation only; as `predict_to_parquet` takes the rest.
        address: Of the cluster.
        progress: Called with photos done and photos planned.
        stop: Once set, the work ends.

    Returns:
        The figures, as `fer.evaluation.photos.photo_figures` gives them; None if it was stopped.

    Raises:
        DatasetError: If no photo has a label, or none an answer.
        ResultsError: If the results hold photos that are gone since.
        FerError: Whatever else stops the work.
    """
    report = predict_to_parquet(
        setup, [source], out, address=address, recursive=True, extra=[CROP],
        progress=progress, stop=stop,
    )  # fmt: skip
    if report.stopped:
        return None
    photos = report.before + report.photos
    return figures_of(setup, source, out, photos=photos, skipped=report.skipped)


def figures_of(
    setup: Setup, source: str, out: str, *, photos: int, skipped: dict[str, str]
) -> dict[str, Any]:
    """The figures of a folder of results; see `evaluate_photos`.

    Args:
        setup: The model and the detector.
        source: Where the photos are.
        out: The folder, whose rows have `CROP`.
        photos: How many photos there are.
        skipped: Reason by name of what was not read.
    """
    answers = [f"p_{label}" for label in setup.labels]
    about = ["file", "photo_width", "photo_height", "face", "reliable", "unreliable_because"]
    files, path = located(out)
    rows = pd.read_parquet(path, columns=[*about, "error", CROP, *answers], filesystem=files)
    largest = rows[rows["face"].isna() | (rows["face"] == 1)].sort_values("file")
    if largest["file"].duplicated().any() or len(largest) != photos:
        raise ResultsError(
            f"'{out}' holds photos that are gone from '{source}', or of one name. Choose a new "
            "folder."
        )
    return _figures(setup, source, largest, int((rows["face"] == 2).sum()), skipped)


def _figures(
    setup: Setup, source: str, rows: pd.DataFrame, several: int, skipped: dict[str, str]
) -> dict[str, Any]:
    """The figures of one row for each photo."""
    card = models.load(setup.model, form=setup.form).card
    places = [PurePosixPath(file) for file in rows["file"]]
    rows = rows.assign(
        path=[f"{place.parent.name}/{place.name}" for place in places],
        label=[understood(place.parent.name) or "" for place in places],
    )
    known = rows["label"].isin(card.labels)
    without = np.where(rows["label"] == "", "not in a folder that names its emotion", "")
    without = np.where(
        (rows["label"] != "") & ~known,
        "the model does not know the emotion '" + rows["label"] + "'",
        without,
    )
    reasons = pd.Series(without, rows.index).mask(known & rows["error"].notna(), rows["error"])
    skipped = skipped | dict(zip(rows["path"], reasons, strict=True))
    skipped = {path: reason for path, reason in skipped.items() if reason}
    usable = rows[known & rows["error"].isna()]
    answered = usable[usable["reliable"] == True]  # noqa: E712 - it may be missing
    if answered.empty:
        raise DatasetError(
            f"No photo of '{source}' has a label and an answer. Expected a folder with one "
            f"subfolder per emotion, such as happy/1.jpg. The emotions are "
            f"{', '.join(emotions.ALL)}."
        )
    unanswered = usable.drop(answered.index)
    index = pd.DataFrame(
        {
            "path": answered["path"], "label": answered["label"], "split": "test",
            "width": answered["photo_width"], "height": answered["photo_height"],
            "hash": answered[CROP],
        }
    )  # fmt: skip
    faces = Dataset(
        name=PurePosixPath(source).name or source,
        index=index.reset_index(drop=True),
        pixels=np.empty((len(index), 0, 0, 0), np.uint8),  # they stayed with the workers
        labels=emotions.ordered(index["label"]),
        split_rule="all photos are test photos",
    )
    probabilities = answered[[f"p_{label}" for label in card.labels]].to_numpy(np.float32)
    left_out = int(((rows["label"] != "") & ~known).sum())
    return photo_figures(
        photo_table(card, faces, probabilities, left_out=left_out),
        unanswered=[
            {"path": path, "label": label, "reason": reason or NO_FACE}
            for path, label, reason in zip(
                unanswered["path"],
                unanswered["label"],
                unanswered["unreliable_because"],
                strict=True,
            )
        ],
        skipped=skipped,
        several=several,
        detector=setup.detector,
    )
