"""Models: networks with their cards, a folder each."""

from fer.models.folder import (
    CARD_FILE,
    FORMS,
    check_replaceable,
    copy,
    find,
    list_models,
    named,
    save,
    save_card,
    save_forms,
    writable,
)
from fer.models.loading import load
from fer.models.model import BATCH, Model

__all__ = [
    "BATCH", "CARD_FILE", "FORMS", "Model", "check_replaceable", "copy",
    "find", "list_models", "load", "named", "save", "save_card", "save_forms", "writable",
]  # fmt: skip
