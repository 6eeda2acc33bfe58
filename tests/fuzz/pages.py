"""Addresses of the app's pages with queries that no link has."""

import re
import shutil
from pathlib import Path
from random import Random

import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from fer import settings
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import NUMBERS, TEXTS

_PROJECT = Path(__file__).resolve().parents[2]
_PAGES = (
    "home",
    "predict",
    "live",
    "video",
    "dataset",
    "evaluate",
    "models",
    "train",
    "corrections",
    "feedback",
)
_VALUES = (
    "ferplus",
    "fer2013",
    "synthetic",
    "happy",
    "test",
    "nope",
    "All models",
    "Faces",
    "Audit",
    "1",
)


class Queries(Kind):
    """Every parameter that a page reads, with any value."""

    limit_s = 120.0

    def __init__(self, folder: Path) -> None:
        shutil.copytree(_PROJECT / "models", settings.models_folder(), dirs_exist_ok=True)
        text = "".join(file.read_text() for file in (_PROJECT / "pages").rglob("*.py"))
        names = {*re.findall(rf'"((?:{"|".join(_PAGES)})\.[a-z_.]+)"', text)}
        self._names = {
            page: sorted(one for one in names if one.startswith(f"{page}.")) for page in _PAGES
        }

    def feed(self, rng: Random, folder: Path) -> None:
        name = rng.choice(_PAGES)
        type(st.context).cookies = {}  # the stand-in is a mock that has any
        config.set_option("client.showErrorDetails", "full")
        app = AppTest.from_file(str(_PROJECT / "streamlit_app.py"), default_timeout=100)
        file = _PROJECT / "pages" / name / "page.py"
        for _ in range(rng.randint(1, 4)):
            known = [*self._names[name], "model", "x"]
            value = rng.choice((*_VALUES, *map(str, NUMBERS), *TEXTS)).replace("\ud800", "?")
            app.query_params[rng.choice(known)] = value if rng.random() < 0.8 else [value, "1"]
        app.run()
        app.switch_page(str(file.relative_to(_PROJECT))).run()
        assert not app.exception, [one.stack_trace or one.value for one in app.exception]
