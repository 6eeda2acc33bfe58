"""The order of the labels: a list for each output, in which a choice exchanges two of them."""

from collections.abc import Sequence

import streamlit as st

from fer import emotions
from pages.models import keys


def choose_order(usual: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """A label for each output; the one that was chosen and the one that had it change places.

    Args:
        usual: The order to begin with, which decides the number of outputs.
        known: Labels to choose from; others can be typed.
    """
    order: list[str] = st.session_state.get(keys.ORDER) or []
    if len(order) != len(usual):
        order = st.session_state[keys.ORDER] = list(usual)
    st.caption(
        "Which label each output stands for, from the first to the last. Choosing one that another "
        "output has exchanges the two; a label that is not listed can be typed."
    )
    options = list(dict.fromkeys([*order, *known]))
    grid = st.grid(4, min_column_width=150, gap="small")
    for place, label in enumerate(order):
        key = f"{keys.LABEL}.{place}"
        st.session_state[key] = label
        grid.cell().selectbox(
            f"Output {place + 1}", options, key=key, accept_new_options=True,
            on_change=_exchange, args=(place,),
        )  # fmt: skip
    return tuple(order)


def _exchange(place: int) -> None:
    order: list[str] = st.session_state[keys.ORDER]
    chosen = (st.session_state[f"{keys.LABEL}.{place}"] or "").strip().lower()
    if not chosen:
        return
    if emotions.is_known(chosen):
        chosen = emotions.canonical(chosen)
    if chosen in order:
        order[order.index(chosen)] = order[place]
    order[place] = chosen
