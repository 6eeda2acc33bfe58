"""Who sent corrections, and whose look careless or malicious.

Three habits are compared with those of all others: the same verdict whatever the face, a verdict
that differs from everybody else's on the same face, and one that contradicts the model where it is
sure. An honest person's rate is not exactly that of all, so the chance of what was seen is that
under a beta-binomial distribution, in which rates vary between people. Few answers, or few people
to compare with, make nobody suspicious.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import betabinom, false_discovery_control

from fer.feedback.opinions import opinions
from fer.feedback.records import in_words
from fer.wording import counted, percent

SURE = 0.8
"""Confidence from which the model counts as sure."""

FALSE_ALARMS = 0.01
"""The share of the suspicions that may be wrong (Benjamini & Hochberg 1995)."""

HABITS = ("same", "people", "model")
"""Always the same verdict; against other people; against the model."""

_SPREAD = 20.0  # rates vary between people as if each were measured on so many faces


def contributors(table: pd.DataFrame) -> pd.DataFrame:
    """Everybody who sent corrections, the most suspicious first.

    Equal and nearly equal faces of one person count once, with the last verdict.

    Args:
        table: As `opinions.table_of` gives it.

    Returns:
        One row each, by contributor: `corrections`, `faces`, `first` and `last` (when),
        `verdict` (the most frequent), `suspicious` (whether a habit stands
        out), and for each of `HABITS`, after its name and an underscore: `faces` on which it could
        be seen, `times` that it was, `usual` (the rate expected of others, 0–1; NaN without
        others) and `chance` (of that many times or more for an honest person, 0–1).
    """
    if table.empty:
        return pd.DataFrame(columns=["suspicious"])
    given = _compared(opinions(table))
    groups = table.groupby("contributor")
    rows = pd.DataFrame(
        {
            "corrections": groups.size(),
            "faces": given.groupby("contributor").size(),
            "first": groups["created"].min(),
            "last": groups["created"].max(),
        }
    )
    rows = pd.concat(
        [
            rows,
            _same_verdict(given),
            _against(given, "people"),
            _against(given, "model"),
        ],
        axis=1,
    )
    chances = rows[[f"{habit}_chance" for habit in HABITS]].to_numpy()
    adjusted = false_discovery_control(chances.ravel()).reshape(chances.shape)
    rows["suspicious"] = (adjusted <= FALSE_ALARMS).any(axis=1)
    for at, habit in enumerate(HABITS):
        rows[f"{habit}_found"] = adjusted[:, at] <= FALSE_ALARMS
    order = np.lexsort([-rows["corrections"], chances.min(axis=1)])
    return rows.iloc[order]


def sentence(contributor: Any, habit: str) -> str:
    """What is known of a habit of a contributor, a row of `contributors`."""
    times, faces = int(contributor[f"{habit}_times"]), int(contributor[f"{habit}_faces"])
    usual = contributor[f"{habit}_usual"]
    others = "nobody to compare with" if np.isnan(usual) else f"others: {percent(usual)}"
    seen = f"{times:,} of {counted(faces, 'face')}"
    if habit == "same":
        verdict = in_words(str(contributor["verdict"]))
        return f"chose “{verdict}” for {seen} ({others})"
    if not faces:
        judged = "that others judged too" if habit == "people" else "of which the model was sure"
        return f"sent no face {judged}"
    if habit == "people":
        return f"chose otherwise than most others on {seen} that others judged too ({others})"
    return f"contradicted the model on {seen} of which it was sure ({others})"


def _compared(given: pd.DataFrame) -> pd.DataFrame:
    """Opinions with `people` and `model`: whether they are against these, NaN if they cannot be."""
    of_others = _most_of_others(given)
    against_people = (given["verdict"] != of_others).where(of_others != "")
    is_sure = given["confidence"] >= SURE
    against_model = (given["verdict"] != given["predicted"]).where(is_sure)
    return given.assign(people=against_people.astype(float), model=against_model.astype(float))


def _most_of_others(given: pd.DataFrame) -> pd.Series:
    """What most others chose for the same face, "" without others or where they are tied."""
    counts = pd.crosstab(given["group"], given["verdict"])
    verdicts = counts.columns.to_numpy(object)
    others = counts.loc[given["group"]].to_numpy(copy=True)
    others[np.arange(len(given)), counts.columns.get_indexer(pd.Index(given["verdict"]))] -= 1
    most = others.max(axis=1)
    is_clear = (most > 0) & ((others == most[:, None]).sum(axis=1) == 1)
    return pd.Series(np.where(is_clear, verdicts[others.argmax(axis=1)], ""), index=given.index)


def _same_verdict(given: pd.DataFrame) -> pd.DataFrame:
    """The commonest verdict, against how often others chose it where the model answered the same.

    Somebody whose photos are all of smiles is no suspect if the model sees smiles as well.
    """
    by_verdict = pd.crosstab(given["contributor"], given["verdict"])
    verdict, times = by_verdict.idxmax(axis=1), by_verdict.max(axis=1)
    faces = by_verdict.sum(axis=1)
    answers = given["predicted"].unique()
    own = pd.crosstab(given["contributor"], given["predicted"])[answers]
    commonest = given[given["verdict"] == given["contributor"].map(verdict)]
    own_chosen = pd.crosstab(commonest["contributor"], commonest["predicted"]).reindex(
        index=own.index, columns=answers, fill_value=0
    )
    chosen = pd.crosstab(given["verdict"], given["predicted"]).loc[verdict, answers].to_numpy()
    chose = chosen - own_chosen.to_numpy()  # of the others, by the model's answer
    seen = own.sum().to_numpy() - own.to_numpy()
    others = seen.sum(axis=1)
    overall = (chose.sum(axis=1) + 1) / (others + 2)
    rates = (chose + 2 * overall[:, None]) / (seen + 2)
    usual = pd.Series((rates * own.to_numpy()).sum(axis=1) / faces.to_numpy(), index=faces.index)
    kinds = max(2, len(by_verdict.columns))  # any of them could have been the commonest
    habit = _habit("same", times, faces, usual, others, kinds=kinds)
    return habit.assign(verdict=verdict)


def _against(given: pd.DataFrame, habit: str) -> pd.DataFrame:
    groups = given.groupby("contributor")[habit]
    times, faces = groups.sum(), groups.count()
    others = (faces.sum() - faces).to_numpy()
    usual = (times.sum() - times + 1) / (others + 2)
    return _habit(habit, times, faces, usual, others)


def _habit(
    name: str,
    times: pd.Series,
    faces: pd.Series,
    usual: pd.Series,
    others: np.ndarray,
    *,
    kinds: int = 1,
) -> pd.DataFrame:
    """The columns of a habit; `others` is on how many faces the others were seen.

    The rate of an honest person comes from a beta distribution around the usual one. It is as wide
    as rates vary between people, or wider where others gave too few answers to know the usual rate.
    """
    weight = np.minimum(others + 2.0, _SPREAD)
    tail = betabinom.sf(times - 1, faces, weight * usual, weight * (1 - usual))
    return pd.DataFrame(
        {
            f"{name}_times": times.astype(int),
            f"{name}_faces": faces,
            f"{name}_usual": usual.where(others > 0),
            f"{name}_chance": np.where(times > 0, np.clip(kinds * tail, 0, 1), 1.0),
        }
    )
