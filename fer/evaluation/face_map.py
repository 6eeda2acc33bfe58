"""A map of a data set's faces: near each other where a network sees them alike.

What the network's last layer gets is reduced by PCA and laid out by t-SNE. t-SNE of tens of
thousands of points takes many minutes, so it lays out a sample, and every other face goes to where
the faces of the sample are that it resembles most.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from fer import settings
from fer.data import Dataset
from fer.errors import DatasetError
from fer.files import replace_file, writing
from fer.models.card import ModelCard, check_faces
from fer.models.model import Model
from fer.nets.forward import compile_features
from fer.people import Action, may
from fer.progress import Progress
from fer.wording import counted

LAID_OUT = 4000
"""The most faces that t-SNE lays out."""

_BATCH = 256
_COMPONENTS = 30
_NEAREST = 5  # faces of the sample that place another one
_AROUND = 15  # faces on the map that are a face's neighbourhood
_PART = 1 << 16  # faces whose neighbours are held at a time
_STEPS = 4  # of t-SNE, which reports no progress within one
_STEP_ITERATIONS = 250  # the fewest that scikit-learn makes
_THREADS = max(1, (os.cpu_count() or 1) // 2)
# … of t-SNE. They wait for the slowest at every step: where a training kept both cores busy, two
# took ten times as long as one.
_EXAGGERATION = 12.0  # of the first step, which forms the groups
_FORM = "1"  # of what is kept; a new one makes old maps void


def kept_map(card: ModelCard, dataset: Dataset) -> np.ndarray | None:
    """The map if it was drawn before, as `face_map` gives it; else None."""
    try:
        places: np.ndarray = np.load(_file(card, dataset))
    except (OSError, ValueError):
        return None
    return places if places.shape == (len(dataset), 2) else None


def face_map(
    model: Model,
    dataset: Dataset,
    *,
    progress: Progress | None = None,
    begin: Callable[[str, str], None] = lambda what, noun: None,
) -> np.ndarray:
    """Where each face is on the map; drawn once for a model and the faces, and kept on disk.

    Args:
        model: Whose network is asked.
        dataset: Faces in the shape of the model's card, at least three.
        progress: Called with units done and planned.
        begin: Called with what is done next and in which units: the network looks at the faces,
            t-SNE takes some steps, the other faces are placed.

    Returns:
        Shape (n, 2), float32, in the order of the data set.

    Raises:
        DatasetError: If the faces are too few or of another shape, or the map cannot be kept.
    """
    card = model.card
    if (places := kept_map(card, dataset)) is not None:
        return places
    check_faces(dataset, f"the model '{card.name}' takes", card.shape)
    if len(dataset) < 3:
        raise DatasetError(f"'{dataset.name}' has too few faces for a map. Add three or more.")
    begin("Looking at the faces", "face")
    places = layout(_points(model, dataset, progress), progress=progress, begin=begin)
    if not may(Action.KEEP):
        return places
    file = _file(card, dataset)
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(file) as opened:
            np.save(opened, places)
    return places


def layout(
    points: np.ndarray,
    *,
    sample: int = LAID_OUT,
    progress: Progress | None = None,
    begin: Callable[[str, str], None] = lambda what, noun: None,
) -> np.ndarray:
    """Lay points out on a plane, alike ones near each other.

    Args:
        points: Shape (n, d), float32, n at least 3.
        sample: The most points that t-SNE lays out, drawn at random with a fixed seed.
        progress: As for `face_map`, like `begin`.

    Returns:
        Shape (n, 2), float32.
    """
    from sklearn.neighbors import NearestNeighbors

    count = len(points)
    chosen = sampled(count, sample)
    begin(f"Arranging {counted(len(chosen), 'face')} by likeness", "step")
    places = np.empty((count, 2), np.float32)
    places[chosen] = _arranged(points[chosen], progress)
    begin("Placing the other faces", "face")
    others = np.setdiff1d(np.arange(count), chosen)
    nearest = NearestNeighbors(n_neighbors=min(_NEAREST, len(chosen))).fit(points[chosen])
    for start in range(0, len(others), 1024):
        rows = others[start : start + 1024]
        distances, found = nearest.kneighbors(points[rows])
        weights = 1 / np.maximum(distances, 1e-6) ** 2
        weights /= weights.sum(axis=1, keepdims=True)
        places[rows] = (places[chosen][found] * weights[:, :, None]).sum(axis=1)
        if progress:
            progress(start + len(rows), len(others))
    return places


def _arranged(points: np.ndarray, progress: Progress | None) -> np.ndarray:
    """t-SNE of points, shape (n, 2), float32, in steps that each start where the last one ended.

    Only so is there any progress to report. The map is as good as that of a single run.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    places: np.ndarray | str = "pca"
    for step in range(_STEPS):
        if progress:
            progress(step, _STEPS)
        tsne = TSNE(
            perplexity=min(30.0, (len(points) - 1) / 3),
            init=places,
            early_exaggeration=1.0 if step else _EXAGGERATION,
            learning_rate=max(len(points) / _EXAGGERATION / 4, 50.0),  # scikit-learn's "auto"
            max_iter=_STEP_ITERATIONS,
            random_state=0,
        )
        with threadpool_limits(_THREADS, user_api="openmp"):
            places = tsne.fit_transform(points)
    return np.asarray(places, np.float32)


def surroundings(places: np.ndarray, targets: np.ndarray, classes: int) -> np.ndarray:
    """Among which classes each face lies.

    Args:
        places: Shape (n, 2), as `layout` gives them.
        targets: Class of each face, shape (n,), 0 to classes − 1.
        classes: Number of classes.

    Returns:
        Shape (n, classes), float32: shares of the nearest faces on the map; rows sum to 1.
    """
    from scipy.spatial import cKDTree

    count = min(_AROUND, len(places) - 1)
    tree = cKDTree(places)
    shares = np.empty((len(places), classes), np.float32)
    for start in range(0, len(places), _PART):
        part = slice(start, start + _PART)
        _, found = tree.query(places[part], count + 1)
        near = targets[found[:, 1:]]
        for label in range(classes):
            shares[part, label] = (near == label).mean(axis=1)
    return shares


def _points(model: Model, dataset: Dataset, progress: Progress | None) -> np.ndarray:
    """What the network's last layer gets of each face, reduced by PCA: (n, 30 at most), float32.

    The faces that t-SNE lays out set the axes: only theirs is held unreduced, whatever n is.
    """
    from sklearn.decomposition import PCA

    forward = compile_features(model.network)
    count, done = len(dataset), 0
    chosen = sampled(count, LAID_OUT)

    def features(rows: np.ndarray) -> Iterator[np.ndarray]:
        nonlocal done
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            yield forward(dataset.pixels[part]).astype(np.float32)
            done += len(part)
            if progress:
                progress(done, count)

    laid_out = np.concatenate(list(features(chosen)))
    pca = PCA(min(_COMPONENTS, *laid_out.shape), random_state=0).fit(laid_out)
    points = np.empty((count, pca.n_components_), np.float32)
    points[chosen] = pca.transform(laid_out)
    others, placed = np.setdiff1d(np.arange(count), chosen), 0
    for part in features(others):
        points[others[placed : placed + len(part)]] = pca.transform(part)
        placed += len(part)
    return points


def sampled(count: int, most: int) -> np.ndarray:
    """Positions of some faces at random, always the same ones, ascending; all if they are few."""
    sample: np.ndarray = np.sort(np.random.default_rng(0).permutation(count)[:most])
    return sample


def _file(card: ModelCard, dataset: Dataset) -> Path:
    digest = hashlib.sha256(f"{_FORM} {card.model_sha256}".encode())
    digest.update("".join(dataset.index["hash"]).encode())
    return settings.maps_folder() / f"{digest.hexdigest()[:32]}.npy"
