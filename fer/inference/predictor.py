"""Photo → faces → emotions."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fer import models
from fer.errors import DetectorError, ImageError, ModelNotFoundError, TooManyFacesError
from fer.faces import yunet_file
from fer.faces.alignment import Framing, frame_face
from fer.faces.detection import Detector, load_detector
from fer.faces.face import Face
from fer.faces.quality import measure
from fer.images import ImageSource, decode_first, to_network_input
from fer.importing import extras
from fer.inference.answer import FacePrediction, PhotoFaces, PhotoPrediction, by_label
from fer.inference.parallel import growing_groups, map_ordered
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.nets import explain
from fer.pixels import MAX_PIXELS


class _Decoded(NamedTuple):
    """The pixels of a photo, whether its file holds more, and how long decoding took."""

    pixels: np.ndarray
    is_first_of_several: bool
    decode_ms: float


GROUP = 8
"""Most photos whose faces are classified together."""


class Predictor:
    """A model and a face detector, ready for photos; safe to share between threads."""

    def __init__(self, model: Model, detector: Detector | None) -> None:
        """Combine a model and a detector; without one, each photo is one tight face."""
        self._model = model
        self._framing = Framing.from_dict(model.card.framing)
        self._detector = detector

    @classmethod
    def load(
        cls, model: str | Path | None = None, *, detector: str = "auto", form: str = "auto"
    ) -> "Predictor":
        """Load a model and a detector.

        Args:
            model: A model's name or folder; None for the default.
            detector: `auto` (the best one installed), `mtcnn`, `yunet`, or `none` for photos that
                are one tight face each.
            form: What to run, as `fer.models.load` takes it: `auto` is LiteRT where the model has
                it, which starts in a tenth of a second.

        Raises:
            ModelError: If the model cannot be loaded.
            DetectorError: If the detector is unknown or missing.
        """
        loaded = None if detector == "none" else load_detector(detector)
        return cls(models.load(model, form=form), loaded)

    @property
    def model(self) -> Model:
        """The model."""
        return self._model

    @property
    def card(self) -> ModelCard:
        """The model's contract and record."""
        return self._model.card

    @property
    def detector_name(self) -> str:
        """The name of the detector that searches the photos; `none` without one."""
        return self._detector.name if self._detector else "none"

    @property
    def detector(self) -> Detector:
        """The face detector.

        Raises:
            DetectorError: If the predictor was loaded without one.
        """
        if self._detector is None:
            raise DetectorError(
                "This predictor takes each photo as one face. To find faces, load it with the "
                "detector auto, yunet or mtcnn."
            )
        return self._detector

    def predict(
        self,
        image: ImageSource,
        *,
        whole_if_no_face: bool = False,
        min_face_px: int = 0,
        on_step: Callable[[str], None] = lambda step: None,
    ) -> PhotoPrediction:
        """Find the faces of one photo and name their emotions.

        Args:
            image: A path, the bytes of an image file, an open file, a PIL image, or pixels: an
                array or nested lists, RGB, RGBA or grey, 0–255 or floats of 0–1; see
                `fer.images.decode`.
            whole_if_no_face: Take the whole photo as one tight face where no face is found.
            min_face_px: Skip faces with a shorter side under this, in photo pixels.
            on_step: Called as a step begins: `decode`, `detect`, `classify`.

        Raises:
            ImageError: If the image cannot be used.
        """
        on_step("decode")
        photo = _timed_decode(image)
        on_step("detect")
        detected = self._detected(photo, whole_if_no_face, min_face_px)
        on_step("classify")
        [faces] = self._answered([detected])
        return PhotoPrediction(photo=photo.pixels, **vars(faces))

    def predict_many(
        self, images: Iterable[ImageSource], *, whole_if_no_face: bool = False, min_face_px: int = 0
    ) -> Iterator[PhotoFaces | ImageError]:
        """The faces of many photos, in their order; the arguments are those of `predict`.

        Groups of up to eight photos are worked on by all cores, and the network gets the faces of
        a group in one batch. Images are taken as they are needed; only one decoded photo for each
        core is in memory at a time.

        Yields:
            For each image its faces, or the error that explains why it cannot be used.
        """
        predict = partial(
            self.predict_group, whole_if_no_face=whole_if_no_face, min_face_px=min_face_px
        )
        # Small groups come first, so that a few photos keep all cores busy, too.
        yield from chain.from_iterable(map_ordered(predict, growing_groups(images, GROUP)))

    def predict_group(
        self,
        images: Sequence[ImageSource],
        *,
        whole_if_no_face: bool = False,
        min_face_px: int = 0,
        max_pixels: int = MAX_PIXELS,
        max_faces: int | None = None,
    ) -> list[PhotoFaces | ImageError]:
        """The faces of a few photos, in this thread; the network gets them in one batch.

        Args:
            images: As `predict` takes them.
            whole_if_no_face: As in `predict`.
            min_face_px: As in `predict`.
            max_pixels: Files with more pixels are refused before they are decoded.
            max_faces: Photos with more faces are refused; None for no limit.

        Returns:
            For each image its faces, or the error that explains why it cannot be used.
        """

        def detected(image: ImageSource) -> PhotoFaces | ImageError:
            try:
                photo = _timed_decode(image, max_pixels)
                return self._detected(photo, whole_if_no_face, min_face_px, max_faces)
            except ImageError as error:
                return error

        results = [detected(image) for image in images]
        answered = iter(self._answered([one for one in results if isinstance(one, PhotoFaces)]))
        return [one if isinstance(one, ImageError) else next(answered) for one in results]

    def frame(self, photo: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
        """Crop and align faces the way the network was trained.

        Args:
            photo: RGB, shape (h, w, 3), uint8.
            faces: Faces on it.

        Returns:
            Network input, shape (faces, height, width, channels), uint8.
        """
        height, width, _ = self.card.shape
        return self._inputs(
            [frame_face(photo, face, self._framing, height=height, width=width) for face in faces]
        )

    def classify(self, inputs: np.ndarray) -> np.ndarray:
        """Probabilities for the network input of `frame`, shape (faces, labels), float32."""
        return self._model.classify(inputs)

    def grad_cam(self, face: FacePrediction, label: str) -> np.ndarray:
        """Which pixels of a face support a label; see `fer.nets.explain.grad_cam`."""
        return explain.grad_cam(self._model.network, face.crop, self.card.labels.index(label))

    def _inputs(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        height, width, channels = self.card.shape
        inputs = np.empty((len(crops), height, width, channels), np.uint8)
        for i, crop in enumerate(crops):
            inputs[i] = to_network_input(crop, height=height, width=width, channels=channels)
        return inputs

    def _detected(
        self,
        photo: _Decoded,
        whole_if_no_face: bool,
        min_face_px: int,
        max_faces: int | None = None,
    ) -> PhotoFaces:
        """The faces of a photo, still without probabilities."""
        pixels = photo.pixels
        clock = _Clock()
        detected = self._detector.detect(pixels) if self._detector else []
        detect_ms = clock.lap()
        faces = [face for face in detected if min(face.box[2:]) >= min_face_px]
        if max_faces is not None and len(faces) > max_faces:
            raise TooManyFacesError(
                f"The image shows {len(faces):,} faces; at most {max_faces:,} are answered. Cut it "
                "into parts."
            )
        size = (pixels.shape[1], pixels.shape[0])
        places: list[dict[str, Any]] = [
            {"box": face.box, "score": face.score, "quality": measure(pixels, face)}
            for face in faces
        ]
        crops = self.frame(pixels, faces)
        if not faces and (self._detector is None or whole_if_no_face):
            whole = {"box": (0, 0, *size), "score": None, "quality": measure(pixels, None)}
            places, crops = [whole], self._inputs([pixels])
        timings = {"decode": photo.decode_ms, "detect": detect_ms, "align": clock.lap()}
        predictions = tuple(
            FacePrediction(
                number=number,
                **place,
                crop=crop,
                probabilities={},
                unreliable_because=place["quality"].unreliable_because,
            )
            for number, (place, crop) in enumerate(zip(places, crops, strict=True), start=1)
        )
        return PhotoFaces(
            size=size,
            detector=self.detector_name,
            faces=predictions,
            timings_ms=timings,
            is_first_of_several=photo.is_first_of_several,
        )

    def _answered(self, photos: Sequence[PhotoFaces]) -> list[PhotoFaces]:
        """The same photos with the probabilities of their faces."""
        clock = _Clock()
        crops = [face.crop for photo in photos for face in photo.faces]
        rows = iter(self.classify(np.stack(crops)) if crops else ())
        classify_ms = clock.lap() / max(len(photos), 1)
        return [
            replace(
                photo,
                faces=tuple(
                    replace(face, probabilities=by_label(self.card.labels, next(rows)))
                    for face in photo.faces
                ),
                timings_ms={**photo.timings_ms, "classify": classify_ms},
            )
            for photo in photos
        ]


@extras()
def predict_emotion(
    image: ImageSource, *, model: str | Path | None = None, detector: str = "auto"
) -> str | None:
    """The emotion on the largest face of a photo.

    None where there is no face, or the largest one is too small or too blurred to say.

    The arguments are those of `Predictor.predict` and `Predictor.load`. Model and detector stay
    loaded for the next call.

    Raises:
        FerError: If the image, the model or the detector cannot be used.
    """
    folder = models.find(model).resolve()
    faces = _loaded(folder, detector, files_made(folder)).predict(image).faces
    return faces[0].emotion if faces and faces[0].reliable else None


@lru_cache(maxsize=2)
def _loaded(model: Path, detector: str, made: tuple[int, ...]) -> Predictor:
    return Predictor.load(model, detector=detector)


def files_made(model: str | Path | None) -> tuple[int, ...]:
    """When the files of detector and model were written, as both may be replaced; 0 if missing."""
    paths = [yunet_file.yunet_path()]
    with suppress(ModelNotFoundError):
        paths.append(models.find(model) / models.CARD_FILE)
    return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in paths)


def _timed_decode(image: ImageSource, max_pixels: int = MAX_PIXELS) -> _Decoded:
    clock = _Clock()
    return _Decoded(*decode_first(image, max_pixels=max_pixels), clock.lap())


class _Clock:
    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Milliseconds since the start or the previous lap."""
        last, self._last = self._last, time.perf_counter()
        return (self._last - last) * 1000
