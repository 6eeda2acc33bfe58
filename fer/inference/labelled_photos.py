"""Labelled photos, `<emotion>/*.jpg`, and what a model answers for the largest face of each."""

import hashlib
from collections import Counter
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from fer import emotions
from fer.data import Dataset
from fer.errors import DatasetError, ImageError
from fer.faces.detection import Detector
from fer.faces.face import Face
from fer.images import SUFFIXES
from fer.inference.answer import FacePrediction, PhotoFaces
from fer.inference.predictor import Predictor
from fer.progress import Progress

NO_FACE = "no face found"

_EXPECTED = "expected a folder with one subfolder per emotion, such as happy/1.jpg and sad/2.jpg"

Stamp = tuple[str, int, int]
"""A photo's path, the time when it was written, and its size."""

Known = MutableMapping[Stamp, PhotoFaces | ImageError]


@dataclass(frozen=True, kw_only=True)
class LabelledPhotos:
    """Photos of a folder with what they show.

    Attributes:
        folder: The folder.
        labels: Label by path, relative to the folder with forward slashes.
        skipped: Reason by path of the files and folders that are not used.
    """

    folder: Path
    labels: dict[str, str]
    skipped: dict[str, str] = field(default_factory=dict)

    def stamps(self) -> dict[str, Stamp]:
        """What changes when a photo does, by its path."""
        return {path: _stamp(self.folder / path) for path in self.labels}

    def among(self, known: Sequence[str]) -> "LabelledPhotos":
        """Only the photos of these classes; the others are skipped."""
        lacking = {
            path: f"the model does not know the emotion '{label}'"
            for path, label in self.labels.items()
            if label not in known
        }
        labels = {path: label for path, label in self.labels.items() if path not in lacking}
        return LabelledPhotos(
            folder=self.folder, labels=labels, skipped={**self.skipped, **lacking}
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class AnsweredPhotos:
    """What a model answers for labelled photos.

    Attributes:
        photos: The photos of classes that the model has.
        results: By path the faces of those that could be read, largest first.
        skipped: Reason by path, those that could not be read among them.
        left_out: Number of photos skipped because the model lacks their class.
    """

    photos: LabelledPhotos
    results: dict[str, PhotoFaces]
    skipped: dict[str, str]
    left_out: int

    @property
    def largest(self) -> dict[str, FacePrediction | None]:
        """The largest face of each photo, by path; None where none was found."""
        return {path: next(iter(result.faces), None) for path, result in self.results.items()}

    @property
    def faces(self) -> dict[str, FacePrediction]:
        """Those of them that have a reliable answer."""
        return {path: face for path, face in self.largest.items() if face and face.reliable}

    @property
    def unanswered(self) -> list[dict[str, str]]:
        """The other photos: `path`, `label`, and the `reason` why there is no answer."""
        return [
            {
                "path": path,
                "label": self.photos.labels[path],
                "reason": face.unreliable_because if face else NO_FACE,
            }
            for path, face in self.largest.items()
            if not (face and face.reliable)
        ]

    @property
    def several(self) -> int:
        """Number of photos with more than one face."""
        return sum(len(result.faces) > 1 for result in self.results.values())

    def select(self, *, show: str = "", label: str = "", predicted: str = "") -> list[str]:
        """Paths of photos: the wrong ones, the most confident first, the unanswered, the right.

        Args:
            show: `wrong`, `unanswered` or `right` for these only.
            label: Only photos of this emotion.
            predicted: Only photos with this answer.
        """
        faces, labels = self.faces, self.photos.labels
        unanswered = [path for path in self.results if path not in faces]
        groups: dict[str, list[str]] = {"wrong": [], "unanswered": unanswered, "right": []}
        for path, face in faces.items():
            groups["right" if face.emotion == labels[path] else "wrong"].append(path)
        for name in ("wrong", "right"):
            groups[name].sort(key=lambda path: -faces[path].confidence)
        return [
            path
            for name, paths in groups.items()
            for path in paths
            if show in ("", name)
            and label in ("", labels[path])
            and (not predicted or (path in faces and faces[path].emotion == predicted))
        ]

    def to_dataset(self) -> tuple[Dataset, np.ndarray]:
        """The largest faces as the network saw them, and its answers, where they are reliable.

        Returns:
            A data set with one split, `test`, and probabilities in the order of the model's
            classes, shape (n, classes), float32.

        Raises:
        """
        faces = self.faces
        if not faces:
            reasons = Counter(photo["reason"] for photo in self.unanswered)
            counts = ", ".join(f"{reason} on {count}" for reason, count in reasons.items())
            raise DatasetError(
                f"None of the photos in '{self.photos.folder}' has an answer: {counts}. Try "
                "another detector, or photos with larger faces."
            )
        crops = np.stack([face.crop for face in faces.values()])
        labels = [self.photos.labels[path] for path in faces]
        index = pd.DataFrame(
            {
                "path": list(faces),
                "label": labels,
                "split": "test",
                "width": [self.results[path].size[0] for path in faces],
                "height": [self.results[path].size[1] for path in faces],
                "hash": [hashlib.sha256(crop).hexdigest() for crop in crops],
            }
        )
        dataset = Dataset(
            name=self.photos.folder.name or str(self.photos.folder),
            index=index,
            pixels=crops,
            labels=emotions.ordered(labels),
            split_rule="all photos are test photos",
        )
        answers = [list(face.probabilities.values()) for face in faces.values()]
        return dataset, np.array(answers, np.float32)


class RememberingDetector:
    """A detector that searches equal photos once, for several models on the same photos."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._known: dict[bytes, list[Face]] = {}
        self.name = detector.name

    def detect(self, photo: np.ndarray) -> list[Face]:
        """The faces of a photo, largest first (see `Detector`)."""
        key = hashlib.blake2b(np.ascontiguousarray(photo).data).digest()
        if key not in self._known:
            self._known[key] = self._detector.detect(photo)
        return self._known[key]


def labelled_photos(folder: Path) -> LabelledPhotos:
    """The photos below the folders that are named by an emotion or an alias of one.

    Everything else is skipped with a reason, except hidden files.

    Raises:
        DatasetError: If there is no such folder, or no photo in it.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        unpack = " Unpack it first." if folder.suffix.lower() in (".zip", ".tar", ".gz") else ""
        raise DatasetError(f"'{folder}' {what}; {_EXPECTED}.{unpack}")
    labels: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for entry in _entries(folder):
        if not entry.is_dir():
            skipped[entry.name] = "not in a folder that names its emotion"
        elif not emotions.is_known(entry.name):
            skipped[f"{entry.name}/"] = "its name is no emotion"
        else:
            _list(entry, emotions.canonical(entry.name), labels, skipped)
    if not labels:
        present = ", ".join(sorted(skipped)[:5]) + (", …" if len(skipped) > 5 else "")
        raise DatasetError(
            f"'{folder}' holds {present or 'nothing'}; {_EXPECTED}. The emotions are "
            f"{', '.join(emotions.ALL)}."
        )
    return LabelledPhotos(folder=folder, labels=labels, skipped=skipped)


def _list(folder: Path, label: str, labels: dict[str, str], skipped: dict[str, str]) -> None:
    try:
        files = _entries(folder)
    except DatasetError as error:
        skipped[f"{folder.name}/"] = str(error)
        return
    for file in files:
        path = f"{folder.name}/{file.name}"
        if file.is_dir():
            skipped[f"{path}/"] = "a folder inside that of an emotion"
        elif file.suffix.lower() not in SUFFIXES:
            skipped[path] = "not a photo in a format that can be read; save it as JPEG or PNG"
        else:
            labels[path] = label
    if not files:
        skipped[f"{folder.name}/"] = "empty"


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise DatasetError(
            f"The folder '{folder}' cannot be listed: {error.strerror}. Check that you may open it."
        ) from None


def answer_photos(
    predictor: Predictor,
    photos: LabelledPhotos,
    *,
    known: Known | None = None,
    progress: Progress | None = None,
) -> AnsweredPhotos:
    """Find and classify the faces of labelled photos.

    Args:
        predictor: The model and its detector.
        photos: Those of classes that the model lacks are skipped.
        known: Results of the same predictor that hold while their files are unchanged; new ones
            are added.
        progress: Called with photos done and photos planned.

    Raises:
        DatasetError: If no photo can be used.
    """
    judged = photos.among(predictor.card.labels)
    stamps = judged.stamps()
    known = {} if known is None else known
    todo = [path for path in judged.labels if stamps[path] not in known]
    done = len(stamps) - len(todo)
    results = predictor.predict_many(photos.folder / path for path in todo)
    for path, result in zip(todo, results, strict=True):
        known[stamps[path]] = result
        done += 1
        if progress:
            progress(done, len(stamps))
    answered = {path: known[stamp] for path, stamp in stamps.items()}
    errors = {
        path: str(result) for path, result in answered.items() if isinstance(result, ImageError)
    }
    usable = {
        path: result for path, result in answered.items() if not isinstance(result, ImageError)
    }
    skipped = {**judged.skipped, **errors}
    if not usable:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in list(skipped.items())[:3])
        raise DatasetError(
            f"None of the {len(photos.labels)} photos in '{photos.folder}' can be used ({reasons})."
            f" The model '{predictor.card.name}' knows {', '.join(predictor.card.labels)}."
        )
    left_out = len(photos.labels) - len(judged.labels)
    return AnsweredPhotos(photos=judged, results=usable, skipped=skipped, left_out=left_out)


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:  # reading it gives the reason
        return str(file), 0, 0
    return str(file), status.st_mtime_ns, status.st_size
