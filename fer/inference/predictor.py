"""Photo → faces → emotions."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from fer import models
from fer.errors import DetectorError, ImageError, ModelNotFoundError
from fer.faces import yunet_file
from fer.faces.alignment import Framing, frame_face
from fer.faces.detection import Detector, load_detector
from fer.faces.face import Face
from fer.faces.quality import Quality, measure
from fer.images import decode, to_network_input
from fer.inference.answer import Box, by_label
from fer.inference.parallel import growing_groups, map_ordered
from fer.inference.prediction import FacePrediction, PhotoFaces, PhotoPrediction
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.nets import explain

_AT_ONCE = 8
"""Photos that are searched, and their faces named, together."""

_SEARCHED_PIXELS = 10_000_000
"""Fewer photos are searched together once they have this many pixels: they fill memory."""


class _Opened:
    """A decoded photo.

    Attributes:
        pixels: RGB, shape (height, width, 3), uint8.
        decode_ms: How long it took.
    """

    def __init__(self, image: Path | str | bytes | np.ndarray) -> None:
        clock = _Clock()
        self.pixels = decode(image)
        self.decode_ms = clock.lap()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Framed:
    """One photo's faces before the network has seen them; the photo itself is let go.

    Attributes:
        places: Box, detector's score and quality of each face; the latter two None where the
            whole picture was taken as the face.
        inputs: What the network will see, shape (n, height, width, channels), uint8.
    """

    size: tuple[int, int]
    places: list[tuple[Box, float | None, Quality | None]]
    inputs: np.ndarray
    timings_ms: dict[str, float]


class Predictor:
    """A model and a face detector, ready for photos; safe to share between threads."""

    def __init__(self, model: Model, detector: Detector | None) -> None:
        """Put a predictor together.

        Args:
            model: The network with its card.
            detector: Finds the faces; None where each picture is one tight face crop.
        """
        self._model = model
        self._detector = detector
        self._framing = Framing.from_dict(model.card.framing)

    @classmethod
    def load(
        cls, model: str | Path | None = None, *, detector: str = "auto", form: str = "auto"
    ) -> "Predictor":
        """Load a model and a detector.

        Args:
            model: A model's name or folder; None for the default.
            detector: `auto` (the best one that is there), `mtcnn`, `yunet`, or `none` for
                pictures that are one tight face crop each.
            form: What to run: `keras`, `litert`, `litert-int8`, or `auto` for LiteRT where the
                model has it, which starts in a tenth of a second.

        Raises:
            ModelError: If the model cannot be loaded.
            DetectorError: If the detector is unknown or missing.
        """
        finder = None if detector == "none" else load_detector(detector)
        return cls(models.load(model, form=form), finder)

    @property
    def card(self) -> ModelCard:
        """The model's contract and record."""
        return self._model.card

    def predict(
        self,
        image: Path | str | bytes | np.ndarray,
        *,
        whole_if_no_face: bool = False,
        min_face_px: int = 0,
    ) -> PhotoPrediction:
        """Find the faces of one photo and name their emotions.

        Args:
            image: A path, the bytes of an image file, or RGB or grey uint8 pixels.
            whole_if_no_face: Take the whole picture as one tight face where none is found.
            min_face_px: Faces with a shorter side under this, in photo pixels, are left out.

        Raises:
            ImageError: If the image cannot be used.
        """
        opened = _Opened(image)
        [found] = self._classified(self._framed([opened], whole_if_no_face, min_face_px))
        return PhotoPrediction(
            photo=opened.pixels, size=found.size, faces=found.faces, timings_ms=found.timings_ms
        )

    def predict_many(
        self,
        images: Iterable[Path | str | bytes | np.ndarray],
        *,
        whole_if_no_face: bool = False,
        min_face_px: int = 0,
    ) -> Iterator[PhotoFaces | ImageError]:
        """The faces of many photos, in their order, some photos at a time.

        Groups of up to eight photos are worked on on all cores: the network sees the faces of a
        group at once, and so does the detector where it gains by that. Decoded photos are held for
        as long as they are searched: a few for each core.

        Args:
            images: As in `predict`; taken as they are needed.
            whole_if_no_face: As in `predict`.
            min_face_px: As in `predict`.

        Yields:
            For each image its faces, or the error that says why it cannot be used.
        """

        def opened(image: Path | str | bytes | np.ndarray) -> _Opened | ImageError:
            try:
                return _Opened(image)
            except ImageError as error:
                return error

        def predicted(
            group: Sequence[Path | str | bytes | np.ndarray],
        ) -> list[PhotoFaces | ImageError]:
            framed: list[_Framed | ImageError] = []
            for photos in _together(map(opened, group)):
                good = [one for one in photos if isinstance(one, _Opened)]
                done = iter(self._framed(good, whole_if_no_face, min_face_px))
                framed += [next(done) if isinstance(one, _Opened) else one for one in photos]
            said = iter(self._classified([one for one in framed if isinstance(one, _Framed)]))
            return [next(said) if isinstance(one, _Framed) else one for one in framed]

        # Small groups come first, so that a few photos keep all cores busy, too.
        yield from chain.from_iterable(map_ordered(predicted, growing_groups(images, _AT_ONCE)))

    def find(self, photo: np.ndarray, *, min_face_px: int = 0) -> list[Face]:
        """The faces of a decoded photo, largest first.

        Args:
            photo: RGB, shape (h, w, 3), uint8.
            min_face_px: Faces with a shorter side under this are left out.

        Raises:
            DetectorError: If the predictor has no detector.
        """
        return [face for face in self.detector.detect(photo) if min(face.box[2:]) >= min_face_px]

    @property
    def detector(self) -> Detector:
        """What finds the faces.

        Raises:
            DetectorError: If each picture is taken as one face.
        """
        if self._detector is None:
            raise DetectorError(
                "This predictor takes each picture as one face. To find faces, load it with the "
                "detector auto, yunet or mtcnn."
            )
        return self._detector

    def classify(self, photo: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """Probabilities of faces on a decoded photo, shape (faces, labels), float32."""
        return self._model.classify(self._inputs([self._crop(photo, face) for face in faces]))

    def grad_cam(self, face: FacePrediction, label: str) -> np.ndarray:
        """What of a face spoke for a label; see `fer.nets.explain.grad_cam`."""
        return explain.grad_cam(self._model.network, face.crop, self.card.labels.index(label))

    def _framed(
        self, photos: Sequence[_Opened], whole_if_no_face: bool, min_face_px: int
    ) -> list[_Framed]:
        """Find and frame the faces of photos that are searched together."""
        clock = _Clock()
        pixels = [photo.pixels for photo in photos]
        finds = self._detector.detect_many(pixels) if self._detector else [[] for _ in photos]
        detect_ms = clock.lap() / max(len(photos), 1)
        framed = []
        for photo, faces in zip(photos, finds, strict=True):
            found = [face for face in faces if min(face.box[2:]) >= min_face_px]
            size = (photo.pixels.shape[1], photo.pixels.shape[0])
            places: list[tuple[Box, float | None, Quality | None]] = [
                (face.box, face.score, measure(photo.pixels, face)) for face in found
            ]
            crops = [self._crop(photo.pixels, face) for face in found]
            if not found and (self._detector is None or whole_if_no_face):
                places, crops = [((0, 0, *size), None, None)], [photo.pixels]
            inputs = self._inputs(crops)
            timings = {"decode": photo.decode_ms, "detect": detect_ms, "align": clock.lap()}
            framed.append(_Framed(size=size, places=places, inputs=inputs, timings_ms=timings))
        return framed

    def _crop(self, photo: np.ndarray, face: Face) -> np.ndarray:
        return frame_face(
            photo, face, self._framing, height=self.card.height, width=self.card.width
        )

    def _inputs(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        height, width, channels = self.card.height, self.card.width, self.card.channels
        inputs = np.empty((len(crops), height, width, channels), np.uint8)
        for i, crop in enumerate(crops):
            inputs[i] = to_network_input(crop, height=height, width=width, channels=channels)
        return inputs

    def _classified(self, photos: Sequence[_Framed]) -> list[PhotoFaces]:
        if not photos:
            return []
        clock = _Clock()
        rows = iter(self._model.classify(np.concatenate([photo.inputs for photo in photos])))
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


def _together(
    photos: Iterable[_Opened | ImageError],
) -> Iterator[list[_Opened | ImageError]]:
    """Photos in groups that do not fill memory."""
    group: list[_Opened | ImageError] = []
    pixels = 0
    for one in photos:
        group.append(one)
        pixels += one.pixels.size // 3 if isinstance(one, _Opened) else 0
        if pixels >= _SEARCHED_PIXELS:
            yield group
            group, pixels = [], 0
    if group:
        yield group


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
