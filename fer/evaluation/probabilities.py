"""Probabilities of many faces, computed once and kept in Parquet by the hash of each face."""

import hashlib
import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from fer import settings
from fer.data import Dataset
from fer.data.locking import locked
from fer.data.parquet_files import read_frame
from fer.errors import DatasetError
from fer.evaluation.tta import views_of
from fer.files import replace_path, writing
from fer.models.model import Model
from fer.people import Action, may
from fer.progress import Progress

_KEPT = 65_536
"""Faces after which answers are kept, so that what was stopped is resumed."""

_LOCK = "predictions.lock"
_log = logging.getLogger(__name__)


def uncalibrated_probabilities(
    model: Model,
    part: Dataset,
    split: str,
    *,
    tta: str = "none",
    progress: Progress | None = None,
) -> np.ndarray:
    """Probabilities at temperature 1, shape (n, classes), float32; equal faces are classified once.

    They are kept for the next call if the model is on disk. `part` is the split of that name.
    """
    hashes = pd.Index(part.index["hash"])
    file = _file(model, part.name, split, tta)
    kept = _read(file, model.card.labels)
    missing = np.flatnonzero(~hashes.isin(kept.index) & ~hashes.duplicated())
    if len(missing):
        for start in range(0, len(missing), _KEPT):
            rows = missing[start : start + _KEPT]
            means = np.empty((len(rows), len(model.card.labels)), np.float32)
            for at in range(0, len(rows), model.most):
                faces = part.pixels[rows[at : at + model.most]]
                of_views = [model.uncalibrated(view) for view in views_of(faces, tta)]
                means[at : at + model.most] = np.mean(of_views, axis=0)
                if progress:
                    share = min(start + at + model.most, len(missing)) / len(missing)
                    progress(round(share * len(part)), len(part))
            new = pd.DataFrame(means, index=hashes[rows], columns=list(model.card.labels))
            kept = pd.concat([kept, new])
            if file and may(Action.KEEP):
                _keep(new, file)
    elif progress:
        progress(len(part), len(part))
    probabilities: np.ndarray = kept.to_numpy(np.float32)[kept.index.get_indexer(hashes)]
    return probabilities


def forget(hashes: Collection[str]) -> None:
    """Drop what is kept of some faces, of every model and data set.

    Raises:
        DatasetError: If a file cannot be written.
    """
    folder = settings.predictions_folder()
    if not folder.is_dir():
        return
    with writing(folder, DatasetError), locked(folder / _LOCK):
        for file in folder.glob("*.parquet"):
            try:
                kept = read_frame(file)
            except (OSError, pa.ArrowException):  # damaged, so that nobody knows of whom it is
                file.unlink(missing_ok=True)
                continue
            if len(left := kept[~kept.index.isin(list(hashes))]) < len(kept):
                _write(left, file)


def _file(model: Model, name: str, split: str, tta: str) -> Path | None:
    """Where the probabilities are kept; None for a network that is only in memory."""
    if not model.sha256:
        return None
    key = "\0".join((model.sha256, name, split, tta))
    return settings.predictions_folder() / f"{hashlib.sha256(key.encode()).hexdigest()}.parquet"


def _read(file: Path | None, labels: tuple[str, ...]) -> pd.DataFrame:
    nothing = pd.DataFrame(index=pd.Index([], dtype=str), columns=list(labels), dtype=np.float32)
    if file is None or not file.is_file():
        return nothing
    try:
        kept = read_frame(file)
    except (OSError, pa.ArrowException) as error:  # a damaged file: classify again
        _log.warning("'%s' cannot be read (%s), so the faces are classified again.", file, error)
        return nothing
    return kept if tuple(kept.columns) == labels and kept.index.is_unique else nothing


def _keep(new: pd.DataFrame, file: Path) -> None:
    """Add faces to what the file holds now: some may have been forgotten since it was read."""
    try:
        with locked(file.parent / _LOCK):
            there = _read(file, tuple(new.columns))
            _write(pd.concat([there, new[~new.index.isin(there.index)]]), file)
    except (OSError, DatasetError) as error:
        _log.warning("Predictions are not kept in '%s': %s", file, error)


def _write(kept: pd.DataFrame, file: Path) -> None:
    with replace_path(file) as made:
        kept.to_parquet(made)
