"""Faces boxed on a photo, in their emotions' colours."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fer import emotions
from fer.inference.answer import FaceAnswer


def draw_faces(photo: np.ndarray, faces: Sequence[FaceAnswer], *, scale: float = 1.0) -> np.ndarray:
    """Box each face and label it with its number and emotion, or why there is none.

    Args:
        photo: RGB, shape (h, w, 3), uint8; not changed.
        faces: Faces on it.
        scale: Pixels of the photo per pixel of the boxes.

    Returns:
        The same shape, uint8.
    """
    image = Image.fromarray(photo)
    draw = ImageDraw.Draw(image)
    largest = max(20, max(photo.shape[:2]) // 30)
    for face in faces:
        # In a crowd a tag must not cover the face.
        size = max(12, min(largest, round(face.box[2] * scale / 3)))
        font = ImageFont.load_default(size=size)
        _draw_face(draw, face, scale, font)
    return np.array(image)


def ink_on(color: str) -> str:
    """Black or white, whichever contrasts more (WCAG 2.2 relative luminance)."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "#000000" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "#FFFFFF"


def _draw_face(
    draw: ImageDraw.ImageDraw,
    face: FaceAnswer,
    scale: float,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> None:
    color = emotions.describe(face.emotion).color if face.reliable else emotions.UNRELIABLE_COLOR
    ink = ink_on(color)
    photo_width, photo_height = draw.im.size
    line = max(2, max(photo_width, photo_height) // 320)
    x, y, width, height = (value * scale for value in face.box)
    left, top = max(0.0, x), max(0.0, y)
    right = min(photo_width - 1.0, x + width)
    bottom = min(photo_height - 1.0, y + height)
    if right <= left or bottom <= top:
        return
    draw.rectangle((left, top, right, bottom), outline=ink, width=line + 2)
    draw.rectangle((left + 1, top + 1, right - 1, bottom - 1), outline=color, width=line)

    pad = 2 * line
    text = f"{face.number} {face.verdict}"
    if draw.textlength(text, font=font) + 2 * pad > 2 * (right - left):
        text = str(face.number)  # in a crowd the names would cover the neighbours
    tag_width = draw.textlength(text, font=font) + 2 * pad
    tag_height = font.getbbox("Ag")[3] + pad
    tag_left = max(0.0, min(left, photo_width - tag_width))
    tag_top = top - tag_height if top >= tag_height else top
    tag = (tag_left, tag_top, tag_left + tag_width, tag_top + tag_height)
    draw.rounded_rectangle(tag, radius=line, fill=color)
    draw.text((tag_left + pad, tag_top + tag_height / 2), text, fill=ink, font=font, anchor="lm")
