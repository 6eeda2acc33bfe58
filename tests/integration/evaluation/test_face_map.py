import os
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from sklearn.manifold import TSNE, trustworthiness
from threadpoolctl import threadpool_info, threadpool_limits

from fer.data import Dataset
from fer.evaluation.face_map import face_map, layout, surroundings
from fer.models.model import Model


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """So few points are laid out sooner by one thread, above all while others are at work."""
    with threadpool_limits(1):
        yield


def blobs(each: int) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of points in 12 dimensions, and which one each point is of."""
    rng = np.random.default_rng(0)
    centres = 8 * rng.standard_normal((3, 12))
    targets = np.repeat([0, 1, 2], each)
    points = centres[targets] + rng.standard_normal((3 * each, 12))
    return points.astype(np.float32), targets


def test_points_that_are_alike_lie_near_each_other_inside_the_sample_and_outside() -> None:
    points, targets = blobs(60)
    seen: dict[str, list[tuple[int, int]]] = {}
    places = layout(
        points,
        sample=90,
        progress=lambda done, planned: [*seen.values()][-1].append((done, planned)),
        begin=lambda what, noun: seen.update({f"{what}: {noun}": []}),
    )
    assert places.shape == (180, 2)
    assert trustworthiness(points, places, n_neighbors=10) > 0.8
    assert surroundings(places, targets, 3)[np.arange(180), targets].mean() > 0.95
    assert seen == {
        "Arranging 90 faces by likeness: step": [(0, 4), (1, 4), (2, 4), (3, 4)],
        "Placing the other faces: face": [(90, 90)],
    }


def test_a_map_made_in_steps_is_as_good_as_one_made_at_once() -> None:
    points = np.random.default_rng(0).standard_normal((300, 3)).astype(np.float32)
    at_once = TSNE(perplexity=30, random_state=0).fit_transform(points)
    in_steps, whole = (
        trustworthiness(points, places, n_neighbors=10) for places in (layout(points), at_once)
    )
    assert whole > 0.9
    assert in_steps > whole - 0.005


def test_the_same_points_make_the_same_map() -> None:
    points, _ = blobs(10)
    assert np.array_equal(layout(points), layout(points))


def test_half_of_the_cores_are_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    class Watched(TSNE):
        def fit_transform(self, points: np.ndarray) -> np.ndarray:
            pools = threadpool_info()
            threads.extend(pool["num_threads"] for pool in pools if pool["user_api"] == "openmp")
            return points[:, :2]

    monkeypatch.setattr("sklearn.manifold.TSNE", Watched)
    with threadpool_limits(64):
        layout(np.eye(10, dtype=np.float32))
    assert max(threads) <= max(1, (os.cpu_count() or 1) // 2)


def test_only_the_faces_that_are_laid_out_are_held_unreduced(
    tiny_model: Model, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = 4_000  # numbers of each face
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((24 * 24, wide)).astype(np.float32)
    monkeypatch.setattr(
        "fer.evaluation.face_map.compile_features",
        lambda network: lambda faces: faces.reshape(len(faces), -1) @ weights / 255,
    )
    monkeypatch.setattr("fer.evaluation.face_map.LAID_OUT", 60)
    monkeypatch.setattr(
        "fer.evaluation.face_map._arranged", lambda points, progress: points[:, :2]
    )  # t-SNE is slow under tracemalloc
    monkeypatch.setattr("fer.evaluation.face_map._BATCH", 32)
    many = tiny_dataset.take(np.resize(np.arange(len(tiny_dataset)), 1000))
    seen: list[tuple[int, int]] = []
    tracemalloc.start()
    try:
        places = face_map(
            replace(tiny_model), many, progress=lambda done, planned: seen.append((done, planned))
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1000 * wide * 4 / 2
    assert np.isfinite(places).all()
    assert (1000, 1000) in seen
    copies = places[10 :: len(tiny_dataset)]  # of one face, few of them laid out by t-SNE
    apart = np.abs(copies - np.median(copies, axis=0)).max(axis=1)
    assert apart.max() < np.ptp(places, axis=0).max() / 4


def test_the_smallest_map_has_three_faces() -> None:
    assert np.isfinite(layout(np.eye(3, dtype=np.float32))).all()


def test_a_face_among_those_of_another_class_is_found() -> None:
    places = np.array([[i % 4, i // 4] for i in range(16)] + [[100, i] for i in range(16)], float)
    targets = np.repeat([0, 1], 16)
    targets[5] = 1
    shares = surroundings(places, targets, 2)
    assert shares[5].tolist() == [1, 0]
    assert np.allclose(shares.sum(axis=1), 1)


def test_surroundings_are_the_same_whichever_faces_are_asked_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points, targets = blobs(60)
    whole = surroundings(points[:, :2], targets, 3)
    monkeypatch.setattr("fer.evaluation.face_map._PART", 7)
    assert np.array_equal(surroundings(points[:, :2], targets, 3), whole)
