"""What a model answers for the largest face of each labelled photo."""

import hashlib
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer import emotions
from fer.data import Dataset
from fer.errors import DatasetError, ImageError
from fer.faces.detection import Detector
from fer.faces.face import Face
from fer.inference.answer import NO_FACE, FacePrediction, PhotoFaces
from fer.inference.csv_log import one_line
from fer.inference.labelled_photos import LabelledPhotos, Stamp
from fer.inference.predictor import Predictor
from fer.progress import Progress

Known = MutableMapping[Stamp, PhotoFaces]
"""Results by stamp."""


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
            DatasetError: If no photo has a reliable answer.
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
            name=one_line(self.photos.folder.name or str(self.photos.folder)),
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
            are added, but not errors: a file can come back.
        progress: Called with photos done and photos planned.

    Raises:
        DatasetError: If no photo can be used.
    """
    judged = photos.among(predictor.card.labels)
    stamps = judged.stamps()
    known = {} if known is None else known
    before = dict(known)  # another thread may drop results
    answered = {path: before[stamp] for path, stamp in stamps.items() if stamp in before}
    skipped = dict(judged.skipped)
    todo = [path for path in stamps if path not in answered]
    results = predictor.predict_many(photos.folder / path for path in todo)
    for done, (path, result) in enumerate(zip(todo, results, strict=True), len(answered) + 1):
        if isinstance(result, ImageError):
            skipped[path] = str(result)
        else:
            known[stamps[path]] = answered[path] = result
        if progress:
            progress(done, len(stamps))
    usable = {path: answered[path] for path in stamps if path in answered}
    skipped = {one_line(path): one_line(reason) for path, reason in skipped.items()}
    if not usable:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in list(skipped.items())[:3])
        raise DatasetError(
            f"None of the {len(photos.labels)} photos in '{photos.folder}' can be used ({reasons})."
            f" The model '{predictor.card.name}' knows {', '.join(predictor.card.labels)}."
        )
    left_out = len(photos.labels) - len(judged.labels)
    return AnsweredPhotos(photos=judged, results=usable, skipped=skipped, left_out=left_out)
