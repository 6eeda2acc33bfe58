"""What one person contributed since the browser was opened: kept, or on its way to the store."""

import logging
import threading
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fer.errors import FeedbackError, FerError
from fer.feedback.asking import Question
from fer.feedback.keys import contributor_id, new_key
from fer.feedback.records import Correction
from fer.wording import counted

if TYPE_CHECKING:
    from fer.feedback.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A correction that the store has: its id, whose it is, and the person's verdict."""

    id: str
    contributor: str
    verdict: str

    @classmethod
    def of(cls, correction: Correction) -> "Kept":
        """The same of a correction."""
        return cls(correction.id, correction.contributor, correction.verdict)


class Contribution:
    """The corrections of one person; safe to share between threads.

    Nothing is opened or imported before the first `keep`.

    Attributes:
        key: The contributor's; "" before there is one.
        is_key_new: Whether the person has not noted it yet.
        kept: What the store has, by `Question.identity`.
        waiting: What the store could not take yet, by the same.
        problem: Why the store was not reached; None if it was.
    """

    def __init__(self, open_store: Callable[[], "Store"]) -> None:
        """Begin with nothing; `open_store` is called when something is to be kept."""
        self.key = ""
        self.is_key_new = False
        self.kept: dict[str, Kept] = {}
        self.waiting: dict[str, Correction] = {}
        self.problem: FerError | None = None
        self._open_store = open_store
        self._lock = threading.RLock()

    @property
    def words(self) -> str:
        """What it is, in words."""
        kept = f"{counted(len(self.kept), 'correction')} in the database" if self.kept else ""
        waiting = f"{counted(len(self.waiting), 'correction')} not sent yet" if self.waiting else ""
        key = "your key" if self.key else ""
        return ", ".join(filter(None, (key, kept, waiting)))

    @property
    def contributor(self) -> str:
        """The hash of the key, by which the store knows what is theirs.

        Raises:
            FeedbackError: If there is no key.
        """
        return contributor_id(self.key)

    @property
    def bytes_held(self) -> int:
        """About how much memory it takes."""
        waiting = list(self.waiting.values())
        return sum(len(one.crop) + len(one.larger_crop or b"") for one in waiting)

    def keep(self, question: Question, verdict: str, *, with_larger_crop: bool = False) -> None:
        """Store an answer, once; what the store cannot take waits, and `problem` has the reason.

        Raises:
            ImageError: If the larger crop cannot be made.
        """
        with self._lock:
            if question.identity in self.kept or question.identity in self.waiting:
                return
            if not self.key:
                self.key, self.is_key_new = new_key(), True
            self.waiting[question.identity] = question.correction(
                verdict, id=str(uuid.uuid4()), contributor=self.contributor,
                with_larger_crop=with_larger_crop,
            )  # fmt: skip
            self.send()

    def send(self) -> None:
        """Store what waits, the oldest first; `problem` has the reason where that fails."""
        with self._lock:
            try:
                store = self._open_store()
                for identity, correction in list(self.waiting.items()):
                    store.keep(correction)
                    self.kept[identity] = Kept.of(correction)
                    del self.waiting[identity]
            except FerError as error:
                _log.warning("A correction waits: %s", error)
                self.problem = error
            else:
                self.problem = None

    def take_back(self, question: Question) -> None:
        """Undo: what was kept is deleted, and what waits is never sent.

        Raises:
            FeedbackError: If the store cannot be reached; what it has is still there.
        """
        with self._lock:
            if waiting := self.waiting.pop(question.identity, None):
                with suppress(FeedbackError):  # it may have arrived, and only the answer got lost
                    self._open_store().take_back(waiting.id, waiting.contributor)
            if kept := self.kept.get(question.identity):
                self._open_store().take_back(kept.id, kept.contributor)
                del self.kept[question.identity]

    def use_key(self, key: str) -> None:
        """Keep what follows under an earlier key.

        Raises:
            FeedbackError: If it is empty.
        """
        contributor_id(key)  # refuses an empty one
        with self._lock:
            self.key, self.is_key_new = key.strip(), False

    def key_is_noted(self) -> None:
        """The person has noted the key; it is shown no more."""
        self.is_key_new = False

    def forget(self, ids: Collection[str]) -> None:
        """Forget corrections that were deleted, so that the faces can be asked about again."""
        with self._lock:
            self.kept = {key: one for key, one in self.kept.items() if one.id not in ids}
