"""The arrays in MATLAB's `.mat` files, arranged as NumPy has them: the first axis counts images.

MATLAB counts images by the last axis, and its flat images run down the columns. Programs in Python
write the same files the other way round, so that labels and faces tell which way it is.
"""

import math
from pathlib import Path

import numpy as np

from fer.data.readers.mat_variables import Variable, in_memory, variables

_MATRIX = 2
_MAX_CLASSES = 64
_SMALLEST = 12  # px of a face: shorter rows are one-hot labels


def matlab_arrays(file: Path, *, max_bytes: int) -> list[Variable]:
    """The arrays of a file; the values of large ones are read when they are needed.

    Args:
        file: The file, of any version of the format.
        max_bytes: The most bytes that its arrays may have together.

    Raises:
        TableError: If it takes values from other files.
        DatasetError: If it is too large.
        ValueError: If it is damaged.
    """
    plain = [_squeezed(one) for one in variables(file, max_bytes)]
    counts = {one.shape[0] for one in plain if len(one.shape) == 1 or _holds_one_hot(one)}
    return [_images_first(one, counts) for one in plain]


def _squeezed(one: Variable) -> Variable:
    """A variable without axes of length 1, and one-hot columns as rows."""
    shape = tuple(side for side in one.shape if side != 1)
    if _may_be_one_hot(shape):
        array = np.squeeze(one.load())
        return in_memory(
            one.name, array.T if not _is_one_hot(array) and _is_one_hot(array.T) else array
        )
    return one._replace(shape=shape, load=lambda: np.squeeze(one.load()))


def _may_be_one_hot(shape: tuple[int, ...]) -> bool:
    return len(shape) == _MATRIX and min(shape) <= _MAX_CLASSES


def _holds_one_hot(one: Variable) -> bool:
    return _may_be_one_hot(one.shape) and _is_one_hot(one.load())


def _is_one_hot(array: np.ndarray) -> bool:
    is_matrix = array.ndim == _MATRIX and array.shape[1] <= _MAX_CLASSES
    return is_matrix and array.dtype.kind in "uifb" and bool((array.sum(axis=1) == 1).all())


def _images_first(one: Variable, counts: set[int]) -> Variable:
    """A variable with the axis first that has as many entries as there are labels."""
    shape = one.shape
    if len(shape) < _MATRIX:
        return one
    is_last = shape[0] not in counts and shape[-1] in counts

    def load() -> np.ndarray:
        array = one.load()
        images = np.moveaxis(array, -1, 0) if is_last else array
        return _upright(images, may_lie=one.may_lie)

    return one._replace(shape=(shape[-1], *shape[:-1]) if is_last else shape, load=load)


def _upright(images: np.ndarray, *, may_lie: bool) -> np.ndarray:
    """Images of square faces, turned if they lie on their side; flat ones always may."""
    if images.ndim == _MATRIX:
        side = math.isqrt(images.shape[1])
        if side**2 != images.shape[1]:
            return images
        squares = images.reshape(len(images), side, side)
        return squares.swapaxes(1, 2).reshape(images.shape) if _lie(squares) else images
    sides = [at for at, side in enumerate(images.shape) if at and side not in (1, 3)]
    if not may_lie or len(sides) != 2 or images.shape[sides[0]] != images.shape[sides[1]]:
        return images
    squares = np.moveaxis(images, sides, (1, 2))
    return (
        images.swapaxes(*sides) if _lie(squares[..., 0] if images.ndim > 3 else squares) else images
    )


def _lie(faces: np.ndarray) -> bool:
    """Whether faces, shape (n, h, w), lie on their side.

    The mean of upright faces is much more symmetrical from left to right than from top to bottom.
    """
    if faces.shape[1] < _SMALLEST or faces.dtype.kind not in "uif":
        return False
    mean = faces.mean(axis=0)
    return bool(np.abs(mean - mean[::-1]).sum() < np.abs(mean - mean[:, ::-1]).sum())
