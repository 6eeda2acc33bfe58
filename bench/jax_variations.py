"""Variations of training faces in JAX, so that an accelerator makes them.

The same kinds as `fer.nets.augmentation.Augmentation`, and faces as a detector crops them out of
photos. Half of a batch is varied mildly, the other half as photos vary it.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

Array = jax.Array
QUANTA = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    np.float32,
)
"""JPEG's quantisation of luminance at quality 50 (ITU-T T.81, table K.1)."""

_FREQUENCY, _PLACE = np.mgrid[:8, :8]
COSINES = np.cos((2 * _PLACE + 1) * _FREQUENCY * np.pi / 16) / 2
COSINES[0] /= np.sqrt(2)
"""The discrete cosine transform of eight values, shape (8 frequencies, 8 places)."""


def vary(key: Array, faces: Array, frames: Array, framed: Array) -> Array:
    """Vary each face by itself, every second one as photos vary it.

    Args:
        key: Source of the randomness.
        faces: Shape (n, side, side), uint8; `side` is a multiple of 8.
        frames: From a face's pixels to those of a detector's crop of it, shape (n, 2, 3).
        framed: Which faces have such a frame, shape (n,).

    Returns:
        Whole numbers 0–255, shape (n, side, side), float32.
    """
    count, side, _ = faces.shape
    keys = iter(jax.random.split(key, 40))
    hard = jnp.arange(count) % 2 == 1

    def between(low: Array | float, high: Array | float) -> Array:
        return jax.random.uniform(next(keys), (count,), minval=low, maxval=high)

    def chance(share: float) -> Array:
        return between(0, 1) < share

    def least(strong: Array | float, mild: float) -> Array:
        return jnp.where(hard, strong, mild)

    found = hard & framed & chance(0.6)
    zoom = jnp.log1p(least(jnp.where(found, 0.12, 0.25), 0.15)) * between(-1, 1)
    turn = jnp.deg2rad(least(jnp.where(found, 8, 15), 12)) * between(-1, 1)
    reach = least(jnp.where(found, 0.05, 0.1), 0.08) * side
    move = jnp.stack([between(-1, 1) * reach, between(-1, 1) * reach], -1)
    mirror = jnp.where(chance(0.5), -1.0, 1.0)
    frame = jnp.where(found[:, None, None], frames, jnp.eye(2, 3))
    places = to_face(frame, turn=turn, zoom=zoom, move=move, mirror=mirror, side=side)
    x = sample(faces.astype(jnp.float32), places, between(0, 255), hard & chance(0.4))
    soft = jnp.where(found, between(0.1, 1.2), jnp.where(chance(0.35), between(0.3, 1.6), 0))
    x = where(hard & (soft > 0.15), blurred(x, soft), x)
    x = x + slope(between(0, 2 * np.pi), least(0.3, 0.1) * between(0, 1) * 255, side)
    gain = 1 + least(0.4, 0.2) * between(-1, 1)
    lift = (1 - gain) * x.mean((1, 2)) + least(0.15, 0.1) * between(-1, 1) * 255
    x = jnp.clip(x * gain[:, None, None] + lift[:, None, None], 0, 255)
    x = where(hard & chance(0.25), compressed(jnp.round(x), between(15, 85)), x)
    noise = jnp.where(hard & chance(0.25), between(0, 10), 0)
    x = x + noise[:, None, None] * jax.random.normal(next(keys), x.shape)
    erased = covered(partial(between, 0, 1), side) & chance(0.2)[:, None, None]
    x = jnp.where(erased, jax.random.uniform(next(keys), x.shape, maxval=255), x)
    return jnp.round(jnp.clip(x, 0, 255))


def where(chosen: Array, these: Array, those: Array) -> Array:
    """Some faces from `these`, the others from `those`."""
    return jnp.where(chosen[:, None, None], these, those)


def to_face(
    frames: Array, *, turn: Array, zoom: Array, move: Array, mirror: Array, side: int
) -> Array:
    """From varied pixels to the face's own, both from the corner, shape (n, 2, 3)."""
    cos, sin = jnp.cos(turn) / jnp.exp(zoom), jnp.sin(turn) / jnp.exp(zoom)
    back = jnp.stack([jnp.stack([cos * mirror, -sin], -1), jnp.stack([sin * mirror, cos], -1)], -2)
    middle = side / 2
    offset = middle - jnp.einsum("nij,nj->ni", back, middle + move)
    inverse = jnp.linalg.inv(frames[:, :, :2])
    linear = inverse @ back
    offset = jnp.einsum("nij,nj->ni", inverse, offset - frames[:, :, 2])
    return jnp.concatenate([linear, offset[..., None]], -1)


def sample(faces: Array, places: Array, grey: Array, on_canvas: Array) -> Array:
    """Bilinear samples; beyond a face its outermost pixels, or on a canvas this grey."""
    count, side, _ = faces.shape
    across, down = jnp.meshgrid(jnp.arange(side) + 0.5, jnp.arange(side) + 0.5)
    grid = jnp.stack([across, down, jnp.ones_like(across)])
    u, v = jnp.moveaxis(jnp.einsum("nij,jyx->niyx", places, grid, precision="highest"), 1, 0) - 0.5
    inside = (u > -0.5) & (u < side - 0.5) & (v > -0.5) & (v < side - 0.5)
    u, v = jnp.clip(u, 0, side - 1), jnp.clip(v, 0, side - 1)
    left, top = jnp.floor(u), jnp.floor(v)
    right_share, bottom_share = u - left, v - top
    left, top = left.astype(int), top.astype(int)
    right, bottom = jnp.minimum(left + 1, side - 1), jnp.minimum(top + 1, side - 1)
    flat = faces.reshape(count, -1)

    def at(row: Array, column: Array) -> Array:
        places = (row * side + column).reshape(count, -1)
        return jnp.take_along_axis(flat, places, axis=1).reshape(faces.shape)

    upper = at(top, left) * (1 - right_share) + at(top, right) * right_share
    lower = at(bottom, left) * (1 - right_share) + at(bottom, right) * right_share
    sampled = upper * (1 - bottom_share) + lower * bottom_share
    return jnp.where(inside | ~on_canvas[:, None, None], sampled, grey[:, None, None])


def blurred(x: Array, sigma: Array, reach: int = 4) -> Array:
    """Gaussian blur, of each face by its own sigma in pixels."""
    offsets = jnp.arange(-reach, reach + 1)
    weights = jnp.exp(-(offsets**2) / (2 * jnp.maximum(sigma, 0.01)[:, None] ** 2))
    weights /= weights.sum(1, keepdims=True)
    for axis in (1, 2):
        margins = [(reach, reach) if axis == this else (0, 0) for this in range(3)]
        padded = jnp.pad(x, margins, mode="edge")
        x = sum(
            weights[:, i, None, None]
            * jax.lax.slice_in_dim(padded, i, i + x.shape[axis], axis=axis)
            for i in range(2 * reach + 1)
        )
    return x


def slope(way: Array, strength: Array, side: int) -> Array:
    """What light from one side adds, shape (n, side, side)."""
    line = jnp.linspace(-1, 1, side)
    x, y = jnp.cos(way)[:, None, None] * line, jnp.sin(way)[:, None, None] * line[:, None]
    return strength[:, None, None] * (x + y) / 2


def compressed(x: Array, quality: Array) -> Array:
    """What JPEG leaves of faces, of each at its own quality, 1–100."""
    count, side, _ = x.shape
    scale = jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality) / 100
    quanta = jnp.clip(jnp.round(QUANTA * scale[:, None, None]), 1, 255)[:, None, None]
    blocks = (x - 128).reshape(count, side // 8, 8, side // 8, 8).swapaxes(2, 3)
    there = jnp.einsum("ui,nyxij,vj->nyxuv", COSINES, blocks, COSINES, precision="highest")
    kept = jnp.round(there / quanta) * quanta
    back = jnp.einsum("ui,nyxuv,vj->nyxij", COSINES, kept, COSINES, precision="highest")
    return back.swapaxes(2, 3).reshape(x.shape) + 128


def covered(draw: partial[Array], side: int) -> Array:
    """A rectangle on each face, a sixth to a half of its side wide and high."""
    masks = []
    for _ in range(2):
        length = (0.15 + 0.35 * draw()) * side
        start = draw() * (side - length)
        pixels = jnp.arange(side)
        masks.append((pixels >= start[:, None]) & (pixels < (start + length)[:, None]))
    rows, columns = masks
    return rows[:, :, None] & columns[:, None]
