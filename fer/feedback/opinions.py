"""What people answered, as a table, and how far they agree on equal and nearly equal faces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fer.evaluation.intervals import wilson
from fer.feedback.known_faces import KnownFace
from fer.feedback.records import Correction

TOO_FEW = 2
"""Fewer people than this can neither agree nor disagree."""


def table_of(
    corrections: Sequence[Correction], groups: np.ndarray, known: Mapping[int, KnownFace]
) -> pd.DataFrame:
    """One row per correction, without its pixels.

    Args:
        corrections: In any order.
        groups: The number of each one's face, as `same_faces` gives it, shape (n,).
        known: What data sets hold of their faces, by position.

    Returns:
        The fields of the corrections that a review needs; `predicted` and `confidence` (0–1), the
        model's answer; `share` (0–1), what it gives the verdict, NaN if that is none of its
        labels; `group`; `known_in` and `known_label`, "" where no data set holds the face.
    """
    answers = [max(zip(one.probabilities, one.labels, strict=True)) for one in corrections]
    fields = (
        "id", "created", "contributor", "source", "model", "verdict", "face",
        "labels", "unreliable_because", "status", "label", "reason", "held_out",
    )  # fmt: skip
    columns: dict[str, object] = {
        name: [getattr(one, name) for one in corrections] for name in fields
    }
    columns["predicted"] = [label for _, label in answers]
    columns["confidence"] = np.array([share for share, _ in answers], float)
    columns["share"] = np.array([_share(one) for one in corrections], float)
    columns["group"] = groups
    places = [known.get(at) for at in range(len(corrections))]
    columns["known_in"] = [one.words if one else "" for one in places]
    columns["known_label"] = [one.label if one else "" for one in places]
    return pd.DataFrame(columns)


def _share(correction: Correction) -> float:
    shares = dict(zip(correction.labels, correction.probabilities, strict=True))
    return shares.get(correction.verdict, float("nan"))


def opinions(table: pd.DataFrame) -> pd.DataFrame:
    """What each person thinks of each face: the last verdict, however often they sent it."""
    ordered = table.sort_values("created", kind="stable")
    return ordered.drop_duplicates(["group", "contributor"], keep="last")


def faces_judged(table: pd.DataFrame) -> pd.DataFrame:
    """What people think of each face that several of them judged, by `group`.

    Returns:
        `people`, `verdict` (the most frequent; the first in the alphabet of several) and `for_it`,
        how many chose that.
    """
    counts = opinions(table).groupby(["group", "verdict"]).size().rename("for_it").reset_index()
    people = counts.groupby("group")["for_it"].sum().rename("people")
    leading = counts.sort_values(["group", "for_it", "verdict"], ascending=[True, False, True])
    judged = leading.drop_duplicates("group").set_index("group").join(people)
    return judged.loc[judged["people"] >= TOO_FEW, ["people", "verdict", "for_it"]]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far people agree.

    Attributes:
        faces: Faces that several people judged.
        unanimous: Those of them on which all chose the same.
        interval: Of that share, 95%, 0–1.
        alpha: Krippendorff's alpha for names (2004): 1 where all agree, 0 where they agree as
            often as by chance; None where nobody could differ.
    """

    faces: int
    unanimous: int
    interval: list[float]
    alpha: float | None


def agreement(table: pd.DataFrame) -> Agreement:
    """How far people agree on the faces that several of them judged."""
    judged = faces_judged(table)
    unanimous = int((judged["for_it"] == judged["people"]).sum())
    return Agreement(
        faces=len(judged),
        unanimous=unanimous,
        interval=wilson(unanimous, len(judged)),
        alpha=_alpha(opinions(table[table["group"].isin(judged.index)])),
    )


def _alpha(given: pd.DataFrame) -> float | None:
    counts = pd.crosstab(given["group"], given["verdict"]).to_numpy(float)
    people = counts.sum(axis=1)
    total = people.sum()
    # Ordered pairs of opinions that differ: on one face, weighted by its people; on any faces.
    differing = ((people**2 - (counts**2).sum(axis=1)) / np.maximum(people - 1, 1)).sum()
    by_chance = total**2 - (counts.sum(axis=0) ** 2).sum()
    return float(1 - (total - 1) * differing / by_chance) if by_chance else None
