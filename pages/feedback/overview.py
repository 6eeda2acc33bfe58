"""The corrections as a whole: how many there are, when they came, and what they are about."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from fer import emotions
from fer.feedback.records import Status
from fer.wording import counted, in_chart, percent
from pages.common.asking.words import with_symbol
from pages.common.facts import facts_html
from pages.feedback import keys
from pages.feedback.opened import Opened
from pages.feedback.words import STATUSES

_SHADES = ("#E3E0F7", "#8F83E0")
"""From none to many; dark ink can be read on them in both themes."""
_NAMED_BARS = 6
# Okabe & Ito (2008), with a pattern for each, so that colour is never the only sign.
_COLORS = {
    Status.NEW: ("#0072B2", ""),
    Status.ACCEPTED: ("#009E73", "/"),
    Status.REJECTED: ("#D55E00", "x"),
    Status.QUARANTINED: ("#8C8C8C", "."),
}
_PLAIN = {"displayModeBar": False}
_MARGIN = {"t": 10, "b": 10, "l": 10, "r": 10}


def show_overview(opened: Opened) -> None:
    """Counts, agreement, the data set, a chart over time, and verdicts against answers."""
    table, found = opened.examined.table, opened.examined.findings.agreement
    counts = table["status"].value_counts()
    facts = {name: f"{int(counts.get(status, 0)):,}" for status, name in STATUSES.items()}
    facts["Contributors"] = f"{table['contributor'].nunique():,}"
    facts["Suspicious"] = f"{len(opened.examined.suspects):,}"
    st.html(facts_html(facts))
    _show_agreement(found.faces, found.unanimous, found.interval, found.alpha)
    _show_data_set(table)
    left, right = st.columns(2, gap="large")
    with left:
        st.header("When they came", anchor=False)
        _chart_over_time(table)
    with right:
        st.header("What people chose, and what the model answered", anchor=False)
        _chart_of_verdicts(table)


def _show_agreement(faces: int, unanimous: int, interval: list[float], alpha: float | None) -> None:
    if not faces:
        st.markdown("No face was judged by several people yet, so nothing shows how they agree.")
        return
    low, high = interval
    sentence = (
        f"Several people judged {counted(faces, 'face')}; on {unanimous:,} of them all chose the "
        f"same ({percent(unanimous / faces)}, 95% interval {low:.0%} to {high:.0%})."
    )
    if alpha is not None:
        sentence += f" Krippendorff’s alpha is {alpha:.2f}: 1 is full agreement, 0 is chance."
    st.markdown(sentence)
    st.button(
        "See what they dispute", icon=":material/forum:", key="feedback.disputed",
        on_click=_show_disputed,
    )  # fmt: skip


def _show_disputed() -> None:
    st.session_state[keys.VIEW] = "review"
    st.session_state[keys.FINDING] = "disputed"
    st.session_state[keys.STATUS] = ""
    st.session_state[keys.SORT] = "face"
    keys.BROWSER.restart()


def _show_data_set(table: pd.DataFrame) -> None:
    """How much of the accepted ones is there to learn from, and what is held out."""
    accepted = table[table["status"] == Status.ACCEPTED]
    if accepted.empty:
        st.caption(
            "Accepted corrections become the data set feedback, which Data and Train offer. "
            "None is accepted yet."
        )
        return
    held_out = int((accepted["held_out"] == True).sum())  # noqa: E712 - it may be None
    undecided = int(accepted["held_out"].isna().sum())
    sentence = (
        f"Of {counted(len(accepted), 'accepted correction')}, {held_out:,} are held out: they "
        "measure a model and train none. All of one contributor are on one side."
    )
    if undecided:
        sentence += f" {undecided:,} are no emotion, or still being sorted."
    st.markdown(sentence)
    with st.container(horizontal=True):
        for page, words, icon in (
            ("dataset", "See them as a data set", ":material/dataset:"),
            ("train", "Train on them", ":material/model_training:"),
        ):
            st.page_link(
                f"pages/{page}/page.py", label=words, icon=icon,
                query_params={"dataset.name": "feedback"} if page == "dataset" else None,
            )  # fmt: skip


def _chart_over_time(table: pd.DataFrame) -> None:
    when = pd.to_datetime(table["created"], utc=True)
    days = when.dt.floor("D")
    unit, written, step = "day", "%-d %b", pd.Timedelta(days=1)
    if days.nunique() < 2:
        days, unit, written = when.dt.floor("h"), "hour", "%H:%M UTC"
        step = pd.Timedelta(hours=1)
    counts = pd.crosstab(days, table["status"])
    figure = go.Figure(
        [
            go.Bar(
                name=STATUSES[status],
                x=counts.index,
                y=counts[status],
                width=0.9 * step / pd.Timedelta(1, "ms"),
                marker={"color": color, "pattern": {"shape": shape, "solidity": 0.35}},
                hovertemplate="%{x}: %{y:,} " + STATUSES[status].lower() + "<extra></extra>",
            )
            for status, (color, shape) in _COLORS.items()
            if status in counts
        ]
    )
    figure.update_layout(
        barmode="stack", height=340, margin=_MARGIN, legend={"orientation": "h", "y": 1.12},
        yaxis_title=f"corrections per {unit}",
        # With room beside the first and the last, or a single bar would be cut into milliseconds.
        xaxis={
            "range": [counts.index[0] - step, counts.index[-1] + step], "tickformat": written,
            "tickvals": counts.index if len(counts) <= _NAMED_BARS else None,
        },
    )  # fmt: skip
    st.plotly_chart(figure, key="feedback.time", config=_PLAIN, alt=f"Corrections by {unit}")
    with st.expander("As a table"):
        st.dataframe(counts.rename(columns=STATUSES), key="feedback.time.table")


def _chart_of_verdicts(table: pd.DataFrame) -> None:
    counts = pd.crosstab(table["verdict"], table["predicted"])
    rows, columns = emotions.ordered(counts.index), emotions.ordered(counts.columns)
    counts = counts.reindex(index=list(rows), columns=list(columns))
    cells = counts.to_numpy()
    names = [in_chart(with_symbol(name)) for name in rows]
    figure = go.Figure(
        go.Heatmap(
            z=np.sqrt(cells), x=[in_chart(with_symbol(name)) for name in columns], y=names,
            text=cells, texttemplate="%{text:,}", customdata=cells, showscale=False,
            colorscale=_SHADES, zmin=0, textfont_color="#14111F",
            hovertemplate="chose %{y}, model %{x}: %{customdata:,}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(
        height=340, margin=_MARGIN, xaxis_title="the model answered", yaxis_title="people chose",
        yaxis_autorange="reversed",
    )  # fmt: skip
    st.plotly_chart(
        figure, key="feedback.verdicts", config=_PLAIN,
        alt="How often people chose each verdict, by the model’s answer",
    )  # fmt: skip
    with st.expander("As a table"):
        st.dataframe(
            counts.rename(index=with_symbol, columns=with_symbol), key="feedback.verdicts.table"
        )
    same = int((table["verdict"] == table["predicted"]).sum())
    st.caption(
        f"{percent(same / len(table))} of the corrections confirm the model. People correct "
        "what looks wrong to them, so this is no accuracy."
    )
