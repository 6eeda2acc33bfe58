"""What a model learnt from, by its card and the cards of the models that it started from."""

from collections.abc import Mapping
from typing import Any

from fer import models
from fer.data import Dataset
from fer.errors import FerError
from fer.models.card import ModelCard, read_card


def training_data(card: ModelCard) -> list[Mapping[str, Any]]:
    """The `data` of a card, and that of each model it started from, as far as they are here.

    The extra data set of a training counts, too.
    """
    learnt, names = _own(card), {card.name}
    while (start := card.config.get("start_from", "")) and start not in names:
        names.add(start)
        try:
            card = read_card(models.find(start) / models.CARD_FILE)
        except FerError:  # it has been removed since
            break
        learnt += _own(card)
    return learnt


def _own(card: ModelCard) -> list[Mapping[str, Any]]:
    extra = card.data.get("extra")
    return [card.data, extra] if isinstance(extra, Mapping) else [card.data]


def is_of(data: Mapping[str, Any], dataset: Dataset) -> bool:
    """Whether a card's `data` is this data set: by its name, or by its faces under another one."""
    return data.get("name") == dataset.name or has_faces_of(data, dataset)


def has_faces_of(data: Mapping[str, Any], dataset: Dataset) -> bool:
    """Whether a card's `data` are the faces of this data set, under whichever name."""
    if "faces" in data and data["faces"] == dataset.faces_to_learn():
        return True
    return "fingerprint" in data and data["fingerprint"] == dataset.fingerprint()
