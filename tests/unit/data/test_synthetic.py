"""Drawn faces: one seed is one person, and only the expression follows the emotion."""

from dataclasses import astuple
from functools import cache

import numpy as np
import pytest

from fer import emotions
from fer.data.synthetic import PROTOTYPES, draw_face, face_seeds
from fer.errors import ConfigError, LabelError

SEEDS = range(20)
EXPRESSIVE = [label for label in emotions.FER2013 if label not in ("neutral", "fear")]


def people(count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces of as many people, shape (n, 48, 48), and their emotions, which take turns."""
    targets = np.arange(count) % len(emotions.FER2013)
    seeds = face_seeds(count, seed=seed)
    return np.stack(
        [draw_face(emotions.FER2013[t], seed=s) for t, s in zip(targets, seeds, strict=True)]
    ), targets


@cache
def full(emotion: str) -> np.ndarray:
    """The same people at full intensity; shape (n, 48, 48), float."""
    return np.stack([draw_face(emotion, seed=seed, intensity=1) for seed in SEEDS]).astype(float)


def test_the_same_seed_draws_the_same_face() -> None:
    assert np.array_equal(draw_face("happy", seed=5), draw_face("happy", seed=5))
    assert face_seeds(20, seed=5) == face_seeds(20, seed=5)


def test_another_seed_draws_other_people() -> None:
    faces = np.concatenate([people(70, seed=seed)[0] for seed in (0, 1)])
    assert len(np.unique(faces.reshape(len(faces), -1), axis=0)) == len(faces)


@pytest.mark.parametrize("emotion", emotions.ALL)
def test_every_emotion_starts_from_the_neutral_face_of_its_seed(emotion: str) -> None:
    neutral = draw_face("neutral", seed=8)
    assert np.array_equal(draw_face(emotion, seed=8, intensity=0), neutral)
    assert emotion == "neutral" or not np.array_equal(draw_face(emotion, seed=8), neutral)


def test_more_intensity_moves_further_from_neutral() -> None:
    neutral, angry = (
        np.stack([draw_face("angry", seed=seed, intensity=i) for seed in SEEDS]).astype(float)
        for i in (0, 0.5)
    )
    assert np.abs(angry - neutral).mean() < np.abs(full("angry") - neutral).mean()


def test_happy_and_sad_differ_at_the_mouth_and_not_beside_the_face() -> None:
    difference = np.abs(full("happy") - full("sad"))
    assert difference[:, 32:42, 14:34].mean() > 10
    assert difference[:, :6, :6].mean() < 0.1


def test_the_mouth_bends_up_when_happy_and_down_when_sad() -> None:
    def bend(emotion: str) -> float:
        def height(columns: list[int]) -> float:
            shade = 255 - full(emotion)[:, 31:44, columns].mean((0, 2))
            return float(np.average(np.arange(13), weights=shade - shade.min()))

        return height([22, 23, 24, 25]) - height([16, 17, 30, 31])

    assert bend("sad") + 0.5 < bend("neutral") < bend("happy") - 1.2  # pixels


def test_contempt_lifts_one_corner_of_the_mouth() -> None:
    change = np.abs(full("contempt") - full("neutral"))[:, 30:44]
    assert change[:, :, 24:].mean() > 2 * change[:, :, :24].mean()


def test_surprise_is_the_nearest_emotion_to_fear() -> None:
    fear = np.array(astuple(PROTOTYPES["fear"]))
    muscles = {e: np.linalg.norm(fear - astuple(PROTOTYPES[e])) for e in EXPRESSIVE}
    pixels = {e: np.abs(full("fear") - full(e)).mean() for e in EXPRESSIVE}
    assert min(muscles, key=muscles.__getitem__) == "surprise"
    assert min(pixels, key=pixels.__getitem__) == "surprise"


def test_what_is_learned_from_some_people_holds_for_others() -> None:
    (train, truth), (unseen, expected) = (people(350, seed=s) for s in (1, 2))

    def standardized(faces: np.ndarray) -> np.ndarray:
        rows = faces.reshape(len(faces), -1).astype(float)
        return (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True)

    known = standardized(train)  # ridge regression onto the seven classes, in its dual form
    weights = np.linalg.solve(known @ known.T + 500 * np.eye(len(known)), np.eye(7)[truth])
    predicted = (standardized(unseen) @ known.T @ weights).argmax(1)
    accuracy = (predicted == expected).mean()
    assert accuracy > 0.45


def test_one_face_is_a_grey_square_of_the_size_asked_for() -> None:
    face = draw_face("fear", seed=1, size=64)
    assert face.shape == (64, 64)
    assert face.dtype == np.uint8
    assert face.std() > 5


def test_an_unknown_emotion_is_a_label_error() -> None:
    with pytest.raises(LabelError, match="bored"):
        draw_face("bored", seed=0)


@pytest.mark.parametrize("intensity", [-0.1, 1.1, float("nan")])
def test_an_impossible_intensity_is_a_config_error(intensity: float) -> None:
    with pytest.raises(ConfigError, match="0–1"):
        draw_face("happy", seed=0, intensity=intensity)
