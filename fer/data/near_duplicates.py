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
    likeness = _likeness(pixels, first[pairs[:, 0]], pixels, first[pairs[:, 1]])
    left, right = pairs[likeness >= MIN_CORRELATION].T
    links = coo_array((np.ones(len(left), bool), (left, right)), shape=(len(first), len(first)))
    _, component = connected_components(links, directed=False)
    shared = np.bincount(component)[component] > 1
    return np.where(shared, component, -1)[copy_of].astype(np.int64)


def near_copies(
    faces: np.ndarray, others: np.ndarray, rows: np.ndarray, codes: np.ndarray
) -> np.ndarray:
    """Find for each face the one among others that is the same image, or nearly so.

    Args:
        faces: Shape (n, height, width, channels), uint8.
        others: Shape (m, height, width, channels), uint8; the sides may differ from the faces'.
        rows: The positions of the others to look at, shape (k,).
        codes: Their `perceptual_hashes`, shape (k,).

    Returns:
        Shape (n,), int64: the position of the most similar of those that count; -1 without one.
    """
    own = perceptual_hashes(faces, np.arange(len(faces)))
    left, right = _candidates_among(own, codes)
    right = rows[right]
    likeness = _likeness(faces, left, others, right)
    found = np.full(len(faces), -1, np.int64)
    order = np.argsort(likeness, kind="stable")  # the most similar is written last
    order = order[likeness[order] >= MIN_CORRELATION]
    found[left[order]] = right[order]
    return found


def most_alike(faces: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The most similar of other faces for each face, by the correlation of 16×16 grey values.

    All pairs are compared, which finds what perceptual hashes miss.

    Args:
        faces: Shape (n, height, width, channels), uint8.
        others: Shape (m, height, width, channels), uint8; m is 1 or more.

    Returns:
        Its position among the others, shape (n,), int64, and its likeness, -1 to 1, shape (n,).
    """
    among = _small_faces(others, np.arange(len(others))).T
    found, likeness = np.empty(len(faces), np.int64), np.empty(len(faces), np.float32)
    for start in range(0, len(faces), 1024):
        part = slice(start, start + 1024)
        products = _small_faces(faces, np.arange(len(faces))[part]) @ among
        found[part] = products.argmax(axis=1)
        likeness[part] = products.max(axis=1)
    return found, likeness


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


def _likeness(
    lefts: np.ndarray, left: np.ndarray, rights: np.ndarray, right: np.ndarray
) -> np.ndarray:
    """The correlation of the face at each position of `left` with that of `right`, shape (k,)."""
    likeness = np.empty(len(left), np.float32)
    for start in range(0, len(left), _CHUNK):
        part = slice(start, start + _CHUNK)
        if lefts is rights:  # a face that stands on both sides is shrunk once
            both = _small_faces(lefts, np.concatenate((left[part], right[part])))
            ones, others = np.split(both, 2)
        else:
            ones, others = _small_faces(lefts, left[part]), _small_faces(rights, right[part])
        likeness[part] = (ones * others).sum(axis=1)
    return likeness


def _small_faces(pixels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """16×16 grey values of each face, as `_unit` makes them, shape (m, 256), float32."""
    faces, at = np.unique(rows, return_inverse=True)
    grey = _grey_faces(pixels, faces).reshape(-1, 16, 2, 16, 2)
    small: np.ndarray = _unit(grey.mean(axis=(2, 4)).reshape(len(faces), 256))[at]
    return small


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


def _candidates_among(codes: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of a position in each whose hashes differ in at most `MAX_BITS` bits."""
    lefts, rights = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for band in range(_BANDS):
        own, their = ((of >> np.uint64(16 * band)).astype(np.uint16) for of in (codes, others))
        order = np.argsort(their, kind="stable")
        low, high = (np.searchsorted(their[order], own, side) for side in ("left", "right"))
        counts = np.where(high - low <= _CROWD, high - low, 0)
        left = np.repeat(np.arange(len(codes)), counts)
        within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        right = order[np.repeat(low, counts) + within]
        near = np.bitwise_count(codes[left] ^ others[right]) <= MAX_BITS
        lefts.append(left[near])
        rights.append(right[near])
    pairs = np.unique(np.column_stack([np.concatenate(lefts), np.concatenate(rights)]), axis=0)
    return pairs[:, 0], pairs[:, 1]


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
