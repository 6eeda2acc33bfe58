"""Trained models on disk: a network with its card, in one folder each."""

from fer.models.model import (
    CARD_FILE,
    FORMS,
    MODEL_FILE,
    Model,
    check_replaceable,
    checksum,
    copy,
    find,
    list_models,
    load,
    named,
    save,
    save_card,
    save_forms,
)

__all__ = [
    "CARD_FILE", "FORMS", "MODEL_FILE", "Model", "check_replaceable", "checksum", "copy", "find",
    "list_models", "load", "named", "save", "save_card", "save_forms",
]  # fmt: skip
