"""The model in use against the one that learnt from feedback, and the button that promotes."""

import time
from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from fer.feedback import promotion
from fer.feedback.store import Store
from fer.people import Action
from fer.runs.added import added_as
from fer.runs.run import Run
from fer.wording import counted, p_value, signed
from pages.common import errors, people
from pages.common.cache import Work
from pages.common.progress import Meter
from pages.feedback.deciding import choose_reviewer, reviewer

_COMPARED_WITHIN_S, _LOOKED_EVERY_S = 180.0, 2.0

TITLES = {
    promotion.FROZEN: "Frozen test",
    promotion.SINCE: "Frozen test, since before all corrections",
    promotion.HELD_OUT: "Held-out feedback",
    promotion.PHOTOS: "My photos",
}


def show_comparison(store: Store, run: Run) -> None:
    """The figures of both, once they are measured."""
    if promotion.is_in_use(run):
        st.markdown(":material/check: The model of this training is in use.")
        last = promotion.last_promotion(store)
        if last and added_as(run) == last.model_after:
            show_figures(last.figures)
        return
    compared = promotion.kept_comparison(run)
    if compared is None:
        _offer_comparison(run)
        return
    show_figures(compared)
    _offer_promotion(store, run, compared)


def show_figures(compared: Mapping[str, Any]) -> None:
    """A comparison as a table, with what its columns mean and what was not measured."""
    old, new = (errors.plain(compared[which]["name"]) for which in ("old", "new"))
    st.markdown(f"From **{old}** to **{new}**, on the same faces:")
    st.html(comparison_html(compared))
    st.caption(
        "The difference is new minus old on the same faces, in points, with its 95% interval. "
        "McNemar’s p is the chance of a difference in accuracy at least as large between two "
        "models that are equally good."
    )
    for part, found in compared["on"].items():
        if isinstance(found, str):
            st.caption(f"{TITLES[part]}: {errors.plain(found)}")


def _offer_comparison(run: Run) -> None:
    ended_s = time.time() - run.status().get("updated", 0)
    if ended_s < _COMPARED_WITHIN_S:
        st.fragment(partial(_await_comparison, run), run_every=_LOOKED_EVERY_S)()
    else:
        st.markdown(
            "These two were not compared yet: the model in use, and the one of this training."
        )
    if st.button("Compare them", icon=":material/compare_arrows:", key="feedback.compare"):
        errors.attempt(lambda: _comparing(run.id).result())


def _await_comparison(run: Run) -> None:
    """The process of a run compares its model when it has ended; the page shows that at once."""
    if promotion.kept_comparison(run):
        st.rerun()
    st.markdown(":material/hourglass_top: The new model is being compared with the one in use …")


@st.cache_resource(max_entries=4, show_spinner=False, validate=Work.is_usable)
def _comparing(run_id: str) -> Work[dict[str, Any]]:
    """The comparison at work, which all who want it share; its result is kept in the run."""
    from fer.runs import find
    from pages.common.predictors import import_keras

    def compare(meter: Meter) -> dict[str, Any]:
        import_keras()
        from fer.feedback import before_after

        def begin(what: str, noun: str) -> Meter:
            meter.begin(TITLES.get(what, what), noun)
            return meter

        return before_after.compare(find(run_id), begin=begin)

    return Work(compare, fresh_for_s=0.0)


def comparison_html(compared: Mapping[str, Any]) -> str:
    """A table of both models' figures by what they were measured on."""
    rows = "".join(
        f"<tr><th scope=row>{_measured_on(part, found)}</th>"
        f"<td>{_change(found, 'accuracy', 'difference')}</td>"
        f"<td>{_change(found, 'recall', 'recall_difference')}</td>"
        f"<td>{escape(p_value(found['p_value']))}</td></tr>"
        for part, found in compared["on"].items()
        if not isinstance(found, str)
    )
    return (
        "<table class=fer-figures><thead><tr><td></td><th scope=col>Accuracy</th>"
        "<th scope=col>Mean recall</th>"
        f"<th scope=col>McNemar’s p</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _measured_on(part: str, found: Mapping[str, Any]) -> str:
    since = f" (from {escape(found['first'])})" if part == promotion.SINCE else ""
    return f"{TITLES[part]}{since}, {counted(found['images'], 'face')}"


def _change(found: Mapping[str, Any], figure: str, difference: str) -> str:
    low, high = (signed(100 * end, 1) for end in found[f"{difference}_ci95"])
    return (
        f"{found[f'first_{figure}']:.1%} → <b>{found[f'second_{figure}']:.1%}</b>"
        f"<small>{signed(100 * found[difference], 1)} ({low} to {high})</small>"
    )


def _offer_promotion(store: Store, run: Run, compared: Mapping[str, Any]) -> None:
    for refusal in compared["refusals"]:
        st.error(errors.plain(f"It cannot be promoted. {refusal}"), icon=":material/block:")
    if compared["refusals"]:
        return
    st.markdown(
        ":material/check: The frozen test does not fall by more than its interval, so the new "
        "model may take the place of the old one."
    )
    if not people.allows(Action.MANAGE_MODELS):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_reviewer()
        if st.button(
            "Use the new model", icon=":material/rocket_launch:", type="primary",
            key="feedback.promote", disabled=not reviewer(),
            help=None if reviewer() else "Type your name first: it stands beside the promotion.",
        ):  # fmt: skip
            errors.attempt(partial(promotion.promote, store, run, compared, by=reviewer()))
