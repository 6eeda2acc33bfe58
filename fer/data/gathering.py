"""Chosen faces of one or more arrays as one array."""

import tempfile

import numpy as np

_IN_MEMORY_BYTES = 128_000_000
_AT_ONCE = 4096


def gather(*parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The faces at these positions of each array, one part after the other.

    Args:
        parts: Faces, shape (n, height, width, channels), uint8, and positions, shape (m,),
            integers.

    Returns:
        Shape (m of all parts, height, width, channels), uint8. Consecutive faces of one array
        stay a view. Others are copied; a copy too large for memory goes to an unnamed temporary
        file that is mapped.
    """
    pixels, rows = parts[0]
    if len(parts) == 1 and len(rows) and (np.diff(rows) == 1).all():
        return pixels[rows[0] : rows[-1] + 1]
    shape = (sum(len(rows) for _, rows in parts), *pixels.shape[1:])
    if len(rows) and shape[0] * pixels[:1].nbytes > _IN_MEMORY_BYTES:
        with tempfile.TemporaryFile() as file:
            copy: np.ndarray = np.memmap(file, np.uint8, "w+", shape=shape)
    else:
        copy = np.empty(shape, np.uint8)
    filled = 0
    for pixels, rows in parts:
        for start in range(0, len(rows), _AT_ONCE):
            chosen = rows[start : start + _AT_ONCE]
            copy[filled : filled + len(chosen)] = pixels[chosen]
            filled += len(chosen)
    return copy
