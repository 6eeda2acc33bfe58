"""Prediction tables: a model's answers beside the labels, votes and annotations of the faces.

Figures stand on the data set as it was given. Whoever looks at a model's errors could otherwise
improve its figures, by relabelling or excluding faces that it gets wrong, and nobody could compare
them. So a table holds every face of the split, also one that is excluded by hand, with its label as
given; the annotations only make `by_hand`, a second accuracy that stands beside the first.
Training, which measures nothing, learns from the annotations.

Labels, votes and annotations are joined when the table is made, so that a new annotation does not
cost a second classification.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from fer.data import Dataset
from fer.data.dataset import known_split
from fer.data.votes import COLUMNS, VOTES, top
from fer.errors import DatasetError
from fer.evaluation.intervals import accuracy_of
from fer.evaluation.lineage import is_of, training_data
from fer.evaluation.probabilities import uncalibrated_probabilities
from fer.models.card import check_faces
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
            votes), and `p_<label>`, calibrated probabilities, for each of `labels`. Also the
            annotations, which change none of these: `label_by_hand` ("" without one), `excluded`.
        labels: The model's classes.
        model: Name of the model.
        dataset: Name of the data set.
        split: As `Dataset.select` takes it.
        tta: Test-time augmentation, one of `fer.evaluation.tta.VIEWS`.
        temperature: That of the calibrated probabilities.
        left_out: Number of faces skipped because the model lacks their class.
        by_hand: Accuracy with the annotations: `relabelled` and `excluded` (numbers of faces of
            the split), and `accuracy_of` the faces that are not excluded, with the labels set by
            hand. None if no face of the split is annotated.
        truth: What counts as right, `label` or `votes`.
        undecided: Number of faces skipped because the annotators made no single choice.
        learnt_truth: What the model was trained on, `label` or `votes`.
        synthetic: Whether the faces are drawn.
        trained_on: Name of the data set that the model was trained on, "" if its card names none.
        trained_here: Whether it, or a model that it started from, was trained on this data set.
        trained_on_drawn: Whether it was trained on drawn faces.
        calibrated_on: Name of the data set that its temperature was fitted on, "" without one.
    """

    frame: pd.DataFrame
    labels: tuple[str, ...]
    model: str
    dataset: str
    split: str
    tta: str = "none"
    temperature: float = 1.0
    left_out: int = 0
    by_hand: dict[str, Any] | None = None
    truth: str = "label"
    undecided: int = 0
    learnt_truth: str = "label"
    synthetic: bool = False
    trained_on: str = ""
    trained_here: bool = False
    trained_on_drawn: bool = False
    calibrated_on: str = ""

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
    check_faces(dataset, f"the model '{card.name}' takes", card.shape)
    split, given = known_split(split), dataset.as_given
    part, rows = given.select(split), given.rows_of(split)
    by_hand = dataset.rows_of(split)
    here = np.union1d(rows, by_hand)
    targets = part.targets_among(card.labels)
    known = np.flatnonzero(targets >= 0)
    if not len(known):
        raise DatasetError(
            f"'{dataset.name}' has {', '.join(part.labels)}; the model '{card.name}' "
            f"knows {', '.join(card.labels)}. They share no class."
        )
    left_out = len(rows) - len(known)
    part, rows, targets = part.take(known), rows[known], targets[known]
    targets_by_hand = dataset.targets_among(card.labels)[by_hand]
    by_hand, targets_by_hand = by_hand[targets_by_hand >= 0], targets_by_hand[targets_by_hand >= 0]

    answered = np.union1d(rows, by_hand)
    faces = part if len(answered) == len(rows) else dataset.take(answered)
    uncalibrated = uncalibrated_probabilities(model, faces, split, tta=tta, progress=progress)
    probabilities = tempered(uncalibrated, card.temperature)
    answers = probabilities[np.searchsorted(answered, by_hand)].argmax(axis=1)
    probabilities = probabilities[np.searchsorted(answered, rows)]

    trained_here = any(is_of(data, dataset) for data in training_data(card))
    frame = joined(part, probabilities, targets, card.labels)
    frame["in_training"] = trained_here & _in_training(part, given)
    frame["label_by_hand"] = np.where(dataset.relabelled, dataset.index["label"], "")[rows]
    frame["excluded"] = dataset.excluded[rows]
    frame.insert(0, "row", rows)
    return PredictionTable(
        frame=frame,
        labels=card.labels,
        model=card.name,
        dataset=dataset.name,
        split=split,
        tta=tta,
        temperature=card.temperature,
        left_out=left_out,
        by_hand=_by_hand(dataset, here, answers == targets_by_hand),
        truth=dataset.truth,
        undecided=_undecided(part, given),
        learnt_truth=card.config.get("truth", "label"),
        synthetic=dataset.synthetic,
        trained_on=card.data.get("name", ""),
        trained_here=trained_here,
        trained_on_drawn=bool(card.data.get("synthetic", False)),
        calibrated_on=card.calibration.get("dataset", ""),
    )


def _by_hand(dataset: Dataset, here: np.ndarray, correct: np.ndarray) -> dict[str, Any] | None:
    """The second accuracy, as in `PredictionTable`.

    Args:
        dataset: The data set with its annotations.
        here: The rows of the split, with the annotations and without.
        correct: Which of the answers are right that it counts.
    """
    excluded = dataset.excluded[here]
    relabelled = dataset.relabelled[here] & ~excluded
    if not (excluded | relabelled).any():
        return None
    counts = {"relabelled": int(relabelled.sum()), "excluded": int(excluded.sum())}
    return counts | accuracy_of(pd.Series(correct))


def _undecided(part: Dataset, given: Dataset) -> int:
    """How many faces of a part's splits people made no single choice on, if the votes decide."""
    index = given.index
    if "split_given" not in index:
        return 0
    is_here = index["split_given"].isin(part.index["split_given"].unique())
    return int(((index["split"] == "") & is_here).sum())


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
