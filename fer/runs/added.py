"""Which model of the models folder is a run's."""

from pathlib import Path

from fer import models
from fer.errors import CardError
from fer.models.card import ModelCard, read_card
from fer.runs.run import Run


def added_as(run: Run) -> str | None:
    """The name under which a run's model, as it is now, is among the models; None if it is not."""
    if (own := _card(run.model_folder)) is None:
        return None
    for name in models.list_models():
        card = _card(models.find(name))
        if card and card.model_sha256 and card.model_sha256 == own.model_sha256:
            return name
    return None


def free_model_name(run: Run) -> str:
    """A name for the model of a run, after the run's, that no model has yet."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in run.name).split()
    base = "-".join(words)[:60].strip("-") or "model"
    taken = set(models.list_models())
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def _card(folder: Path) -> ModelCard | None:
    try:
        return read_card(folder / models.CARD_FILE)
    except CardError:
        return None
