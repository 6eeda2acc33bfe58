"""The list of training runs, and the comparison of the ticked ones."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from fer import runs
from fer.errors import FerError
from fer.runs.catalogue import measured_on_test
from fer.runs.run import FIGURES_FILE, Run, worked_s
from fer.training import tuning
from pages.common import errors
from pages.train import charts, keys
from pages.train.actions import show_actions
from pages.train.overview import STATE_SYMBOLS, Row

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_FIGURES = ("best validation", "test accuracy", "mean recall")


def show(rows: Sequence[Row]) -> None:
    """The list, and below it the actions on the chosen runs."""
    st.header("Runs", anchor=False)
    with st.container(horizontal=True):
        text = st.text_input(
            "Filter by name, notes, data set or network",
            key=keys.FILTER, placeholder="Filter …", label_visibility="collapsed",
        )  # fmt: skip
        states = st.multiselect(
            "States", list(STATE_SYMBOLS),
            key=keys.STATES, placeholder="All states", label_visibility="collapsed",
        )  # fmt: skip
    shown = [row for row in rows if _matches(row, text, states)]
    if not shown:
        st.caption("No run matches the filter.")
        return
    table = pd.DataFrame(map(_cells, shown))
    table = table if table["by"].any() else table.drop(columns="by")
    event = st.dataframe(
        _in_percent(table, _FIGURES),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=table_key(shown),
        column_config={
            "mean recall": st.column_config.NumberColumn(
                help="Mean of the recalls of all classes on the test split"
            ),
            "minutes": st.column_config.NumberColumn(
                format="%.1f", help="Time worked, without pauses"
            ),
            "started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", width=130),
        },
        placeholder="–",
        alt="Training runs",
    )
    chosen = [shown[place] for place in event["selection"]["rows"] if place < len(shown)]
    if not chosen:
        st.caption(
            "Tick one run to show, repeat, rename, add or delete it; tick several to compare them."
        )
    elif len(chosen) == 1:
        show_actions(chosen[0])
    else:
        show_comparison(chosen)


def _in_percent(table: pd.DataFrame, columns: Sequence[str]) -> "Styler":
    """The table with these columns as the figures of a run are written; they sort as numbers."""
    return table.style.format(dict.fromkeys(columns, "{:.1%}"), na_rep="–")


def table_key(rows: Sequence[Row]) -> str:
    """A different key for each list of runs, because a selection holds positions in a list."""
    return f"{keys.TABLE}.{hash(tuple(row.run.id for row in rows))}"


def _matches(row: Row, text: str, states: Sequence[str]) -> bool:
    words = [row.name, row.run.by, row.run.notes, *_network_and_dataset(row.run)]
    searched = " ".join(words).lower()
    return text.lower().strip() in searched and (not states or row.state in states)


@st.cache_data(max_entries=500, show_spinner=False)
def _network_and_dataset(run: Run) -> tuple[str, str]:
    try:
        config = run.config()
    except FerError:
        return "?", "?"
    return config.architecture, config.dataset


def _tested(run: Run) -> dict[str, float]:
    """As `measured_on_test`; the file is read again only after it has changed."""
    try:
        return _read(run, (run.folder / FIGURES_FILE).stat().st_mtime_ns)
    except OSError:  # there is none yet
        return {}


@st.cache_data(max_entries=500, show_spinner=False)
def _read(run: Run, changed: int) -> dict[str, float]:
    return measured_on_test(run)


def _cells(row: Row) -> dict[str, Any]:
    network, dataset = _network_and_dataset(row.run)
    status, started = row.status, row.status.get("started")
    seconds, figures = worked_s(status), _tested(row.run)
    return {
        "name": row.name,
        "state": STATE_SYMBOLS.get(row.state, row.state),
        "network": network,
        "data set": PurePath(dataset).name,
        "epochs": f"{status.get('finished_epochs', 0)}/{status.get('epochs', '?')}",
        "best validation": status.get("best_val_accuracy"),
        "test accuracy": figures.get("test_accuracy"),
        "mean recall": figures.get("test_mean_recall"),
        "minutes": None if seconds is None else seconds / 60,
        "started": datetime.fromtimestamp(started) if started else None,
        "by": row.run.by or None,
        "notes": row.run.notes or None,
    }


def show_comparison(rows: Sequence[Row]) -> None:
    st.subheader("Compared", anchor=False)
    names = charts.distinct([row.name for row in rows])
    try:
        differences = runs.comparison([row.run for row in rows])
    except FerError as error:
        errors.show(error)
        return
    charts.show_comparison(dict(zip(names, [row.run for row in rows], strict=True)))
    st.dataframe(
        pd.DataFrame.from_dict(differences, orient="index", columns=names)
        .astype(str)
        .rename_axis("figure or option"),
        alt="Figures of the compared runs, and the options in which they differ",
    )


def show_tuning() -> None:
    """The trials of a study, if there is any study."""
    names = tuning.studies()
    if not names:
        return
    st.header("Tuning", anchor=False)
    study = st.selectbox("Study", names, key=keys.STUDY)
    trials = pd.DataFrame(tuning.trials_of(study))
    st.dataframe(
        _in_percent(trials.sort_values("accuracy", ascending=False), ["accuracy"]),
        hide_index=True,
        placeholder="–",
        alt="Trials of the study, the best first",
    )
    st.caption("Accuracy on validation; no test split is used.")
