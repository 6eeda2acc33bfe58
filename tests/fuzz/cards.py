"""Damaged cards of models."""

import json
import shutil
from pathlib import Path
from random import Random

from fer import models, options, settings
from fer.models.card import read_card
from fer.models.readme import readme
from fer.serving.predicting import list_models
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import changed, damaged, json_of

_SHIPPED = Path(__file__).resolve().parents[2] / "models" / "ferplus"


class Cards(Kind):
    """`card.json` as it is read, shown and written again."""

    limit_s = 20.0

    def __init__(self, folder: Path) -> None:
        self._card = json.loads((_SHIPPED / "card.json").read_text())

    def feed(self, rng: Random, folder: Path) -> None:
        text = json_of(changed(rng, self._card, times=4))
        if rng.random() < 0.2:
            text = damaged(rng, text)
        place = settings.models_folder() / "damaged"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        (place / "card.json").write_bytes(text)
        json.dumps(list_models(), allow_nan=False).encode()
        card = read_card(place / "card.json")
        readme(card).encode()
        card.to_json().encode()
        options.to_toml(card.config).encode()
        (folder / "copy").mkdir()
        models.save_card(card, folder / "copy")
