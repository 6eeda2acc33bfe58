"""All models in a table, and some of them side by side."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from fer import emotions
from fer.models.card import ModelCard
from fer.wording import counted
from pages.common import errors
from pages.models.cards import Entry, measured, origin, shape_text, size_text, test_figures

_SHARE = st.column_config.NumberColumn(format="%.1f%%")


def show_overview(there: Sequence[Entry]) -> None:
    """A row for each model: none of the figures stands alone."""
    table = pd.DataFrame(map(_row, there))
    if not table["state"].any():
        table = table.drop(columns="state")
    st.dataframe(
        table,
        hide_index=True,
        placeholder="–",
        alt="All models with their figures",
        column_config={
            "parameters": st.column_config.NumberColumn(format="localized"),
            "accuracy": _SHARE,
            "mean recall": st.column_config.NumberColumn(
                format="%.1f%%", help="The mean of the recalls of all classes"
            ),
            "calibration error": st.column_config.NumberColumn(
                format="%.1f%%", help="How far confidence is from being right, on average"
            ),
            "on": st.column_config.TextColumn(help="The test that these figures are from"),
        },
    )
    st.caption(
        f"{counted(len(there), 'model')}. ★ is used where none is named. The figures are of each "
        "model's own test; compare models on the same faces on Evaluate."
    )


def _row(entry: Entry) -> dict[str, Any]:
    name = f"★ {entry.name}" if entry.is_default else entry.name
    card = entry.card
    if card is None:
        return {"model": name, "state": "damaged"}
    where, figures = test_figures(card)
    return {
        "model": name,
        "state": "never checked" if card.is_unchecked else "",
        "classes": len(card.labels),
        "input": shape_text(card),
        "parameters": card.parameters,
        "accuracy": _percent(figures, "accuracy"),
        "mean recall": _percent(figures, "balanced_accuracy"),
        "calibration error": _percent(figures, "ece"),
        "on": f"{where}, n {figures['images']:,}" if figures else None,
        "size": size_text(entry.bytes),
    }


def _percent(figures: dict[str, Any], key: str) -> float | None:
    return None if figures.get(key) is None else 100 * figures[key]


def show_comparison(chosen: Sequence[Entry]) -> None:
    """Facts and figures of several models, a column each."""
    st.header("Compared", anchor=False)
    columns = {entry.name: _facts(entry, entry.card) for entry in chosen if entry.card}
    table = pd.DataFrame(columns).fillna("–").rename_axis("fact or figure")
    st.dataframe(
        table, alt=f"Comparison of {', '.join(columns)}", height="content",
        column_config={"_index": st.column_config.TextColumn(width=270)},
    )  # fmt: skip
    first, *others = columns
    for other in others:
        if set(chosen[0].card.labels if chosen[0].card else ()) == set(
            next(entry.card.labels for entry in chosen if entry.name == other and entry.card)
        ):
            st.page_link(
                "pages/evaluate/page.py",
                label=f"Compare {errors.plain(first)} and {errors.plain(other)} on the same faces",
                icon=":material/compare_arrows:",
                query_params={
                    "evaluate.model": first, "evaluate.tab": "Comparison", "evaluate.other": other,
                },
            )  # fmt: skip


def _facts(entry: Entry, card: ModelCard) -> dict[str, str]:
    facts = {
        "classes": ", ".join(card.labels),
        "input": shape_text(card),
        "parameters": f"{card.parameters:,}",
        "multiply-adds": f"{card.multiply_adds / 1e6:.1f} million",
        "size": size_text(entry.bytes),
        "made": origin(card),
    }
    rows = {**measured(card), **{row["name"]: row for row in card.other_data}}
    for where, row in rows.items():
        low, high = row.get("accuracy_ci95") or (None, None)
        interval = f" ({low:.1%} to {high:.1%})" if low is not None else ""
        facts[f"accuracy, {where}"] = f"{row['accuracy']:.1%}{interval}, n {row['images']:,}"
        for key, name in (("balanced_accuracy", "mean recall"), ("ece", "calibration error")):
            if row.get(key) is not None:
                facts[f"{name}, {where}"] = f"{row[key]:.1%}"
    _, tested = test_figures(card)
    for label, one in tested.get("per_class", {}).items():
        facts[f"recall of {emotions.with_symbol(label)}"] = f"{one['recall']:.1%}"
    return facts
