"""What a network says about the faces of a split: computed once, kept by content, joined anew.

The network's answers are kept in Parquet by the hash of each face. Labels, votes and marks are
joined when the table is made, so that a mark by hand costs no second look at any face.
"""

import hashlib
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fer import settings
from fer.data import Dataset
from fer.data.votes import top
from fer.errors import DatasetError
from fer.evaluation.tta import views_of
from fer.files import replace_path
from fer.models.model import Model
from fer.nets.forward import tempered
from fer.progress import Progress

CHUNK = 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictionTable:
    """One row per face of a split.

    Attributes:
        frame: `row` (position in the data set), `path`, `hash`, `split`, `label`, `predicted`,
            `confidence` (0–1), `entropy` and `loss` (nats), `correct`, `in_training` (whether
            the face or an exact copy of it served in training), `majority` (the single choice of
            most voters, "" without one), `agreement` (its share of the votes, NaN without
            votes), and `p_<label>`, calibrated probabilities, for each of `labels`.
        labels: The model's classes.
        model: Name of the model.
        dataset: Name of the data set.
        split: Which part, as `Dataset.select` takes it.
        tta: Test-time augmentation, one of `fer.evaluation.tta.VIEWS`.
        temperature: What calibrated the probabilities.
        left_out: Faces of classes that the model does not know.
        excluded: Faces that were excluded by hand.
        truth: What `label` is, as `Dataset.truth` says.
        undecided: Faces left out because the annotators made no single choice.
        learnt_truth: What the model took for right when it was trained, as `truth`.
        synthetic: Whether the faces are drawn.
    """

    frame: pd.DataFrame
    labels: tuple[str, ...]
    model: str
    dataset: str
    split: str
    tta: str = "none"
    temperature: float = 1.0
    left_out: int = 0
    excluded: int = 0
    truth: str = "label"
    undecided: int = 0
    learnt_truth: str = "label"
    synthetic: bool = False

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def probabilities(self) -> np.ndarray:
        """Shape (n, classes), float32."""
        return self.frame[[f"p_{label}" for label in self.labels]].to_numpy(np.float32)

    @property
    def targets(self) -> np.ndarray:
        """True class indices into `labels`, shape (n,), int64."""
        return pd.Index(self.labels).get_indexer(pd.Index(self.frame["label"])).astype(np.int64)

    def where(self, chosen: np.ndarray) -> "PredictionTable":
        """The rows where `chosen`, shape (n,), bool, is true."""
        return replace(self, frame=self.frame[chosen].reset_index(drop=True))


def predictions(
    model: Model,
    dataset: Dataset,
    split: str = "test",
    *,
    tta: str = "none",
    progress: Progress | None = None,
) -> PredictionTable:
    """The prediction table of a model on one split.

    Args:
        model: The model.
        dataset: Faces of the size and channels that the model's card names.
        split: As `Dataset.select` takes it.
        tta: One of `fer.evaluation.tta.VIEWS`.
        progress: Called with faces done and faces planned.

    Raises:
        DatasetError: If the split is empty, its faces are of another shape than the model takes,
            or it shares no class with the model.
        ConfigError: If `tta` is unknown.
    """
    card = model.card
    wanted = (card.height, card.width, card.channels)
    if dataset.pixels.shape[1:] != wanted:
        raise DatasetError(
            f"The faces of '{dataset.name}' have (height, width, channels) "
            f"{dataset.pixels.shape[1:]}; the model '{card.name}' takes {wanted}. Give the data "
            "set by name or path, and it is read as the model wants it."
        )
    part = dataset.select(split)
    targets = part.targets_among(card.labels)
    known = targets >= 0
    if not known.any():
        raise DatasetError(
            f"'{dataset.name}' has {', '.join(part.labels)}; the model '{card.name}' "
            f"knows {', '.join(card.labels)}. They share no class."
        )
    left_out = int((~known).sum())
    if left_out:
        part, targets = part.take(np.flatnonzero(known)), targets[known]
    kept = raw_probabilities(model, part, split, tta=tta, progress=progress)
    probabilities = tempered(kept, card.temperature)
    frame = _joined(part, probabilities, targets, card.labels)
    frame["in_training"] = _in_training(part, dataset)
    row_of = pd.Series(np.arange(len(dataset)), index=dataset.index["path"])
    frame.insert(0, "row", row_of.reindex(part.index["path"]).to_numpy())
    excluded = dataset.excluded & dataset.index["split"].isin(part.index["split"].unique())
    undecided = np.zeros(len(dataset), bool)
    if "split_given" in dataset.index:
        given = dataset.index["split_given"]
        left = (dataset.index["split"] == "") & given.isin(part.index["split_given"].unique())
        undecided = left.to_numpy(bool)
    return PredictionTable(
        frame=frame,
        labels=card.labels,
        model=card.name,
        dataset=dataset.name,
        split=split,
        tta=tta,
        temperature=card.temperature,
        left_out=left_out,
        excluded=int(excluded.sum()),
        truth=dataset.truth,
        undecided=int((undecided & ~dataset.excluded).sum()),
        learnt_truth=card.config.get("truth", "label"),
        synthetic=dataset.synthetic,
    )


def raw_probabilities(
    model: Model,
    part: Dataset,
    split: str,
    *,
    tta: str = "none",
    progress: Progress | None = None,
) -> np.ndarray:
    """Probabilities at temperature 1, shape (n, classes), float32; equal faces are asked once.

    They are kept for the next call, where the model is one that lies on disk.
    """
    hashes = pd.Index(part.index["hash"])
    file = _file(model, part.name, split, tta)
    kept = _read(file, model.card.labels) if file else None
    places = kept.index.get_indexer(hashes) if kept is not None else np.full(len(part), -1)
    missing = np.flatnonzero((places < 0) & ~hashes.duplicated())
    if len(missing):
        made = np.empty((len(missing), len(model.card.labels)), np.float32)
        for start in range(0, len(missing), CHUNK):
            faces = part.pixels[missing[start : start + CHUNK]]
            seen = [model.uncalibrated(view) for view in views_of(faces, tta)]
            made[start : start + CHUNK] = np.mean(seen, axis=0)
            if progress:
                share = min(start + CHUNK, len(missing)) / len(missing)
                progress(round(share * len(part)), len(part))
        new = pd.DataFrame(made, index=hashes[missing], columns=list(model.card.labels))
        kept = new if kept is None else pd.concat([kept, new])
        if file:
            _write(kept, file)
        places = kept.index.get_indexer(hashes)
    elif progress:
        progress(len(part), len(part))
    assert kept is not None
    probabilities: np.ndarray = kept.to_numpy(np.float32)[places]
    return probabilities


def _file(model: Model, name: str, split: str, tta: str) -> Path | None:
    """Where the answers lie; None for a network that is only in memory."""
    if not model.sha256:
        return None
    said = "\0".join((model.sha256, name, split, tta))
    return settings.predictions_folder() / f"{hashlib.sha256(said.encode()).hexdigest()}.parquet"


def _read(file: Path, labels: tuple[str, ...]) -> pd.DataFrame | None:
    if not file.is_file():
        return None
    try:
        kept = pd.read_parquet(file)
    except (OSError, ValueError) as error:  # a damaged file: ask the network again
        _log.warning("'%s' cannot be read (%s) and is made anew.", file, error)
        return None
    return kept if tuple(kept.columns) == labels and kept.index.is_unique else None


def _write(kept: pd.DataFrame, file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_path(file) as made:
            kept.to_parquet(made)
    except OSError as error:
        _log.warning("Predictions are not kept in '%s': %s", file, error)


def _joined(
    part: Dataset, probabilities: np.ndarray, targets: np.ndarray, labels: tuple[str, ...]
) -> pd.DataFrame:
    frame = part.index.reset_index(drop=True).copy()
    frame = frame.drop(columns=_vote_columns(frame))
    safe = np.maximum(probabilities, np.finfo(np.float32).tiny)
    predicted = probabilities.argmax(axis=1)
    frame["predicted"] = np.array(labels, np.object_)[predicted]
    frame["predicted"] = frame["predicted"].astype(frame["label"].dtype)
    frame["confidence"] = probabilities.max(axis=1)
    frame["entropy"] = -(safe * np.log(safe)).sum(axis=1)
    frame["loss"] = -np.log(safe[np.arange(len(safe)), targets])
    frame["correct"] = predicted == targets
    frame["majority"], frame["agreement"] = _votes(part.index)
    answers = pd.DataFrame(probabilities, columns=[f"p_{label}" for label in labels])
    return pd.concat([frame, answers], axis=1)


def _votes(index: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The single choice of most voters, "" without one, and its share of the votes."""
    columns = _vote_columns(index)
    if not columns:
        return np.full(len(index), "", np.object_), np.full(len(index), np.nan)
    counts = np.nan_to_num(index[columns].to_numpy(np.float64))
    total, best = counts.sum(axis=1), top(counts)
    names = np.array([*(name.removeprefix("votes_") for name in columns), ""], np.object_)
    agreement = np.full(len(index), np.nan)
    np.divide(counts.max(axis=1), total, out=agreement, where=total > 0)
    return names[best], agreement  # names[-1] is ""


def _vote_columns(index: pd.DataFrame) -> list[str]:
    return [name for name in map(str, index.columns) if name.startswith("votes_")]


def _in_training(part: Dataset, dataset: Dataset) -> np.ndarray:
    """Whether training used the face or an exact copy; for test faces, validation counts too."""
    splits, hashes = dataset.index["split"], dataset.index["hash"]
    trained = set(hashes[splits == "train"])
    used = trained | set(hashes[splits == "validation"])
    is_test = ~part.index["split"].isin(["train", "validation"])
    in_used, in_trained = part.index["hash"].isin(used), part.index["hash"].isin(trained)
    return np.where(is_test, in_used, in_trained)
