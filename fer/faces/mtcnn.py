"""The MTCNN detector, whose package brings its weights.

Zhang et al. 2016, Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks.
"""

import threading
from collections.abc import Sequence

import cv2
import numpy as np

from fer.errors import DetectorError, MissingPackageError
from fer.faces.face import Face, resized, select
from fer.importing import install_command, one_at_a_time

MIN_SCORE = 0.97
"""False faces scored up to 0.96, on a motorcycle and a space suit; 4 % of true ones score less."""

_LARGE_PX = 640
_SMALL_PX = 96
"""Bounds of the longer side of the image that is searched. The smallest face that is found has
20 px; larger images give more false faces and take longer."""

_SIDES = (None, 24, 48)
"""Inputs of the three networks: images of any size, and patches of these sizes."""

_SCALED = ((np.arange(256) - 127.5) / 128).astype(np.float32)
"""The networks' input for each value of a pixel."""


class Mtcnn:
    """MTCNN on the photo with a rim around it."""

    name = "mtcnn"

    def __init__(self) -> None:
        try:
            with one_at_a_time():
                import tensorflow as tf  # not above: it takes seconds
                from mtcnn import MTCNN
        except (ImportError, MissingPackageError) as error:
            raise DetectorError(
                f"MTCNN cannot be loaded ({error.__cause__ or error}). Use YuNet, which is faster: "
                "python -m fer detectors download (0.2 MB). Or install MTCNN: "
                f"{install_command('mtcnn')}"
            ) from None
        self._tf = tf
        self._network = MTCNN()
        for stage, side in zip(self._network.stages, _SIDES, strict=True):
            # Compiling halves the time. One signature for all sizes: no photo compiles anew.
            images = tf.TensorSpec((None, side, side, 3), tf.float32)
            stage.model.call = tf.function(stage.model.call, input_signature=[images])
        # One search leaves cores idle between its steps; more than two only fill memory.
        self._turns = threading.Semaphore(2)

    def detect(self, photo: np.ndarray) -> list[Face]:
        """All faces, largest first (see `Detector`)."""
        return self.detect_many([photo])[0]

    def detect_many(self, photos: Sequence[np.ndarray]) -> list[list[Face]]:
        """The faces of each photo; photos of one size are searched together, twice as fast."""
        sizes: dict[tuple[int, int], list[int]] = {}
        for number, photo in enumerate(photos):
            sizes.setdefault(photo.shape[:2], []).append(number)
        faces: list[list[Face]] = [[] for _ in photos]
        for numbers in sizes.values():
            alike = [photos[number] for number in numbers]
            for number, own in zip(numbers, self._detect_alike(alike), strict=True):
                faces[number] = own
        return faces

    def _detect_alike(self, photos: list[np.ndarray]) -> list[list[Face]]:
        """The faces of each of some photos of one size."""
        longer = max(photos[0].shape[:2])
        images = [resized(photo, min(max(longer, _SMALL_PX), _LARGE_PX)) for photo in photos]
        height, width = images[0].shape[:2]
        # Without a rim, one tight face in ten is missed.
        rim = max(min(height, width) // 8, 8)
        edge = (rim, rim, rim, rim, cv2.BORDER_CONSTANT)
        rimmed = [cv2.copyMakeBorder(image, *edge, value=(127, 127, 127)) for image in images]
        rows = self._search(np.stack([cv2.LUT(image, _SCALED) for image in rimmed]))
        scale = np.array([photos[0].shape[1] / width, photos[0].shape[0] / height])
        sides = rows[:, 3:5] - rows[:, 1:3]
        boxes = np.concatenate([(rows[:, 1:3] - rim) * scale, sides * scale], axis=1)
        landmarks = (np.stack([rows[:, 6:11], rows[:, 11:16]], axis=2) - rim) * scale
        faces = []
        for number, photo in enumerate(photos):
            own = rows[:, 0] == number
            faces.append(select(boxes[own], rows[own, 5], landmarks[own], photo))
        return faces

    def _search(self, images: np.ndarray) -> np.ndarray:
        """Faces on images of one size.

        The package's `detect_faces` does the same for images of any sizes, but makes its tensor
        of them again for each of some ten scales, which takes a quarter of the time.

        Args:
            images: RGB, shape (n, height, width, 3), float32 as the networks take it.

        Returns:
            Shape (faces, 16): number of the image, left, top, right, bottom, score, five x, five
            y; in pixels of the image.
        """
        shapes = np.array([image.shape for image in images])
        rows = None
        with self._turns, self._tf.device(self._network.device):
            tensor = self._tf.constant(images)
            for stage in self._network.stages:
                rows = stage(
                    bboxes_batch=rows,
                    images_normalized=tensor,
                    images_oshapes=shapes,
                    threshold_onet=MIN_SCORE,
                )
                if not len(rows):  # the next network accepts no empty input
                    return np.empty((0, 16))
        return np.asarray(rows)
