"""Prediction tables: a model's answers beside the labels, votes and annotations of the faces.

Labels, votes and annotations are joined when the table is made, so that a new annotation does not
cost a second classification.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer.data import Dataset
from fer.data.votes import COLUMNS, VOTES, top
from fer.errors import DatasetError
from fer.evaluation.probabilities import uncalibrated_probabilities
from fer.models.card import check_shape
from fer.models.model import Model
from fer.nets.forward import tempered
from fer.progress import Progress


@dataclass(frozen=True, kw_only=True, eq=False)
class PredictionTable:
    """One row per face of a split.

    Attributes:
        frame: `row` (position in the data set), `path`, `hash`, `split`, `label`, `predicted`,
            `confidence` (0–1), `entropy` and `loss` (nats), `correct`, `in_training` (whether the
            face or an exact copy of it was used in training), `majority` (the single choice of
            most annotators, "" without one), `agreement` (its share of the votes, NaN without
            votes), and `p_<label>`, calibrated probabilities, for each of `labels`.
        labels: The model's classes.
        model: Name of the model.
        dataset: Name of the data set.
        split: As `Dataset.select` takes it.
        tta: Test-time augmentation, one of `fer.evaluation.tta.VIEWS`.
        temperature: That of the calibrated probabilities.
        left_out: Number of faces skipped because the model lacks their class.
        excluded: Number of faces excluded by hand.
        truth: What counts as right, `label` or `votes`.
        undecided: Number of faces skipped because the annotators made no single choice.
        learnt_truth: What the model was trained on, `label` or `votes`.
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
    check_shape(
        DatasetError,
        f"The faces of '{dataset.name}' have",
        dataset.pixels.shape[1:],
        f"the model '{card.name}' takes",
        card.shape,
        "Give the data set by name or path, and it is read in the model's shape.",
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
    uncalibrated = uncalibrated_probabilities(model, part, split, tta=tta, progress=progress)
    probabilities = tempered(uncalibrated, card.temperature)
    frame = joined(part, probabilities, targets, card.labels)
    frame["in_training"] = _in_training(part, dataset)
    rows = pd.Index(dataset.index["path"]).get_indexer(pd.Index(part.index["path"]))
    frame.insert(0, "row", rows)
    index = dataset.index
    excluded = dataset.excluded & index["split"].isin(part.index["split"].unique())
    undecided = 0
    if "split_given" in index:
        is_here = index["split_given"].isin(part.index["split_given"].unique())
        undecided = int(((index["split"] == "") & is_here & ~dataset.excluded).sum())
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
        undecided=undecided,
        learnt_truth=card.config.get("truth", "label"),
        synthetic=dataset.synthetic,
    )


def joined(
    part: Dataset, probabilities: np.ndarray, targets: np.ndarray, labels: tuple[str, ...]
) -> pd.DataFrame:
    """The frame of a table but for `row` and `in_training`.

    Args:
        part: The faces.
        probabilities: Calibrated, shape (n, classes), float32.
        targets: True class indices into `labels`, shape (n,).
        labels: The model's classes.
    """
    frame = part.index.reset_index(drop=True).copy()
    frame = frame.drop(columns=list(COLUMNS), errors="ignore")
    safe = np.maximum(probabilities, np.finfo(np.float32).tiny)
    predicted = probabilities.argmax(axis=1)
    frame["predicted"] = np.array(labels, np.object_)[predicted]
    frame["predicted"] = frame["predicted"].astype(frame["label"].dtype)
    frame["confidence"] = probabilities.max(axis=1)
    frame["entropy"] = -(safe * np.log(safe)).sum(axis=1)
    frame["loss"] = -np.log(safe[np.arange(len(safe)), targets])
    frame["correct"] = predicted == targets
    frame["majority"], frame["agreement"] = _votes(part)
    answers = pd.DataFrame(probabilities, columns=[f"p_{label}" for label in labels])
    return pd.concat([frame, answers], axis=1)


def _votes(part: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The single choice of most voters, "" without one, and its share of the votes."""
    votes = np.zeros((len(part), len(VOTES))) if part.votes is None else part.votes
    counts = np.nan_to_num(votes.astype(np.float64))
    names, total = np.array([*VOTES, ""], np.object_), counts.sum(axis=1)
    agreement = np.full(len(part), np.nan)
    np.divide(counts.max(axis=1), total, out=agreement, where=total > 0)
    return names[top(counts)], agreement  # names[-1] is ""


def _in_training(part: Dataset, dataset: Dataset) -> np.ndarray:
    """Whether training used the face or an exact copy; for test faces, validation counts too."""
    splits, hashes = dataset.index["split"], dataset.index["hash"]
    trained = set(hashes[splits == "train"])
    used = trained | set(hashes[splits == "validation"])
    is_test = ~part.index["split"].isin(["train", "validation"])
    in_used, in_trained = part.index["hash"].isin(used), part.index["hash"].isin(trained)
    return np.where(is_test, in_used, in_trained)
