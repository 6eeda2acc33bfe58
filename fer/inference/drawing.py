"""Faces boxed on a photo, in their emotions' colours."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fer import emotions
from fer.inference.answer import Box, FaceAnswer

_SMALLEST_TEXT_PX = 12


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
        size = max(_SMALLEST_TEXT_PX, min(largest, round(face.box[2] * scale / 3)))
        _draw_face(draw, face, scale, size)
    return np.array(image)


def outlined(photo: np.ndarray, box: Box | None, *, long_side_px: int) -> np.ndarray:
    """The photo at this size at most, with a face outlined in white and black.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        box: Of the face, in photo pixels; None for none.
        long_side_px: Longest side of the result.
    """
    image = Image.fromarray(photo)
    image.thumbnail((long_side_px, long_side_px), reducing_gap=2.0)
    if box:
        scale = image.width / photo.shape[1]
        x, y, width, height = (value * scale for value in box)
        draw = ImageDraw.Draw(image)
        for color, beyond in (("#000000", 3), ("#FFFFFF", 1)):  # outwards: tiny faces stay visible
            left, top = max(0, x - beyond), max(0, y - beyond)
            right = min(image.width - 1, x + width + beyond)
            bottom = min(image.height - 1, y + height + beyond)
            draw.rectangle((left, top, right, bottom), outline=color, width=2)
    return np.array(image)


def close_up(photo: np.ndarray, box: Box | None, *, side_px: int) -> np.ndarray:
    """A square around a face, 1.6 times its size; without a face, around the whole photo.

    It is black beyond the photo.

    Args:
        photo: RGB, shape (h, w, 3), uint8.
        box: Of the face, in photo pixels.
        side_px: Side of the result.
    """
    height, width = photo.shape[:2]
    x, y, w, h = box or (0, 0, width, height)
    side = round(1.6 * max(w, h)) if box else max(w, h)
    left, top = round(x + w / 2 - side / 2), round(y + h / 2 - side / 2)
    right, bottom = min(width, left + side), min(height, top + side)
    square = Image.new("RGB", (side_px, side_px))
    part = photo[max(0, top) : bottom, max(0, left) : right]
    if part.size:
        scale = side_px / side
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        small = Image.fromarray(part).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        square.paste(small, (round(max(0, -left) * scale), round(max(0, -top) * scale)))
    return np.array(square)


def ink_on(color: str) -> str:
    """Black or white, whichever contrasts more (WCAG 2.2 relative luminance)."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return "#000000" if linear @ [0.2126, 0.7152, 0.0722] > 0.179 else "#FFFFFF"


def _draw_face(
    draw: ImageDraw.ImageDraw,
    face: FaceAnswer,
    scale: float,
    text_px: int,
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
    room = 2 * (right - left) - 2 * pad  # in a crowd longer tags would cover the neighbours
    text = f"{face.number} {face.verdict}"
    length = draw.textlength(text, font=ImageFont.load_default(size=text_px))
    if length > room and text_px * room / length >= _SMALLEST_TEXT_PX:
        text_px = int(text_px * room / length)
    elif length > room:
        text = f"{face.number}" if face.reliable else f"{face.number} ?"
    font = ImageFont.load_default(size=text_px)
    tag_width = draw.textlength(text, font=font) + 2 * pad
    tag_height = font.getbbox("Ag")[3] + pad
    tag_left = max(0.0, min(left, photo_width - tag_width))
    tag_top = top - tag_height if top >= tag_height else top
    tag = (tag_left, tag_top, tag_left + tag_width, tag_top + tag_height)
    draw.rounded_rectangle(tag, radius=line, fill=color)
    draw.text((tag_left + pad, tag_top + tag_height / 2), text, fill=ink, font=font, anchor="lm")
