"""The YuNet detector, through OpenCV.

Wu et al. 2023, YuNet: A Tiny Millisecond-level Face Detector. The file is from the OpenCV zoo.
"""

import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from fer.errors import DetectorError
from fer.faces.alignment import FER2013_FRAMING, frame_face, photo_to_crop
from fer.faces.face import Face, resized, select
from fer.faces.pool import Pool
from fer.faces.yunet_file import read_checked

MIN_SCORE = 0.7
"""With a lower one, coins and gravel count as faces."""

HINT_SCORE = 0.2
"""What scores this much on the small image may be a face; the large image decides."""

LARGE_PX = 1024
SMALL_PX = 320
GROWN_PX = 640
"""Longer sides that a photo is scaled to. The network finds faces of about 40 to 350 pixels: the
small image serves faces that fill the photo, the large image small faces."""

LARGE_FACE = 0.25
"""The large image costs up to ten times the small one. It is skipped if all that may be a
face on the small one exceeds this part of the photo's longer side: such photos seldom have others.
"""

AGAIN_PX = 224
"""Side of the image on which a face is looked at once more."""

MOST_OVERLAP = 0.3
"""Intersection over union from which the network's weaker box is no face of its own."""

DIVISOR = 32
"""The network takes sides that this divides; the rest is black."""

STRIDES = (8, 16, 32)
"""Pixels between neighbours on the network's three grids."""


class YuNet:
    """YuNet, which searches a photo at one size or two."""

    name = "yunet"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = np.frombuffer(read_checked(path), np.uint8)
        self._making = threading.Lock()  # OpenCV has one log level for all threads
        self._networks = Pool(self._made)  # each holds the size of its input

    def _made(self) -> cv2.FaceDetectorYN:
        with self._making:
            level = cv2.utils.logging.getLogLevel()
            cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
            try:
                return cv2.FaceDetectorYN.create(
                    # From memory: OpenCV cannot open every path on Windows.
                    "onnx",
                    self._content,
                    np.empty(0, np.uint8),
                    (AGAIN_PX, AGAIN_PX),
                    score_threshold=HINT_SCORE,
                    nms_threshold=MOST_OVERLAP,
                )
            except cv2.error as error:
                raise DetectorError(
                    f"OpenCV {cv2.__version__} cannot load '{self._path}' ({error.err}). Use "
                    "MTCNN instead."
                ) from None
            finally:
                cv2.utils.logging.setLogLevel(level)

    def detect(self, photo: np.ndarray) -> list[Face]:
        """All faces, largest first (see `Detector`)."""
        longer = max(photo.shape[:2])
        # A small photo is enlarged, at most twofold: more only makes faces out of texture.
        large = max(min(max(longer, min(2 * longer, GROWN_PX)), LARGE_PX), AGAIN_PX)
        rows = self._find(photo, SMALL_PX if large >= GROWN_PX else AGAIN_PX)
        sides = rows[:, 2:4].min(axis=1)
        is_sure = (rows[:, 14] >= MIN_SCORE).any()
        if large < GROWN_PX or not is_sure or sides.min() < LARGE_FACE * longer:
            rows = np.concatenate([rows, self._find(photo, large)])
        rows = rows[rows[:, 14] >= MIN_SCORE]
        faces = select(rows[:, :4], rows[:, 14], _landmarks(rows), photo)
        return [self._refined(photo, face) for face in faces]

    def _refined(self, photo: np.ndarray, face: Face) -> Face:
        """The face with better landmarks.

        On small faces, the network measures a tilt of 20° as 10° or less. It measures the rest once
        the face is levelled by that and enlarged.
        """
        sides = {"height": AGAIN_PX, "width": AGAIN_PX}
        rows = self._find(frame_face(photo, face, FER2013_FRAMING, **sides), AGAIN_PX)
        rows = rows[rows[:, 14] >= MIN_SCORE]
        if not len(rows):
            return face
        to_photo = np.linalg.inv(photo_to_crop(face.landmarks, FER2013_FRAMING, **sides))
        landmarks = _landmarks(rows)[rows[:, 14].argmax()] @ to_photo[:2, :2].T + to_photo[:2, 2]
        return replace(face, landmarks=landmarks.astype(np.float32))

    def _find(self, photo: np.ndarray, longer_px: int) -> np.ndarray:
        """Box, landmarks and score, shape (n, 15); coordinates in photo pixels."""
        picture = cv2.cvtColor(resized(photo, longer_px), cv2.COLOR_RGB2BGR)
        height, width = picture.shape[:2]
        with self._networks.borrow() as network:
            network.setInputSize((width, height))
            rows: np.ndarray | None = network.detect(picture)[1]
        if rows is None:
            return np.empty((0, 15), np.float32)
        rows[:, 0:14:2] *= photo.shape[1] / width
        rows[:, 1:14:2] *= photo.shape[0] / height
        return rows


def _landmarks(rows: np.ndarray) -> np.ndarray:
    return rows[:, 4:14].reshape(-1, 5, 2)
