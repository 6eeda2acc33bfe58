"""What a reviewer must know: equal faces, test faces, agreement, suspicious contributors.

A correction whose face equals a test face, or nearly so, is quarantined as soon as it is seen, and
for good: it may neither train nor measure, or the figures of a test would no longer count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fer.feedback.contributors import contributors
from fer.feedback.faces import pixels_of, same_faces
from fer.feedback.known_faces import KnownFace, find_known
from fer.feedback.opinions import Agreement, agreement, faces_judged, table_of
from fer.feedback.records import Correction, Status
from fer.feedback.store import Store
from fer.progress import Progress


@dataclass(frozen=True, eq=False)
class Examined:
    """All corrections, and what was found about them.

    Attributes:
        version: That of the store when they were read.
        table: As `opinions.table_of` gives it.
    """

    version: str
    table: pd.DataFrame

    @cached_property
    def contributors(self) -> pd.DataFrame:
        """As `contributors.contributors` gives them."""
        return contributors(self.table)

    @cached_property
    def suspects(self) -> frozenset[str]:
        """The contributors who look careless or malicious."""
        rows = self.contributors
        return frozenset(rows.index[rows["suspicious"].astype(bool)])

    @cached_property
    def judged(self) -> pd.DataFrame:
        """As `opinions.faces_judged` gives it."""
        return faces_judged(self.table)

    @cached_property
    def agreement(self) -> Agreement:
        """How far people agree."""
        return agreement(self.table)

    def updated(self, store: Store) -> "Examined | None":
        """The same corrections with their present status; None if they are not the same any more.

        This looks at no face.
        """
        version = store.version
        if version == self.version:
            return self
        ids, *decided = zip(*store.decisions(), strict=True)
        if list(ids) != self.table["id"].tolist():
            return None
        columns = dict(
            zip(("status", "label", "reason", "held_out"), map(list, decided), strict=True)
        )
        return Examined(version, self.table.assign(**columns))


def examine(store: Store, *, progress: Progress | None = None) -> Examined:
    """Look at the faces of all corrections, and quarantine copies of test faces.

    Args:
        store: The store.
        progress: Called with corrections done and planned, then with data sets.

    Raises:
        FeedbackUnavailable: If the database cannot be used.
        DatasetError: If a data set of this machine is damaged.
    """
    version = store.version
    corrections = store.corrections()
    pixels = pixels_of(corrections, progress=progress)
    hashes = np.array([one.face for one in corrections], dtype=object).astype(str)
    groups = same_faces(pixels, hashes)
    known = find_known(pixels, hashes, progress=progress)
    if _quarantine(store, corrections, groups, known):
        version = store.version
        corrections = store.corrections(with_crops=False)
    return Examined(version, table_of(corrections, groups, known))


def _quarantine(
    store: Store,
    corrections: Sequence[Correction],
    groups: np.ndarray,
    known: Mapping[int, KnownFace],
) -> bool:
    """Quarantine copies of test faces, and their copies; whether there was any to quarantine."""
    reasons = {
        int(groups[at]): one.reason
        for at, one in enumerate(corrections)
        if one.status == Status.QUARANTINED
    } | {
        int(groups[at]): f"the same face as one in {face.words}, or nearly so"
        for at, face in known.items()
        if face.is_test
    }  # fmt: skip
    found: dict[str, list[str]] = {}
    for one, group in zip(corrections, groups.tolist(), strict=True):
        if group in reasons and one.status != Status.QUARANTINED:
            found.setdefault(reasons[group], []).append(one.id)
    for reason, ids in found.items():
        store.quarantine(ids, reason)
    return bool(found)


def reject_all_of(store: Store, contributor: str, *, reviewer: str, reason: str) -> int:
    """Reject everything that a contributor sent, whatever was decided before; how many.

    Raises:
        FeedbackError: If no reviewer is named.
    """
    theirs = store.corrections(contributor=contributor, with_crops=False)
    undecided = [one.id for one in theirs if one.status in (Status.NEW, Status.ACCEPTED)]
    return store.review(undecided, decision=Status.REJECTED, reviewer=reviewer, reason=reason)
