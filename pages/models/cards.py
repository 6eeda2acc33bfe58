"""What the page knows of each model: its card and its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from fer import models, settings
from fer.errors import FerError
from fer.models.card import ModelCard, read_card
from fer.models.folder import find_named, is_protected, is_shipped, stamp
from fer.models.readme import checked_text
from fer.wording import counted, split_name


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A model on disk.

    Attributes:
        name: The name of its folder.
        folder: Where it lies.
        card: Its card; None if that is damaged.
        problem: Why it is damaged.
    """

    name: str
    folder: Path
    card: ModelCard | None
    problem: str = ""

    @property
    def is_default(self) -> bool:
        """Whether it is used when none is named."""
        return self.name == settings.default_model()

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the package."""
        return is_shipped(self.folder)

    @property
    def is_protected(self) -> bool:
        """Whether nobody renames or deletes it."""
        return is_protected(self.folder)

    @property
    def stamp(self) -> tuple[int, int]:
        """Changes with its card."""
        return stamp(self.folder)

    @property
    def bytes(self) -> int:
        """Size of its original network."""
        file = self.folder / models.FORMS[self.card.original if self.card else "keras"]
        return file.stat().st_size if file.is_file() else 0


def entries() -> list[Entry]:
    """All models by name."""
    found = []
    for name in models.list_models():
        try:
            folder = find_named(name)
            found.append(Entry(name=name, folder=folder, card=_card(str(folder), stamp(folder))))
        except FerError as error:
            folder = settings.models_folder() / name
            found.append(Entry(name=name, folder=folder, card=None, problem=str(error)))
    return found


@st.cache_data(max_entries=100, show_spinner=False)
def _card(folder: str, stamp: tuple[int, int]) -> ModelCard:
    return read_card(Path(folder) / models.CARD_FILE)


def measured(card: ModelCard) -> dict[str, dict[str, Any]]:
    """The figures of a card by what they were measured on, the tests first."""
    splits = sorted(card.metrics, key=lambda split: split == "validation")
    rows = {}
    for split in splits:
        figures = dict(card.metrics[split])
        where = f"{figures.get('dataset', card.data.get('name', ''))}, {split_name(split)}"
        rows[where] = figures
    return rows


def test_figures(card: ModelCard) -> tuple[str, dict[str, Any]]:
    """The figures of the first split that had no part in training, with its name; maybe none."""
    tests = [row for row in measured(card).items() if not row[0].endswith(split_name("validation"))]
    return tests[0] if tests else ("", {})


def shape_text(card: ModelCard) -> str:
    """Width, height and colour of its faces."""
    return f"{card.width} × {card.height} {'grey' if card.channels == 1 else 'RGB'}"


def size_text(size: int) -> str:
    """A size in megabytes."""
    return f"{size / 1e6:.2f} MB"


def origin(card: ModelCard) -> str:
    """How it was made, in a sentence."""
    if not card.data:
        scale = card.contract.get("scale")
        text = "It comes from elsewhere"
        text += f" and expects values {scale}." if scale else "."
        return f"{text} {checked_text(card)}".rstrip()
    faces = card.data.get("splits", {}).get("train")
    text = f"Trained on {card.data.get('name')}"
    text += f", {counted(faces, 'face')}" if faces else ""
    if architecture := card.config.get("architecture"):
        text += f", with the network {architecture}"
    if epochs := card.training.get("epochs_run"):
        text += f" in {counted(epochs, 'epoch')}"
    if seconds := card.training.get("seconds"):
        text += f" and {seconds / 60:.0f} minutes"
    return f"{text}."
