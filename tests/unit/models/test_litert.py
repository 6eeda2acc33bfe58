"""Files that are damaged in any place."""

import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer import models
from fer.errors import ModelError

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "ferplus"


@pytest.fixture
def load_with(tmp_path: Path) -> Callable[[bytes], models.Model]:
    """Load the shipped int8 form with another content, whose checksum the card has."""
    folder = tmp_path / "mine"
    folder.mkdir()
    card = json.loads((SHIPPED / "card.json").read_text())

    def load(content: bytes) -> models.Model:
        card["forms"]["litert-int8"]["sha256"] = hashlib.sha256(content).hexdigest()
        (folder / "card.json").write_text(json.dumps(card))
        (folder / "model.int8.tflite").write_bytes(content)
        return models.load(folder, form="litert-int8")

    return load


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut short, or with other bytes in a few places of its head or its tail."""
    if chance.random() < 0.2:
        return content[: chance.randrange(len(content))]
    made, reach = bytearray(content), chance.choice([len(content), 20_000])
    for _ in range(chance.choice([1, 4, 30])):
        place = chance.randrange(reach)
        made[place if chance.random() < 0.5 else -1 - place] = chance.choice([0, 1, 127, 128, 255])
    return bytes(made)


def test_a_file_that_is_damaged_anywhere_answers_or_is_an_error_of_ours(
    load_with: Callable[[bytes], models.Model],
) -> None:
    content = (SHIPPED / "model.int8.tflite").read_bytes()
    chance, refused = random.Random(3), 0
    for _ in range(120):
        try:
            model = load_with(damaged(content, chance))
            for n in (1, 3):
                answers = model.uncalibrated(np.zeros((n, *model.card.shape), np.uint8))
                assert answers.shape == (n, 7)
        except ModelError:
            refused += 1
    assert 20 < refused < 120


def test_a_network_of_something_else_is_refused(
    load_with: Callable[[bytes], models.Model],
) -> None:
    for content in (b"", b"TFL3", b"no network" * 99):
        with pytest.raises(ModelError, match="cannot be loaded by LiteRT"):
            load_with(content)
