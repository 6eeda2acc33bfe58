"""The MTCNN detector, whose package brings its weights.

Zhang et al. 2016, Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks. Steps and constants are those of the package, which runs them in TensorFlow.
"""

import math

import cv2
import numpy as np

from fer.faces.face import Face, resized, select
from fer.faces.mtcnn_networks import Network, load_networks

MIN_SCORE = 0.97
"""False faces scored up to 0.96, on a motorcycle and a space suit; 4% of true ones score less."""

_MIN_PROPOSED, _MIN_REFINED = 0.6, 0.7
"""Scores that the first and the second network must give."""

_LARGE_PX = 640
_SMALL_PX = 96
"""Bounds of the longer side of the image that is searched; larger images give more false faces
and take longer."""

_SMALLEST_PX = 20
"""Side of the smallest face that is found."""

_WINDOW_PX, _STRIDE_PX = 12, 2
"""The first network judges windows of this side, this far apart."""

_SHRINK = 0.709
"""From one level of the image pyramid to the next: half the area."""

_SCALED = ((np.arange(256) - 127.5) / 128).astype(np.float32)
"""The networks' input for each value of a pixel."""

_BATCH = 128
"""Boxes that are judged, or compared with all better ones, at once; more only fill memory."""


class Mtcnn:
    """MTCNN on the photo with a rim around it."""

    name = "mtcnn"

    def __init__(self) -> None:
        self._propose, self._refine, self._decide = load_networks()

    def detect(self, photo: np.ndarray) -> list[Face]:
        """All faces, largest first (see `Detector`)."""
        image = resized(photo, min(max(*photo.shape[:2], _SMALL_PX), _LARGE_PX))
        height, width = image.shape[:2]
        # Without a rim, one tight face in ten is missed.
        rim = max(min(height, width) // 8, 8)
        edge = (rim, rim, rim, rim, cv2.BORDER_CONSTANT)
        image = cv2.copyMakeBorder(image, *edge, value=(127, 127, 127))
        boxes, scores, landmarks = self._search(cv2.LUT(image, _SCALED))
        scale = np.array([photo.shape[1] / width, photo.shape[0] / height])
        corners = (boxes.reshape(-1, 2, 2) - rim) * scale
        boxes = np.concatenate([corners[:, 0], corners[:, 1] - corners[:, 0]], axis=1)
        return select(boxes, scores, (landmarks - rim) * scale, photo)

    def _search(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes (faces, 4), scores (faces,) and landmarks (faces, 5, 2) in pixels of the image.

        Args:
            image: RGB, shape (height, width, 3), scaled for the networks.
        """
        boxes = _square(self._proposals(image))
        if len(boxes):
            offsets, scores = _judge(self._refine, image, boxes, 24)
            boxes = _moved(boxes, offsets)
            boxes = _square(boxes[_best(boxes, scores[:, 1], _MIN_REFINED, overlap=0.7)])
        if not len(boxes):
            return boxes, np.empty(0), np.empty((0, 5, 2))
        offsets, points, scores = _judge(self._decide, image, boxes, 48)
        starts, sides = boxes[:, np.newaxis, :2], (boxes[:, 2:] - boxes[:, :2] + 1)[:, np.newaxis]
        # five x, five y → five points
        landmarks = starts - 1 + sides * points.reshape(-1, 2, 5).transpose(0, 2, 1)
        boxes = _moved(boxes, offsets)
        kept = _best(boxes, scores[:, 1], MIN_SCORE, overlap=0.7, of_smaller=True)
        return boxes[kept], scores[kept, 1], landmarks[kept]

    def _proposals(self, image: np.ndarray) -> np.ndarray:
        """Where the first network sees faces, shape (n, 4)."""
        height, width = image.shape[:2]
        levels = round(math.log(min(height, width) / _WINDOW_PX) / -math.log(_SHRINK) - 1)
        boxes, scores = [np.empty((0, 4))], [np.empty(0)]
        for level in range(levels):
            scale = _WINDOW_PX / _SMALLEST_PX * _SHRINK**level
            size = (int(width * scale), int(height * scale))
            smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
            [offsets], [[_, windows]] = self._propose(cv2.dnn.blobFromImage(smaller))
            places = windows > _MIN_PROPOSED
            corners = np.argwhere(places)[:, [1, 0, 1, 0]] * _STRIDE_PX
            corners += np.array([1, 1, _WINDOW_PX, _WINDOW_PX])
            proposed = (corners + offsets[:, places].T * (_WINDOW_PX - 1)) / scale
            kept = _best(proposed, windows[places], overlap=0.5)
            boxes.append(proposed[kept])
            scores.append(windows[places][kept])
        together = np.concatenate(boxes)
        distinct: np.ndarray = together[_best(together, np.concatenate(scores), overlap=0.7)]
        return distinct


def _judge(network: Network, image: np.ndarray, boxes: np.ndarray, side: int) -> list[np.ndarray]:
    """A network's outputs for what boxes show."""
    starts = range(0, len(boxes), _BATCH)
    batches = [network(_patches(image, boxes[i : i + _BATCH], side)) for i in starts]
    return [np.concatenate(outputs) for outputs in zip(*batches, strict=True)]


def _best(
    boxes: np.ndarray,
    scores: np.ndarray,
    min_score: float = 0.0,
    *,
    overlap: float,
    of_smaller: bool = False,
) -> np.ndarray:
    """Indices of the boxes that score more, best first, without those that a better one overlaps.

    Unlike in greedy suppression, a box that is dropped still suppresses others.

    Args:
        boxes: Left, top, right, bottom, shape (n, 4).
        scores: Shape (n,).
        min_score: The score that a box must exceed.
        overlap: How much of two boxes' union, 0–1, a better box may share.
        of_smaller: Take the part of the smaller box's area instead.
    """
    order = np.argsort(-scores, kind="stable")[: np.count_nonzero(scores > min_score)]
    starts, ends = boxes[order, :2], boxes[order, 2:]
    areas = (ends - starts).prod(axis=1)
    keep = np.ones(len(order), bool)
    for first in range(0, len(order), _BATCH):
        block, better = slice(first, first + _BATCH), slice(0, first + _BATCH)
        common = np.minimum(ends[block, np.newaxis], ends[better])
        common -= np.maximum(starts[block, np.newaxis], starts[better])
        shared = common.clip(0).prod(axis=2)
        one, other = areas[block, np.newaxis], areas[better]
        whole = np.minimum(one, other) if of_smaller else one + other - shared
        keep[block] = ~np.tril(shared > overlap * whole, first - 1).any(axis=1)
    return order[keep]


def _moved(boxes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """The boxes with a network's offsets applied."""
    sides = boxes[:, 2:] - boxes[:, :2] + 1
    moved: np.ndarray = boxes + offsets * sides[:, [0, 1, 0, 1]]
    return moved


def _square(boxes: np.ndarray) -> np.ndarray:
    """Squares of each box's longer side around its middle."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    reach = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middles - reach, middles + reach], axis=1)


def _patches(image: np.ndarray, boxes: np.ndarray, side: int) -> np.ndarray:
    """What boxes show, shape (n, 3, side, side), sampled bilinearly; 0, grey, beyond the image."""
    last = np.array([image.shape[1] - 1, image.shape[0] - 1])
    starts, ends = boxes[:, np.newaxis, :2], boxes[:, np.newaxis, 2:]
    steps = np.linspace(0, 1, side)[:, np.newaxis]
    # x of each patch's columns and y of its rows, shape (n, side, 2)
    places = (starts + (ends - starts) * steps) * last / (last + 1)
    inside = (places >= 0) & (places <= last)
    low = places.astype(int).clip(0, last - 1)
    share = places - low
    weights = (np.stack([1 - share, share]) * inside).astype(np.float32)
    patches = np.zeros((len(boxes), side, side, 3), np.float32)
    for down, right in np.ndindex(2, 2):
        rows, columns = low[:, :, np.newaxis, 1] + down, low[:, np.newaxis, :, 0] + right
        across = weights[right][:, np.newaxis, :, :1]
        patches += image[rows, columns] * (weights[down][:, :, np.newaxis, 1:] * across)
    return patches.transpose(0, 3, 1, 2)
