"""Which corrections a network has learnt from, so that a deleted one leads to its models."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fer import models
from fer.data import Dataset
from fer.data.registry import FEEDBACK
from fer.files import write_text
from fer.models.card import read_card
from fer.training.config import TrainingConfig
from fer.typed import from_json

_FILE = "feedback.json"


def origin_of(config: TrainingConfig) -> dict[str, str]:
    """The model that a training goes back to which had not learnt from any correction.

    However many rounds of learning lie between them, the newest model is compared with it.

    Returns:
        Its `name` and `sha256`; empty if the training starts from no model.

    Raises:
        ModelNotFoundError: If the model that it starts from does not exist.
    """
    if not config.start_from:
        return {}
    card = read_card(models.find(config.start_from) / models.CARD_FILE)
    known: dict[str, str] = card.training.get("origin", {})
    return known or {"name": card.name, "sha256": card.model_sha256}


def feedback_learnt(
    config: TrainingConfig, extra: Dataset | None, *, checkpoints: Path | None = None
) -> list[str]:
    """The hash of every correction's face that a training learns from, ascending.

    Those that the models it starts from, or that teach it, learnt from count, and so do those of
    its epochs before it was resumed: corrections may have come and gone since.

    Args:
        config: The training's.
        extra: The data set that it learns on top, if any.
        checkpoints: Where the list is kept between a stop and a resumed run.

    Raises:
        ModelNotFoundError: If a model that it names does not exist.
        OSError: If the list cannot be written.
    """
    learnt: set[str] = set()
    for name in (config.start_from, *config.teachers):
        if name:
            card = read_card(models.find(name) / models.CARD_FILE)
            learnt |= set(card.training.get("feedback", ()))
    if extra and extra.name == FEEDBACK:
        learnt |= set(extra.index["hash"][(extra.index["split"] == "train") & ~extra.excluded])
    if checkpoints:
        file = checkpoints / _FILE
        with suppress(OSError, ValueError):
            learnt |= set(from_json(file.read_bytes(), Sequence[str]))
        if learnt:
            checkpoints.mkdir(parents=True, exist_ok=True)
            write_text(file, json.dumps(sorted(learnt)))
    return sorted(learnt)
