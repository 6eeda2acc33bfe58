"""What this page keeps for a visitor: photos with their results, answers and settings."""

from typing import Any

from fer.inference.album import Album
from fer.wording import counted
from pages.common.asking.question import Answers
from pages.common.visitors import shelf
from pages.predict import keys
from pages.predict.analysis import Analysis


class KeptPhotos(Album[Analysis]):
    """An album with what the visitor answered, which goes with the photos.

    Attributes:
        answers: The visitor's own.
        settings: Values of the page's widgets by key, for the time after a reload.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: Answers = {}
        self.settings: dict[str, Any] = {}

    def remove(self, key: str) -> None:
        """Remove a photo, its result and the answers about it."""
        super().remove(key)
        for place in [place for place in self.answers if place[0] == key]:
            del self.answers[place]

    def clear(self) -> None:
        """Remove all photos and answers."""
        super().clear()
        self.answers.clear()

    @property
    def words(self) -> str:
        """What it is, for `Shelf.words`."""
        photos = f"{counted(len(self), 'photo')} with results" if len(self) else ""
        given = sum(answer is not None for answer in self.answers.values())
        answers = counted(given, "answer of yours", "answers of yours") if given else ""
        return ", ".join(filter(None, (photos, answers, "your settings")))


def kept_photos() -> KeptPhotos:
    """Those of the visitor, which a change of page and a reload leave in place."""
    kept: KeptPhotos = shelf().setdefault(keys.ALBUM, KeptPhotos())
    return kept
