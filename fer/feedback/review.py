"""What a reviewer must know: equal faces, test faces, agreement, suspicious contributors.

A correction whose face equals a test face, or nearly so, is quarantined as soon as it is seen, and
for good: it may neither train nor measure, or the figures of a test would no longer count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fer.feedback import known_faces
from fer.feedback.contributors import contributors
from fer.feedback.faces import pixels_of, same_faces
from fer.feedback.known_faces import KnownFace, find_known
from fer.feedback.opinions import Agreement, agreement, faces_judged, table_of
from fer.feedback.records import Correction, Status
from fer.feedback.store import Store
from fer.progress import Progress


class Findings:
    """What follows from the verdicts, whatever was decided about them.

    Args:
        table: As `opinions.table_of` gives it.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    @cached_property
    def contributors(self) -> pd.DataFrame:
        """As `contributors.contributors` gives them."""
        return contributors(self._table)

    @cached_property
    def suspects(self) -> frozenset[str]:
        """The contributors who look careless or malicious."""
        rows = self.contributors
        return frozenset(rows.index[rows["suspicious"].astype(bool)])

    @cached_property
    def judged(self) -> pd.DataFrame:
        """As `opinions.faces_judged` gives it."""
        return faces_judged(self._table)

    @cached_property
    def agreement(self) -> Agreement:
        """How far people agree."""
        return agreement(self._table)


@dataclass(frozen=True, eq=False)
class Examined:
    """All corrections, and what was found about them.

    Attributes:
        version: That of the store when they were read.
        table: As `opinions.table_of` gives it.
        findings: Of the same corrections.
        data_sets: The `known_faces.state` that they were compared with.
        is_whole: Whether it holds all corrections of that version.
    """

    version: str
    table: pd.DataFrame
    findings: Findings
    data_sets: str
    is_whole: bool = True

    @property
    def suspects(self) -> frozenset[str]:
        """Those of the findings."""
        return self.findings.suspects

    @cached_property
    def contributors(self) -> pd.DataFrame:
        """Those of the findings, with the number of corrections by `Status`."""
        rows = self.findings.contributors
        counts = pd.crosstab(self.table["contributor"], self.table["status"]).reindex(rows.index)
        return rows.assign(**{str(status): counts.get(status, 0) for status in Status})

    def updated(self, store: Store, *, may_lack: bool = False) -> "Examined | None":
        """As `present`, but None if the faces have to be looked at again.

        Args:
            store: The store.
            may_lack: Whether it does not matter if corrections came in since, or a data set did.
        """
        now = self.present(store)
        is_complete = now.is_whole and now.data_sets == known_faces.state()
        return now if is_complete or may_lack else None

    def present(self, store: Store) -> "Examined":
        """The same corrections with their present status, without those that came in since."""
        version = store.version
        if version == self.version:
            return self
        now = pd.DataFrame(store.decisions(), columns=["id", *_DECIDED], dtype=object)
        is_left = self.table["id"].isin(now["id"])
        table = self.table[is_left].reset_index(drop=True)
        decided = now.set_index("id").loc[table["id"]].reset_index(drop=True)
        table = table.assign(**{name: decided[name] for name in _DECIDED})
        findings = self.findings if is_left.all() else Findings(table)
        return Examined(version, table, findings, self.data_sets, len(table) == len(now))


_DECIDED = ("status", "label", "reason", "held_out")


def examine(store: Store, *, progress: Progress | None = None) -> Examined:
    """Look at the faces of all corrections, and quarantine copies of test faces.

    Args:
        store: The store.
        progress: Called with corrections done and planned, then with data sets.

    Raises:
        FeedbackUnavailable: If the database cannot be used.
        DatasetError: If a data set of this machine is damaged.
    """
    version, data_sets = store.version, known_faces.state()
    corrections = store.corrections(with_larger_crops=False)
    pixels = pixels_of(corrections, progress=progress)
    hashes = np.array([one.face for one in corrections], dtype=object).astype(str)
    groups = same_faces(pixels, hashes)
    known = find_known(pixels, hashes, progress=progress)
    if _quarantine(store, corrections, groups, known):
        version = store.version
        corrections = store.corrections(with_crops=False)
    table = table_of(corrections, groups, known)
    return Examined(version, table, Findings(table), data_sets)


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
