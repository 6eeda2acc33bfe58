"""Arrays of pixels as what a browser shows."""

import base64
import binascii
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import cv2
import numpy as np
from PIL import Image, ImageOps

from fer import emotions
from fer.inference.answer import FacePrediction
from fer.inference.drawing import draw_faces

SHOWN_LONG_SIDE_PX = 1280
_SHOWN_AT_LEAST_PX = 600


@dataclass(frozen=True)
class Picture:
    """An image with its words.

    Attributes:
        src: Its address, such as a `data_uri`.
        caption: The text under it; "" for none.
        alt: What it shows, for a screen reader.
        color: Of the line under it, as CSS; "" for none.
        faded: Whether to show it as excluded, in a gallery.
    """

    src: str
    caption: str
    alt: str
    color: str = ""
    faded: bool = False


def data_uri(pixels: np.ndarray) -> str:
    """An image as a PNG inside a URL: grey (h, w) or (h, w, 1), or RGB (h, w, 3), uint8."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return png_uri(buffer.getvalue())


def png_uri(png: bytes) -> str:
    """A PNG file as a URL."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def jpeg_uri(jpeg: bytes) -> str:
    """A JPEG file as a URL."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def square_uri(jpeg: bytes, middle: tuple[float, float], *, side_px: int) -> str:
    """The largest square of a JPEG file around a point, 0–1 from left and from top, as a URL."""
    image = Image.open(io.BytesIO(jpeg))
    image.draft("RGB", (2 * side_px, 2 * side_px))
    buffer = io.BytesIO()
    ImageOps.fit(image, (side_px, side_px), centering=middle).save(buffer, "JPEG", quality=85)
    return jpeg_uri(buffer.getvalue())


def from_data_uri(uri: str | None) -> bytes | None:
    """The file inside a URL that a browser sent; None if there is none or it is damaged."""
    try:
        return base64.b64decode(uri.partition(",")[2], validate=True) if uri else None
    except binascii.Error:
        return None


def by_class(faces: Mapping[str, np.ndarray], alt: str) -> list[Picture]:
    """A face for each class, over its name and a line in its colour; `alt` precedes the name."""
    return [
        Picture(
            data_uri(face), emotions.with_symbol(label), f"{alt} {label}",
            emotions.describe(label).color,
        )
        for label, face in faces.items()
    ]  # fmt: skip


def pictures_html(pictures: Iterable[Picture], kind: str = "fer-pictures") -> str:
    """Images in a row, in the style of a class of `app.css`."""
    figures = "".join(
        f'<figure style="--emotion: {picture.color}"><img src="{picture.src}" '
        f'alt="{escape(picture.alt)}"><figcaption>{escape(picture.caption)}</figcaption></figure>'
        for picture in pictures
    )
    return f'<div class="{kind}">{figures}</div>'


def annotated(photo: np.ndarray, faces: Sequence[FacePrediction]) -> bytes:
    """The photo, RGB (h, w, 3) uint8, with each face boxed and numbered in its emotion's colour.

    It is a JPEG of at most 1280 px on its longer side; a very small photo is enlarged.
    """
    height, width = photo.shape[:2]
    long_side = min(max(height, width, _SHOWN_AT_LEAST_PX), SHOWN_LONG_SIDE_PX)
    scale = long_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    marked = draw_faces(_resized(photo, size), faces, scale=scale)
    buffer = io.BytesIO()
    Image.fromarray(marked).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _resized(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A photo at this width and height. Halving comes first, as OpenCV is quickest at that."""
    while photo.shape[1] >= 2 * size[0] and photo.shape[0] >= 2 * size[1]:
        photo = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    shrinks = photo.shape[1] > size[0]
    mode = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(photo, size, interpolation=mode)
