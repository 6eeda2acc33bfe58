"""The card of one model."""

import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.models.card import ModelCard
from fer.models.readme import readme
from pages.common import errors, links, visitors
from pages.common.charts import bars_html
from pages.common.facts import facts_html
from pages.common.figures_table import figures_html
from pages.models import keys
from pages.models.actions import show_actions
from pages.models.cards import Entry, measured, origin, shape_text, size_text, test_figures
from pages.models.check import show_check
from pages.models.files import show_files


def show_card(entry: Entry) -> None:
    """Contract, figures, making and files of a model, and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(errors.plain(entry.name), anchor=False)
        if entry.is_default:
            st.badge("Used by default", icon=":material/star:", color="blue")
        if entry.is_shipped:
            st.badge("Came with the package", icon=":material/inventory_2:", color="gray")
        links.show_link("this model", {keys.MODEL: entry.name})
    card = entry.card
    if card is None:
        errors.show(FerError(entry.problem))
        show_actions(entry)
        return
    show_actions(entry)
    if card.is_unchecked:
        show_check(entry, card)
    facts = {
        "Classes": str(len(card.labels)),
        "Input": shape_text(card),
        "Parameters": f"{card.parameters:,}",
        "Multiply-adds": f"{card.multiply_adds / 1e6:.1f} million",
        "Size": size_text(entry.bytes),
        "Made": card.created[:10] or "–",
    }
    st.html(facts_html(facts))
    st.markdown("Classes by output: " + ", ".join(map(emotions.with_symbol, card.labels)))
    by = f" By {card.made_by}." if card.made_by else ""
    st.markdown(errors.plain(origin(card) + by))
    if visitors.are_local():
        st.caption(f"In `{entry.folder}`")
    show_figures(card)
    show_files(entry, card)
    with st.expander("The whole card", icon=":material/article:"):
        st.markdown(readme(card).partition("\n")[2].replace("\n## ", "\n#### "))


def show_figures(card: ModelCard) -> None:
    """Its figures with their intervals, and the recall of each class."""
    rows = measured(card)
    st.subheader("Figures", anchor=False)
    if not rows and not card.other_data:
        st.info("Nothing was measured yet. Evaluate it on a data set.")
        return
    _, tested = test_figures(card)
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.html(figures_html(card, rows))
        if "validation" in card.metrics:
            st.caption(
                "The epoch or the temperature was chosen on Validation, so its figures are "
                "optimistic. The small figures are 95% intervals."
            )
    if tested:
        recalls = {label: row["recall"] for label, row in tested["per_class"].items()}
        with right:
            st.caption("Recall: share of the test faces of each class that it recognises")
            st.html(bars_html(recalls))
