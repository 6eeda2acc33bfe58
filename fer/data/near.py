"""Near duplicates: the same picture saved, scaled or lit otherwise.

Perceptual hashes find candidates; the pixels decide. Comparing all pairs is out of the question
at a million faces, so only those are compared that share one of four 16-bit bands of their hash: a
pair that differs in three bits or fewer always does.
"""

from itertools import combinations

import cv2
import numpy as np
from scipy.fft import dct
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MAX_BITS = 3
"""Bits of 64 that the hashes of a pair may differ in: less than the number of bands."""

MIN_CORRELATION = 0.98
"""Pearson correlation of the grey values from which a pair counts."""

_SIDE = 32
_BANDS = 4
_CHUNK = 4096
_CROWD = 200  # a band's value that more hashes share tells nothing


def near_duplicates(pixels: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Group faces that are nearly the same picture.

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        hashes: Content of each face, shape (n,); equal faces are no *near* duplicates, and only
            the first of them is looked at.

    Returns:
        Shape (n,), int64: the number of its group for each face that has a near duplicate, the
        same for its exact copies; -1 for all others.
    """
    _, first, copy_of = np.unique(hashes, return_index=True, return_inverse=True)
    codes, small = perceptual_hashes(pixels, first)
    pairs = _candidates(codes)
    left, right = pairs[:, 0], pairs[:, 1]
    alike = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), _CHUNK):
        part = slice(start, start + _CHUNK)
        alike[part] = (small[left[part]] * small[right[part]]).sum(axis=1) >= MIN_CORRELATION
    left, right = left[alike], right[alike]
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(first), len(first)))
    _, component = connected_components(links, directed=False)
    shared = np.bincount(component)[component] > 1
    return np.where(shared, component, -1)[copy_of].astype(np.int64)


def perceptual_hashes(pixels: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The low frequencies of each face as 64 bits (pHash; Zauner 2010), and the face made small.

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        rows: The faces to look at, shape (m,).

    Returns:
        Shape (m,), uint64, and shape (m, 256), float32: 16×16 grey values with mean 0 and
        length 1, so that a product of two is their correlation.
    """
    codes = np.empty(len(rows), np.uint64)
    small = np.empty((len(rows), 256), np.float32)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        grey = np.stack([_grey(face) for face in pixels[part]])  # (m, 32, 32)
        waves = dct(dct(grey, axis=1)[:, :8], axis=2)[:, :, :8].reshape(len(part), 64)
        bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
        codes[start : start + _CHUNK] = (bits * powers).sum(axis=1, dtype=np.uint64)
        means = grey.reshape(-1, 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(part), 256)
        means -= means.mean(axis=1, keepdims=True)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        small[start : start + _CHUNK] = means / np.maximum(lengths, 1e-6)
    return codes, small


def _grey(face: np.ndarray) -> np.ndarray:
    if face.shape[2] == 3:
        face = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


def _candidates(codes: np.ndarray) -> np.ndarray:
    """Pairs of positions whose hashes differ in at most `MAX_BITS` bits, shape (k, 2)."""
    found = []
    for band in range(_BANDS):
        values = (codes >> np.uint64(16 * band)).astype(np.uint16)
        order = np.argsort(values, kind="stable")
        edges = np.flatnonzero(np.diff(values[order])) + 1
        for bucket in np.split(order, edges):
            if 1 < len(bucket) <= _CROWD:
                found.append(np.array(list(combinations(np.sort(bucket), 2))))
    if not found:
        return np.empty((0, 2), np.int64)
    pairs = np.concatenate(found)
    distance = np.bitwise_count(codes[pairs[:, 0]] ^ codes[pairs[:, 1]])
    return np.unique(pairs[distance <= MAX_BITS], axis=0)


def nearest(pixels: np.ndarray, row: int, count: int, *, at_most: int = 200_000) -> np.ndarray:
    """The faces most alike to one, by the correlation of 12×12 grey values.

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        row: The face.
        count: How many to give.
        at_most: Faces to look at; of more, evenly spread ones.

    Returns:
        Positions, most alike first, without the face itself; shape (at most count,), int64.
    """
    step = -(-len(pixels) // at_most)
    rows = np.union1d(np.arange(0, len(pixels), step), [row])
    down, across = (max(1, side // 12) for side in pixels.shape[1:3])
    coarse = pixels[:, ::down, ::across] if step == 1 else pixels[rows][:, ::down, ::across]
    flat = coarse.mean(axis=3, dtype=np.float32).reshape(len(rows), -1)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    likeness = flat @ flat[np.searchsorted(rows, row)]
    order = rows[np.argsort(-likeness, kind="stable")[: count + 1]]
    return order[order != row][:count]
