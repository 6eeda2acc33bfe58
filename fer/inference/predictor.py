"""Photo → faces → emotions."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from fer import models
from fer.errors import DetectorError, ImageError, ModelNotFoundError
from fer.faces import yunet_file
from fer.faces.detection import Detector, load_detector
from fer.faces.face import at_least
from fer.faces.quality import Quality, measure
from fer.images import decode
from fer.inference.answer import Box, by_label
from fer.inference.classifier import FaceClassifier
from fer.inference.parallel import growing_groups, map_ordered
from fer.inference.prediction import FacePrediction, PhotoFaces, PhotoPrediction
from fer.models.card import ModelCard
from fer.models.model import Model

Image = Path | str | bytes | np.ndarray

_GROUP = 8
"""Most photos whose faces are classified together."""

_GROUP_PIXELS = 10_000_000
"""Photos with more pixels than this in all are not searched together, as they would fill memory."""

_T = TypeVar("_T")
_R = TypeVar("_R")


class Predictor:
    """A model and a face detector, ready for photos; safe to share between threads."""

    def __init__(self, model: Model, detector: Detector | None) -> None:
        """Put a predictor together.

        Args:
            model: The network with its card.
            detector: Finds the faces; None where each photo is one tight face crop.
        """
        self.classifier = FaceClassifier(model)
        self._detector = detector

    @classmethod
    def load(
        cls, model: str | Path | None = None, *, detector: str = "auto", form: str = "auto"
    ) -> "Predictor":
        """Load a model and a detector.

        Args:
            model: A model's name or folder; None for the default.
            detector: `auto` (the best one that is there), `mtcnn`, `yunet`, or `none` for
                photos that are one tight face crop each.
            form: What to run: `keras`, `litert`, `litert-int8`, or `auto` for LiteRT where the
                model has it, which starts in a tenth of a second.

        Raises:
            ModelError: If the model cannot be loaded.
            DetectorError: If the detector is unknown or missing.
        """
        loaded = None if detector == "none" else load_detector(detector)
        return cls(models.load(model, form=form), loaded)

    @property
    def card(self) -> ModelCard:
        """The model's contract and record."""
        return self.classifier.card

    @property
    def detector(self) -> Detector:
        """The face detector.

        Raises:
            DetectorError: If there is none, as each photo is taken as one face.
        """
        if self._detector is None:
            raise DetectorError(
                "This predictor takes each photo as one face. To find faces, load it with the "
                "detector auto, yunet or mtcnn."
            )
        return self._detector

    def predict(
        self, image: Image, *, whole_if_no_face: bool = False, min_face_px: int = 0
    ) -> PhotoPrediction:
        """Find the faces of one photo and name their emotions.

        Args:
            image: A path, the bytes of an image file, or RGB or grey uint8 pixels.
            whole_if_no_face: Take the whole photo as one tight face where no face is found.
            min_face_px: Skip faces with a shorter side under this, in photo pixels.

        Raises:
            ImageError: If the image cannot be used.
        """
        photo = _Decoded(image)
        [faces] = self._classify(self._frame([photo], whole_if_no_face, min_face_px))
        return PhotoPrediction(photo=photo.pixels, **vars(faces))

    def predict_many(
        self,
        images: Iterable[Image],
        *,
        whole_if_no_face: bool = False,
        min_face_px: int = 0,
    ) -> Iterator[PhotoFaces | ImageError]:
        """The faces of many photos, in their order.

        Groups of up to eight photos are worked on by all cores: the network gets the faces of a
        group in one batch, and so does the detector where that is faster. Only a few decoded
        photos for each core are in memory at a time.

        Args:
            images: As in `predict`; taken as they are needed.
            whole_if_no_face: As in `predict`.
            min_face_px: As in `predict`.

        Yields:
            For each image its faces, or the error that explains why it cannot be used.
        """

        def frame(photos: list[_Decoded]) -> list[_Framed]:
            return self._frame(photos, whole_if_no_face, min_face_px)

        def predict(group: Sequence[Image]) -> list[PhotoFaces | ImageError]:
            framed: list[_Framed | ImageError] = []
            for photos in _within_memory(map(_decoded, group)):
                framed += _past_errors(frame, photos)
            return _past_errors(self._classify, framed)

        # Small groups come first, so that a few photos keep all cores busy, too.
        yield from chain.from_iterable(map_ordered(predict, growing_groups(images, _GROUP)))

    def grad_cam(self, face: FacePrediction, label: str) -> np.ndarray:
        """Which pixels of a face speak for a label; see `fer.nets.explain.grad_cam`."""
        return self.classifier.grad_cam(face.crop, label)

    def _frame(
        self, photos: Sequence["_Decoded"], whole_if_no_face: bool, min_face_px: int
    ) -> list["_Framed"]:
        """Detect and frame the faces of photos that are searched together."""
        clock = _Clock()
        pixels = [photo.pixels for photo in photos]
        detected = self._detector.detect_many(pixels) if self._detector else [[] for _ in photos]
        detect_ms = clock.lap() / max(len(photos), 1)
        framed = []
        for photo, faces in zip(photos, detected, strict=True):
            faces = at_least(min_face_px, faces)
            size = (photo.pixels.shape[1], photo.pixels.shape[0])
            places: list[_Place] = [
                (face.box, face.score, measure(photo.pixels, face)) for face in faces
            ]
            inputs = self.classifier.frame(photo.pixels, faces)
            if not faces and (self._detector is None or whole_if_no_face):
                places = [((0, 0, *size), None, None)]
                inputs = self.classifier.frame_whole(photo.pixels)
            timings = {"decode": photo.decode_ms, "detect": detect_ms, "align": clock.lap()}
            framed.append(_Framed(size=size, places=places, inputs=inputs, timings_ms=timings))
        return framed

    def _classify(self, photos: Sequence["_Framed"]) -> list[PhotoFaces]:
        if not photos:
            return []
        clock = _Clock()
        rows = iter(self.classifier.classify(np.concatenate([photo.inputs for photo in photos])))
        classify_ms = clock.lap() / len(photos)
        return [
            PhotoFaces(
                size=photo.size,
                faces=tuple(
                    FacePrediction(
                        box=box,
                        score=score,
                        quality=quality,
                        probabilities=by_label(self.card.labels, row),
                        crop=crop,
                    )
                    for (box, score, quality), crop, row in zip(
                        photo.places, photo.inputs, rows, strict=False
                    )
                ),
                timings_ms={**photo.timings_ms, "classify": classify_ms},
            )
            for photo in photos
        ]


_Place = tuple[Box, float | None, Quality | None]
"""Box, detector's score and quality; the latter two None where the whole photo is the face."""


class _Decoded:
    """A decoded photo.

    Attributes:
        pixels: RGB, shape (height, width, 3), uint8.
        decode_ms: How long decoding took.
    """

    def __init__(self, image: Image) -> None:
        clock = _Clock()
        self.pixels = decode(image)
        self.decode_ms = clock.lap()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Framed:
    """One photo's faces, ready for the network; the photo itself is no longer held.

    Attributes:
        inputs: Network input, shape (faces, height, width, channels), uint8.
    """

    size: tuple[int, int]
    places: list[_Place]
    inputs: np.ndarray
    timings_ms: dict[str, float]


def _decoded(image: Image) -> _Decoded | ImageError:
    try:
        return _Decoded(image)
    except ImageError as error:
        return error


def _within_memory(
    photos: Iterable[_Decoded | ImageError],
) -> Iterator[list[_Decoded | ImageError]]:
    """Photos in groups that do not fill memory."""
    group: list[_Decoded | ImageError] = []
    pixels = 0
    for photo in photos:
        group.append(photo)
        pixels += photo.pixels.size // 3 if isinstance(photo, _Decoded) else 0
        if pixels >= _GROUP_PIXELS:
            yield group
            group, pixels = [], 0
    if group:
        yield group


def _past_errors(
    work: Callable[[list[_T]], Sequence[_R]], items: Iterable[_T | ImageError]
) -> list[_R | ImageError]:
    """Work on all items at once but the errors among them, which keep their places."""
    items = list(items)
    results = iter(work([item for item in items if not isinstance(item, ImageError)]))
    return [item if isinstance(item, ImageError) else next(results) for item in items]


def files_made(model: str | Path | None) -> tuple[int, ...]:
    """When the model and the detector's file came, as both may be replaced; 0: not there."""
    paths = [yunet_file.yunet_path()]
    with suppress(ModelNotFoundError):
        paths.append(models.find(model) / models.CARD_FILE)
    return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Milliseconds since the lap before."""
        last, self._last = self._last, time.perf_counter()
        return (self._last - last) * 1000
