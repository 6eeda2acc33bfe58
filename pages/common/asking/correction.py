"""A correction as people see it: its images and all of its values."""

import io
from collections.abc import Mapping
from html import escape

from PIL import Image

from fer.feedback import consent
from fer.feedback.records import Correction
from pages.common.pictures import png_uri
from pages.common.screens import SCREENS


def correction_html(correction: Correction, more: Mapping[str, str]) -> str:
    """Its images beside a list of what is kept with them, and of more values by name."""
    images = _figure(correction.crop, "The face as the network saw it")
    if correction.larger_crop:
        images += _figure(correction.larger_crop, "The larger crop")
    source = SCREENS.get(correction.source, ("the HTTP API", ""))[0]
    facts = consent.kept(correction)
    facts |= {"Sent from": source, **more}
    items = "".join(
        f"<li>{escape(name)}: {escape(value)}</li>" for name, value in facts.items()
    )  # fmt: skip
    return f'<div class="fer-correction">{images}<ul>{items}</ul></div>'


def _figure(png: bytes, words: str) -> str:
    with Image.open(io.BytesIO(png)) as image:
        words = f"{words}, {image.width} × {image.height} px"
    return (
        f'<figure><img src="{png_uri(png)}" alt="{escape(words)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )
