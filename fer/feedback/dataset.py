"""The data set `feedback`: the accepted corrections, a third of which only measures."""

from pathlib import Path

import numpy as np
import pandas as pd

from fer.data.corrections import AcceptedFace, write_accepted
from fer.data.locking import locked
from fer.data.registry import feedback_file
from fer.errors import DatasetError
from fer.feedback import known_faces
from fer.feedback.records import Status, Verdict
from fer.feedback.review import Examined, examine
from fer.feedback.store import Store
from fer.feedback.traces import LOCK, taking_out
from fer.files import write_text, writing
from fer.progress import Progress

HELD_OUT = 1 / 3
"""The share of the accepted corrections that is held out, as near as whole contributors allow."""

_LEFT_OUT = "held out, but equal or nearly equal to a face that somebody else sent to learn from"


def is_published(store: Store) -> bool:
    """Whether it is that of the store, compared with the data sets, as these are now."""
    try:
        written = _version_file().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return written == _version(store.version, known_faces.state())


def _version_file() -> Path:
    """Holds what the data set was made from."""
    return feedback_file().with_name("version.txt")


def _version(of_store: str, data_sets: str) -> str:
    return f"{of_store} {data_sets}"


def publish(
    store: Store, *, examined: Examined | None = None, progress: Progress | None = None
) -> int:
    """Write the data set `feedback` anew, and return the number of its faces.

    Copies of test faces are quarantined first. All corrections of one contributor are on one side,
    for good: a contributor is held out as a whole if that brings the share nearer to a third. A
    held-out face that is also among those to learn from measures nothing and is left out.

    Args:
        store: The store.
        examined: The result of `review.examine`, if it is at hand.
        progress: As for that.

    Raises:
        FeedbackUnavailable: If the database cannot be used.
        DatasetError: If the data set cannot be written.
    """
    file = feedback_file()
    # Without the lock, for which whoever deletes waits: it takes minutes for a new data set.
    now = (examined and examined.updated(store)) or examine(store, progress=progress)
    with locked(file.parent / LOCK), writing(file.parent, DatasetError):
        now = now.present(store)
        while _decide_sides(store, now.table):
            now = now.present(store)
        faces = _accepted(store, now.table)
        with taking_out({face.id for face in faces}):
            if any(not face.reason for face in faces):
                write_accepted(file, faces)
            else:
                file.unlink(missing_ok=True)
        write_text(_version_file(), _version(now.version, now.data_sets) if now.is_whole else "")
        return sum(not face.reason for face in faces)


def _usable(table: pd.DataFrame) -> pd.DataFrame:
    """The corrections that are accepted as an emotion."""
    is_emotion = ~table["label"].isin(["", *Verdict])
    return table[(table["status"] == Status.ACCEPTED) & is_emotion]


def _decide_sides(store: Store, table: pd.DataFrame) -> bool:
    """Decide the side of accepted corrections that have none; whether there were any."""
    accepted = _usable(table)
    undecided = accepted[accepted["held_out"].isna()]
    if undecided.empty:
        return False
    decided = table[table["held_out"].notna()]
    sides = dict(zip(decided["contributor"], decided["held_out"].astype(bool), strict=True))
    settled = accepted[accepted["held_out"].notna()]
    counts = {True: int((settled["held_out"] == True).sum()), False: 0}  # noqa: E712
    counts[False] = len(settled) - counts[True]
    chosen: dict[bool, list[str]] = {True: [], False: []}
    for contributor, theirs in undecided.groupby("contributor", sort=False):
        if contributor not in sides:
            total = counts[True] + counts[False] + len(theirs)
            with_them = abs((counts[True] + len(theirs)) / total - HELD_OUT)
            sides[contributor] = with_them < abs(counts[True] / total - HELD_OUT)
        chosen[sides[contributor]] += theirs["id"].tolist()
        counts[sides[contributor]] += len(theirs)
    for side, ids in chosen.items():
        if ids:
            store.hold_out(ids, held_out=side)
    return True


def _accepted(store: Store, table: pd.DataFrame) -> list[AcceptedFace]:
    usable = _usable(table)
    is_held_out = usable["held_out"].astype(bool)
    learnt = set(usable.loc[~is_held_out, "group"])
    is_left_out = (is_held_out & usable["group"].isin(learnt)).to_numpy()
    read = store.corrections(ids=usable["id"].tolist(), with_larger_crops=False)
    crops = {one.id: one.crop for one in read}
    faces = usable[["id", "label", "contributor", "face"]].assign(
        split=np.where(is_held_out, "test", "train"),
        reason=np.where(is_left_out, _LEFT_OUT, ""),
    )
    return [
        AcceptedFace(
            id=row["id"],
            label=row["label"],
            split=row["split"],
            subject=row["contributor"],
            hash=row["face"],
            reason=row["reason"],
            image=b"" if row["reason"] else crops[row["id"]],
        )
        for row in faces.to_dict("records")
        if row["id"] in crops  # or it was deleted meanwhile
    ]
