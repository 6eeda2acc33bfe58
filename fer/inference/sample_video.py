"""A short video of drawn faces that move and change: nobody's face."""

import io
import math

import av
import cv2
import numpy as np

from fer.data.synthetic import draw_face

WIDTH_PX, HEIGHT_PX = 640, 360
SECONDS, FPS = 8, 12
_FACE_PX = 190
_DRAWN_PX = 120  # and enlarged, which is three times as fast

_PARTS = (
    # seed of the person, shirt, seconds in view, expressions one after the other
    (7, (86, 70, 198), (0.0, 8.0), ("happy", "surprise")),
    (26, (0, 114, 120), (2.0, 8.0), ("sad", "happy")),
)


def draw_sample(*, keyframe_every: int = 250) -> bytes:
    """The sample video: eight seconds, two people, one of whom comes later; MP4 without sound."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        options = {"preset": "veryfast", "g": str(keyframe_every)}
        stream = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        for number in range(SECONDS * FPS):
            shown = av.VideoFrame.from_ndarray(_frame(number / FPS), format="rgb24")
            container.mux(stream.encode(shown))
        container.mux(stream.encode())
    return memory.getvalue()


def _frame(at_s: float) -> np.ndarray:
    """RGB, shape (360, 640, 3), uint8."""
    down = np.linspace(0, 1, HEIGHT_PX)[:, None, None]
    wall, floor = np.array([176, 190, 205]), np.array([120, 128, 140])
    frame = (wall + (floor - wall) * down).repeat(WIDTH_PX, axis=1)
    for place, (seed, shirt, (from_s, to_s), expressions) in enumerate(_PARTS):
        if not from_s <= at_s < to_s:
            continue
        # Each expression comes and goes within its share of the time.
        passed = (at_s - from_s) / (to_s - from_s) * len(expressions)
        expression = expressions[int(passed)]
        intensity = min(1.0, 1.6 * math.sin(math.pi * (passed % 1)))
        face = draw_face(expression, seed=seed, intensity=intensity, size=_DRAWN_PX)
        face = cv2.resize(face, (_FACE_PX, _FACE_PX), interpolation=cv2.INTER_CUBIC)
        x = 70 + 310 * place + round(34 * math.sin(0.9 * at_s + place))
        y = 62 + round(22 * math.sin(1.3 * at_s + 2 * place))
        shoulders = (x + _FACE_PX // 2, y + round(1.36 * _FACE_PX))
        cv2.ellipse(frame, shoulders, (110, 88), 0, 180, 360, shirt, -1)
        _paste(frame, cv2.cvtColor(face, cv2.COLOR_GRAY2RGB), x, y)
    pixels: np.ndarray = np.rint(frame).astype(np.uint8)
    return pixels


def _paste(frame: np.ndarray, face: np.ndarray, x: int, y: int) -> None:
    """Blend a face into the frame, its corners rounded and soft."""
    mask: np.ndarray = np.zeros(face.shape[:2], np.float32)
    half = _FACE_PX // 2
    cv2.ellipse(mask, (half, half), (int(0.8 * half), int(0.86 * half)), 0, 0, 360, 1.0, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), 7)[..., None]
    part = frame[y : y + _FACE_PX, x : x + _FACE_PX]
    part[:] = mask * face * [1.0, 0.93, 0.86] + (1 - mask) * part
