"""Near duplicates: the same image with another compression, size or exposure.

Perceptual hashes find candidates; the pixels decide. A million faces have too many pairs to
compare, so only pairs that share one of four 16-bit bands of their hash are compared: a pair that
differs in three bits or fewer always does.
"""

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
_COMPARED = 200_000  # the most faces that one is compared with; of more, evenly spread ones
_CROWD = 200  # a value that more hashes share carries no information


def near_duplicates(pixels: np.ndarray, hashes: np.ndarray) -> np.ndarray:
    """Group faces that are nearly the same image.

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        hashes: Content of each face, shape (n,); equal faces are not *near* duplicates, and
            only the first of them is compared.

    Returns:
        Shape (n,), int64: the number of its group for each face that has a near duplicate, the
        same for its exact copies; -1 for all others.
    """
    _, first, copy_of = np.unique(hashes, return_index=True, return_inverse=True)
    pairs = _candidates(perceptual_hashes(pixels, first))
    alike = np.zeros(len(pairs), bool)
    for start in range(0, len(pairs), _CHUNK):
        faces, sides = np.unique(pairs[start : start + _CHUNK], return_inverse=True)
        grey = _grey_faces(pixels, first[faces]).reshape(-1, 16, 2, 16, 2)
        small = _unit(grey.mean(axis=(2, 4)).reshape(len(faces), 256))  # 16×16 values
        products = small[sides[:, 0]] * small[sides[:, 1]]
        alike[start : start + _CHUNK] = products.sum(axis=1) >= MIN_CORRELATION
    left, right = pairs[alike].T
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(first), len(first)))
    _, component = connected_components(links, directed=False)
    shared = np.bincount(component)[component] > 1
    return np.where(shared, component, -1)[copy_of].astype(np.int64)


def perceptual_hashes(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The low frequencies of each face as 64 bits (pHash; Zauner 2010).

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        rows: The faces to hash, shape (m,).

    Returns:
        Shape (m,), uint64.
    """
    codes = np.empty(len(rows), np.uint64)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    for start in range(0, len(rows), _CHUNK):
        grey = _grey_faces(pixels, rows[start : start + _CHUNK])
        waves = dct(dct(grey, axis=1)[:, :8], axis=2)[:, :, :8].reshape(len(grey), 64)
        bits = waves > np.median(waves[:, 1:], axis=1, keepdims=True)
        codes[start : start + _CHUNK] = (bits * powers).sum(axis=1, dtype=np.uint64)
    return codes


def _unit(rows: np.ndarray) -> np.ndarray:
    """Change rows to mean 0 and length 1, in place: a product of two is their correlation."""
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows


def _grey_faces(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Faces as grey values, shape (m, 32, 32), float32."""
    made = np.empty((len(rows), _SIDE, _SIDE), np.float32)
    for grey, face in zip(made, pixels[rows], strict=True):
        if face.shape[2] == 3:
            face = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
        grey[:] = cv2.resize(face, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    return made


def _candidates(codes: np.ndarray) -> np.ndarray:
    """Pairs of positions whose hashes differ in at most `MAX_BITS` bits, shape (k, 2)."""
    pairs = []
    for band in range(_BANDS):
        values = (codes >> np.uint64(16 * band)).astype(np.uint16)
        order = np.argsort(values, kind="stable")
        edges = np.flatnonzero(np.diff(values[order])) + 1
        for bucket in np.split(order, edges):
            if 1 < len(bucket) <= _CROWD:
                among = codes[bucket]
                near = np.bitwise_count(among[:, None] ^ among) <= MAX_BITS
                left, right = np.nonzero(np.triu(near, 1))  # order is stable: left < right
                if len(left):
                    pairs.append(np.column_stack((bucket[left], bucket[right])))
    return np.unique(np.concatenate(pairs), axis=0) if pairs else np.empty((0, 2), np.int64)


def nearest(pixels: np.ndarray, row: int, count: int) -> np.ndarray:
    """The faces most similar to one, by the correlation of 12×12 grey values.

    Args:
        pixels: Shape (n, height, width, channels), uint8.
        row: The face.
        count: How many to return.

    Returns:
        Positions, most similar first, without the face itself; shape (at most count,), int64. Empty
        for a blank face, which resembles no other.
    """
    step = -(-len(pixels) // _COMPARED)
    rows = np.union1d(np.arange(0, len(pixels), step), [row])
    down, across = (max(1, side // 12) for side in pixels.shape[1:3])
    coarse = pixels[:, ::down, ::across] if step == 1 else pixels[rows][:, ::down, ::across]
    flat = _unit(coarse.mean(axis=3, dtype=np.float32).reshape(len(rows), -1))
    face = flat[np.searchsorted(rows, row)]
    if not face.any():
        return np.empty(0, np.int64)
    likeness = flat @ face
    order = rows[np.argsort(-likeness, kind="stable")[: count + 1]]
    others: np.ndarray = order[order != row]
    return others[:count]
