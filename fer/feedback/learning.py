"""Learning from accepted corrections: a training run from the model in use.

The run replays some of the model's own training faces, so that it forgets nothing. On these the
network keeps mostly to the answers of the model that it starts from; on the corrected faces it
learns mostly what people told it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fer import models, runs, settings
from fer.data.loading import load_dataset
from fer.data.registry import FEEDBACK, resolve
from fer.errors import DatasetError, FeedbackError, FerError
from fer.feedback.records import Status
from fer.models.card import ModelCard, read_card
from fer.progress import Progress
from fer.runs.run import Run
from fer.training.config import TrainingConfig
from fer.wording import counted

if TYPE_CHECKING:
    from fer.feedback.store import Store

RECIPE = {
    "epochs": 6,
    "batch_size": 64,
    "optimizer": "sgd",
    "learning_rate": 0.02,
    "schedule": "one-cycle",
    "weight_decay": 5e-4,
    "label_smoothing": 0.0,
    "ema": 0.98,
    "select_on": "last",
    "start_share": 0.35,
    "teacher_share": 0.9,
    "extra_teacher_share": 0.0,
    "extra_times": 1,
    "extra_balance": 1.0,
}
"""The options of every run, chosen by `bench/measure_fine_tuning.py` on validation faces."""

FROZEN_LAYERS = {"resnet": 16}
"""Layers that stay as they are, by the family of networks; elsewhere all of them learn."""

REPLAYED = 1.5
"""Replayed faces for each corrected one that an epoch shows."""

LEAST_REPLAYED = 1000

_KEPT = ("validation_fraction", "seed", "augmentation", "use_excluded")
_KEPT_WITH_DATA = ("truth", "label_mode")


def replay_data(card: ModelCard) -> str:
    """The name of the data set that a model learnt first, which is replayed.

    Raises:
        FeedbackError: If the card names none, or it is not on this machine.
    """
    name = str(card.data.get("name", ""))
    if not name:
        raise FeedbackError(
            f"The card of '{card.name}' names no data set that it was trained on. Choose one to "
            "replay, of its classes, so that it forgets nothing."
        )
    try:
        path = resolve(name).path
        is_here = path is None or path.exists()
    except DatasetError:
        is_here = False
    if not is_here:
        raise FeedbackError(
            f"'{card.name}' was trained on '{name}', which is not on this machine. Add it under "
            "that name on the Data page, or choose another data set to replay."
        )
    return name


def read_replay(
    model: str | None = None, *, replay: str = "", progress: Progress | None = None
) -> str:
    """Read the data set to replay, and return its name.

    Corrections are published after that, so that copies of its test faces are found among them.

    Args:
        model: As for `plan`.
        replay: As for `plan`.
        progress: Called with files done and planned.

    Raises:
        FeedbackError: If the model cannot be trained, or the data set to replay is not here.
        ModelNotFoundError: If there is no such model.
        DatasetError: If the data set cannot be read.
    """
    config, _ = _begun(model, replay)
    load_dataset(config.dataset, **config.resolved().reading, progress=progress)
    return config.dataset


def plan(model: str | None = None, *, replay: str = "") -> TrainingConfig:
    """The configuration of a run that learns from the accepted corrections.

    Args:
        model: The model to start from; by default the one in use.
        replay: The data set to replay; by default the one that the model was trained on.

    Raises:
        FeedbackError: If there is nothing to learn, the model cannot be trained, or the data set
            to replay is not here.
        ModelNotFoundError: If there is no such model.
        DatasetError: If a data set cannot be read.
    """
    config, card = _begun(model, replay)
    corrected, own = _faces(config, card)
    wanted = max(LEAST_REPLAYED, REPLAYED * corrected * config.extra_times)
    return config.changed({"replay": max(0.001, min(1.0, round(wanted / own, 4)))})


def _begun(model: str | None, replay: str) -> tuple[TrainingConfig, ModelCard]:
    """The configuration without how much is replayed, and the card of the model to start from."""
    name = model or settings.default_model()
    card = read_card(models.find(name) / models.CARD_FILE)
    if card.original != "keras":
        raise FeedbackError(
            f"'{name}' was adopted as {card.original}, a network that only answers. Choose a "
            "Keras model as the default one first."
        )
    dataset = replay or replay_data(card)
    is_own = dataset == card.data.get("name")
    kept = {key: card.config[key] for key in _KEPT if key in card.config}
    if is_own:
        kept |= {key: card.config[key] for key in _KEPT_WITH_DATA if key in card.config}
    config = TrainingConfig().changed(
        {
            **kept,
            **RECIPE,
            "frozen_layers": FROZEN_LAYERS.get(card.config.get("architecture", ""), 0),
            "dataset": dataset,
            "labels": card.labels,
            "extra": FEEDBACK,
            "start_from": name,
            "teachers": [name],
        }
    )
    return config, card


def _faces(config: TrainingConfig, card: ModelCard) -> tuple[int, int]:
    """How many corrected faces there are to learn, and how many own ones to replay."""
    try:
        extra = load_dataset(
            FEEDBACK,
            height=card.height,
            width=card.width,
            channels=card.channels,
            validation_fraction=0,
        )
    except DatasetError as error:
        raise FeedbackError(
            "There is no accepted correction to learn from yet. Review what came in first."
        ) from error
    corrected = int(extra.select("train").index["label"].isin(card.labels).sum())
    if not corrected:
        raise FeedbackError(
            f"No accepted correction has a class that '{card.name}' knows: "
            f"{', '.join(card.labels)}. Accept some first."
        )
    own = load_dataset(config.dataset, **config.resolved().reading)
    return corrected, own.splits.get("train", 0) or 1


def create_run(config: TrainingConfig, *, state: str = "queued") -> Run:
    """A new run for a plan; it waits until it is submitted to the queue."""
    name = runs.free_name(f"{Path(config.start_from).name} with feedback")
    return runs.create(config, name=name, state=state)


def fine_tunes() -> list[Run]:
    """The runs that learn from corrections, the newest first."""
    return [run for run in runs.list_runs() if _is_fine_tune(run)]


def _is_fine_tune(run: Run) -> bool:
    try:
        return run.config().extra == FEEDBACK
    except FerError:
        return False


@dataclass(frozen=True, kw_only=True)
class Outdated:
    """A model that learnt from corrections which are no longer accepted.

    Attributes:
        name: Its name, or that of the run that made it.
        folder: Where it is.
        gone: How many of the faces that it learnt are no longer accepted.
        learnt: How many corrected faces it learnt in all.
        is_run: Whether it is a run's, and not among the models.
    """

    name: str
    folder: Path
    gone: int
    learnt: int
    is_run: bool

    @property
    def words(self) -> str:
        """What is wrong with it, in a sentence."""
        return (
            f"{'The run' if self.is_run else 'The model'} '{self.name}' learnt from "
            f"{counted(self.learnt, 'corrected face')}, of which {self.gone:,} "
            f"{'is' if self.gone == 1 else 'are'} no longer accepted."
        )


MAKE_AGAIN = (
    "What a network has learnt cannot be taken out of it: train anew from a model that did not "
    "learn from them, and delete these."
)
"""What to do about outdated models."""


def outdated_models(store: "Store") -> list[Outdated]:
    """The models that learnt from corrected faces which are not among the accepted ones any more.

    They are to be made again: what a network has learnt cannot be taken out of it.

    Raises:
        FeedbackUnavailable: If the database cannot be used.
    """
    accepted = store.corrections(status=Status.ACCEPTED, with_crops=False)
    there = {correction.face for correction in accepted}
    known = [(name, models.find(name), False) for name in models.list_models()]
    known += [(run.name, run.model_folder, True) for run in runs.list_runs() if run.has_model]
    found = []
    for name, folder, is_run in known:
        try:
            learnt = set(read_card(folder / models.CARD_FILE).training.get("feedback", ()))
        except FerError:  # damaged, or removed meanwhile
            continue
        if gone := len(learnt - there):
            found.append(
                Outdated(name=name, folder=folder, gone=gone, learnt=len(learnt), is_run=is_run)
            )
    return found
