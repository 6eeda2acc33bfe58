"""Who reviewed what."""

import pandas as pd
import streamlit as st

from fer.feedback.records import Review, Status, in_words
from fer.feedback.store import Store
from fer.wording import counted
from pages.common.pictures import png_uri
from pages.feedback.words import STATUSES, short

_SHOWN = 200
_WHEN = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm")


def show_history(store: Store) -> None:
    """The reviewers with their decisions, and the last reviews with their faces."""
    reviews = store.reviews()
    if not reviews:
        st.info("Nobody has reviewed a correction yet.", icon=":material/history:")
        return
    st.header("Reviewers", anchor=False)
    st.dataframe(
        _by_reviewer(reviews), key="feedback.reviewers", alt="Decisions by reviewer",
        column_config={"last": _WHEN},
    )  # fmt: skip
    last = reviews[: -_SHOWN - 1 : -1]
    st.header("Last reviews", anchor=False)
    st.caption(f"The last {len(last):,} of {counted(len(reviews), 'review')}.")
    st.dataframe(
        _rows(store, last),
        hide_index=True,
        key="feedback.reviews",
        row_height=48,
        alt="The last reviews",
        column_config={
            "face": st.column_config.ImageColumn(width="small"),
            "when": _WHEN,
        },
    )


def _by_reviewer(reviews: list[Review]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "reviewer": [one.reviewer for one in reviews],
            "decision": [STATUSES[one.decision] for one in reviews],
            "when": [one.when for one in reviews],
        }
    )
    counts = pd.crosstab(table["reviewer"], table["decision"])
    counts = counts.rename(columns={STATUSES[Status.NEW]: "Back to new"}).rename(columns=str.lower)
    return counts.join(table.groupby("reviewer")["when"].max().rename("last"))


def _rows(store: Store, reviews: list[Review]) -> pd.DataFrame:
    ids = {one.correction for one in reviews}
    read = store.corrections(ids=ids, with_larger_crops=False)
    found = {one.id: one for one in read}
    there = [(one, found[one.correction]) for one in reviews if one.correction in found]
    return pd.DataFrame(
        {
            "face": [png_uri(correction.crop) for _, correction in there],
            "when": [review.when for review, _ in there],
            "reviewer": [review.reviewer for review, _ in there],
            "decision": [STATUSES[review.decision] for review, _ in there],
            "as": [in_words(review.label) for review, _ in there],
            "they chose": [in_words(correction.verdict) for _, correction in there],
            "the model": [correction.answer for _, correction in there],
            "contributor": [short(correction.contributor) for _, correction in there],
            "reason": [review.reason for review, _ in there],
        }
    )
