"""Arrays of pixels as what a browser shows."""

import base64
import binascii
import io
from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from fer.inference.answer import FacePrediction
from fer.inference.drawing import draw_faces

SHOWN_LONG_SIDE_PX = 1280
_SHOWN_AT_LEAST_PX = 600


def data_uri(pixels: np.ndarray) -> str:
    """An image as a PNG inside a URL: grey (h, w) or (h, w, 1), or RGB (h, w, 3), uint8."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def from_data_uri(uri: str | None) -> bytes | None:
    """The file inside a URL that a browser sent; None if there is none or it is damaged."""
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True) if uri else None
    except binascii.Error:
        return None


def pictures_html(shown: Sequence[tuple[np.ndarray, str, str]]) -> str:
    """Images in a row: pixels, caption and alternative text of each."""
    figures = "".join(
        f'<figure><img src="{data_uri(pixels)}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for pixels, caption, alt in shown
    )
    return f'<div class="fer-pictures">{figures}</div>'


def annotated(photo: np.ndarray, faces: Sequence[FacePrediction]) -> bytes:
    """The photo, RGB (h, w, 3) uint8, with each face boxed and numbered in its emotion's colour.

    It is a JPEG of at most 1280 px on its longer side; a very small photo is enlarged.
    """
    height, width = photo.shape[:2]
    long_side = min(max(height, width, _SHOWN_AT_LEAST_PX), SHOWN_LONG_SIDE_PX)
    scale = long_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    picture = Image.fromarray(photo).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    marked = draw_faces(np.asarray(picture), faces, scale=scale)
    buffer = io.BytesIO()
    Image.fromarray(marked).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
