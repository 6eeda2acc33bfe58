import numpy as np
from sklearn.manifold import trustworthiness

from fer.evaluation.face_map import layout, surroundings


def blobs(each: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of points in 12 dimensions, and which one each point is of."""
    rng = np.random.default_rng(0)
    centres = 8 * rng.standard_normal((3, 12))
    targets = np.repeat([0, 1, 2], each)
    points = centres[targets] + rng.standard_normal((3 * each, 12))
    return points.astype(np.float32), targets


def test_points_that_are_alike_lie_near_each_other_inside_the_sample_and_outside() -> None:
    points, targets = blobs(60)
    seen: list[tuple[int, int]] = []
    places = layout(points, sample=90, progress=lambda done, planned: seen.append((done, planned)))
    assert places.shape == (180, 2)
    assert trustworthiness(points, places, n_neighbors=10) > 0.8
    assert surroundings(places, targets, 3)[np.arange(180), targets].mean() > 0.95
    assert seen[-1] == (90, 90)


def test_the_same_points_make_the_same_map() -> None:
    points, _ = blobs(10)
    assert np.array_equal(layout(points), layout(points))


def test_the_smallest_map_has_three_faces() -> None:
    assert np.isfinite(layout(np.eye(3, dtype=np.float32))).all()


def test_a_face_among_those_of_another_class_is_found() -> None:
    places = np.array([[i % 4, i // 4] for i in range(16)] + [[100, i] for i in range(16)], float)
    targets = np.repeat([0, 1], 16)
    targets[5] = 1
    shares = surroundings(places, targets, 2)
    assert shares[5].tolist() == [1, 0]
    assert np.allclose(shares.sum(axis=1), 1)
