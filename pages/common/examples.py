"""Examples for visitors without a photo at hand: drawn faces, and a photo if there is one."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from fer import emotions
from fer.data.synthetic import draw_face
from pages.common.pictures import Picture, by_class, jpeg_uri

_SEED = 7
_SIZE_PX = 192


@dataclass(frozen=True, kw_only=True)
class Example:
    """A photo that the app offers.

    Attributes:
        name: What pages call it, with whom to credit.
        read: Returns its bytes or pixels.
        is_face: Whether it is cropped to one face.
        picture: A square of it, for a gallery.
    """

    name: str
    read: Callable[[], bytes | np.ndarray]
    is_face: bool
    picture: Picture


def examples() -> dict[str, Example]:
    """All examples by key: the photo, if scikit-image is installed, and a drawn face a label."""
    photo = _photo()
    drawn = {
        label: Example(
            name=f"Drawn {label} face", read=partial(example_face, label), is_face=True,
            picture=picture,
        )
        for label, picture in zip(emotions.FER2013, _drawn_pictures(), strict=True)
    }  # fmt: skip
    return drawn if photo is None else {"photo": photo, **drawn}


def words_on_examples(offered: Container[str]) -> str:
    """What stands above them."""
    photo = "a photo by NASA, in the public domain, or " if "photo" in offered else ""
    return f"No photo at hand? Try {photo}one of these drawn faces:"


@st.cache_data(max_entries=16, show_spinner=False)
def example_face(label: str) -> np.ndarray:
    """One person at full expression, grey, shape (192, 192), uint8."""
    return draw_face(label, seed=_SEED, intensity=1.0, size=_SIZE_PX)


@st.cache_data(max_entries=1, show_spinner=False)
def _drawn_pictures() -> list[Picture]:
    return by_class({label: example_face(label) for label in emotions.FER2013}, "Drawn face:")


def _photo() -> Example | None:
    """The astronaut Eileen Collins, by NASA, in the public domain; a file of scikit-image."""
    package = find_spec("skimage")  # not imported, as that takes long
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).parent / "data" / "astronaut.png"
    if not file.is_file():
        return None
    return Example(
        name="Eileen Collins, photo by NASA (public domain)",
        read=file.read_bytes,
        is_face=False,
        picture=Picture(_small(file), "Photo: NASA", "Photo of Eileen Collins, by NASA"),
    )


@st.cache_data(max_entries=1, show_spinner=False)
def _small(file: Path) -> str:
    buffer = BytesIO()
    with Image.open(file) as image:
        image.thumbnail((2 * _SIZE_PX, 2 * _SIZE_PX), reducing_gap=2.0)
        image.convert("RGB").save(buffer, "JPEG", quality=85)
    return jpeg_uri(buffer.getvalue())
