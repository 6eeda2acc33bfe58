"""Which model of the models folder is a run's."""

from contextlib import suppress

from fer import models, settings
from fer.errors import ModelError
from fer.models.card import read_card
from fer.runs.run import Run


def model_with(sha256: str) -> str | None:
    """The name of a model whose network has this checksum; None without one."""
    for name in models.list_models() if sha256 else ():
        with suppress(ModelError):  # damaged, or removed meanwhile
            if read_card(models.find(name) / models.CARD_FILE).model_sha256 == sha256:
                return name
    return None


def added_as(run: Run) -> str | None:
    """The name under which a run's model, as it is now, is among the models; None if it is not."""
    own = ""
    with suppress(ModelError):  # there is no model, or it is damaged
        own = read_card(run.model_folder / models.CARD_FILE).model_sha256
    return model_with(own)


def free_model_name(run: Run) -> str:
    """A name for the model of a run, after the run's, that no model and no folder has yet.

    Some disks take “Quick” and “quick” for the same name, so that neither follows the other.
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in run.name).split()
    base = "-".join(words)[:60].strip("-") or "model"
    folders = (folder.name for folder in settings.models_folder().glob("*"))
    taken = {name.casefold() for name in (*models.list_models(), *folders)}
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name.casefold() not in taken)
