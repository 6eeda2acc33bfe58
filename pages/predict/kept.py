"""What this page keeps for a visitor: photos with their results, answers and settings."""

from typing import Any

from fer.feedback.records import Verdict
from fer.inference.album import Album
from fer.wording import counted
from pages.common.asking.question import Answers
from pages.common.visitors import shelf
from pages.predict import keys
from pages.predict.analysis import Analysis, Settings


class KeptPhotos(Album[Analysis]):
    """An album with what the visitor answered, which goes with the photos.

    Attributes:
        answers: The visitor's own, under the settings of `take_answers`.
        settings: Values of the page's widgets by key, for the time after a reload.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: Answers = {}
        self._answers: dict[Settings, Answers] = {}
        self._answered_with: Settings | None = None
        self.settings: dict[str, Any] = {}

    def take_answers(self, settings: Settings) -> None:
        """Take the answers that were given under these settings.

        An answer is about what a model answered for a face that a detector found. So with another
        detector it counts no more, and with another model only an emotion does: that is true of
        the same face whatever was answered.
        """
        before = self._answered_with
        if settings == before:
            return
        answers = self._answers.setdefault(settings, {})
        if before and (before.detector, before.options) == (settings.detector, settings.options):
            for place, verdict in self.answers.items():
                if verdict and verdict not in set(Verdict) and not answers.get(place):
                    answers[place] = verdict
        self.answers, self._answered_with = answers, settings

    def remove(self, key: str) -> None:
        """Remove a photo, its result and the answers about it."""
        super().remove(key)
        for answers in (self.answers, *self._answers.values()):
            for place in [place for place in answers if place[0] == key]:
                del answers[place]

    def clear(self) -> None:
        """Remove all photos and answers."""
        super().clear()
        for answers in (self.answers, *self._answers.values()):
            answers.clear()

    @property
    def words(self) -> str:
        """What it is, for `Shelf.words`."""
        photos = f"{counted(len(self), 'photo')} with results" if len(self) else ""
        given = {
            place
            for answers in (self.answers, *self._answers.values())
            for place, verdict in answers.items()
            if verdict is not None
        }
        answers = counted(len(given), "answer of yours", "answers of yours") if given else ""
        return ", ".join(filter(None, (photos, answers, "your settings")))


def kept_photos() -> KeptPhotos:
    """Those of the visitor, which a change of page and a reload leave in place."""
    kept: KeptPhotos = shelf().setdefault(keys.ALBUM, KeptPhotos())
    return kept
