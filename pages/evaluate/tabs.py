"""The tabs of an evaluation: its faces, and everything else that is known of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.evaluation.calibration import coverage_curve
from fer.evaluation.charts import coverage_chart
from fer.evaluation.comparison import compare
from fer.evaluation.label_errors import listed_errors
from fer.evaluation.report import as_json
from fer.evaluation.report_html import html
from fer.evaluation.slices import slice_name
from fer.nets.explain import heat_on_face
from fer.wording import counted
from pages.common import errors
from pages.common.downloads import csv_of, download
from pages.common.pictures import Picture, data_uri, pictures_html
from pages.common.verdicts import in_percent
from pages.evaluate import keys
from pages.evaluate.calibration import calibration
from pages.evaluate.comparison import comparison, other_models
from pages.evaluate.evaluated import Evaluation
from pages.evaluate.explore import explore
from pages.evaluate.faces import FACES_TAB, show_only

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_NAME_PX, _NUMBER_PX, _PAIR_PX = 104, 60, 160
_SLICES_PX = 480
_FACES = st.column_config.NumberColumn(format="localized", width=_NUMBER_PX)
_BAR = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100, width=64)
_LISTED = 200
_PLAIN = {"displayModeBar": False}
_NO_ONE = "no comparison"


def show_tabs(evaluated: Evaluation) -> None:
    """Draw the tab that is open, and only that one."""
    shown: dict[str, Callable[[Evaluation], None]] = {
        FACES_TAB: st.fragment(explore),  # so that a click on a cell draws nothing else again
        "Per class": per_class,
        "Comparison": comparison,
        "Report": report,
        "Label errors": doubts,
        "Slices": slices,
        "Calibration": calibration,
        "Thresholds": thresholds,
        "Attention": attention,
    }
    tabs = st.tabs(list(shown), key=keys.TAB, on_change="rerun", bind="query-params")
    for tab, draw in zip(tabs, shown.values(), strict=True):
        if tab.open:
            with tab:
                try:
                    draw(evaluated)
                except FerError as error:
                    errors.show(error)


def show_table(table: "pd.DataFrame | Styler", alt: str, **columns: Any) -> None:
    """A table that fits a phone; columns are as `st.dataframe` takes their configuration."""
    st.dataframe(table, hide_index=True, column_config=columns, alt=alt)


def per_class(evaluated: Evaluation) -> None:
    figures = evaluated.figures
    classes = [
        {
            "class": emotions.with_symbol(label),
            "faces": row["support"],
            "precision": 100 * row["precision"],
            "recall": 100 * row["recall"],
            "F1": 100 * row["f1"],
        }
        for label, row in figures["per_class"].items()
    ]
    shares = dict.fromkeys(("precision", "recall", "F1"), _BAR)
    name = st.column_config.TextColumn(width=_NAME_PX)
    show_table(
        pd.DataFrame(classes), "Figures by class", **{"class": name, "faces": _FACES}, **shares
    )
    names = {
        "weighted_f1": "Weighted F1", "top2_accuracy": "Top-2 accuracy", "kappa": "Cohen's kappa",
        "matthews": "Matthews", "roc_auc": "ROC AUC", "log_loss": "Log loss (nats)",
        "brier": "Brier score (0–2)",
    }  # fmt: skip
    others = [{"figure": name, "value": figures[key]} for key, name in names.items()]
    st.caption("Over all classes:")
    decimals = st.column_config.NumberColumn(format="%.3f")
    show_table(pd.DataFrame(others), "Further figures", value=decimals)


def thresholds(evaluated: Evaluation) -> None:
    frame = evaluated.table.frame
    curve = coverage_curve(frame["confidence"].to_numpy(), frame["correct"].to_numpy(bool))
    threshold = st.slider(
        "Answer “not sure” below this confidence, %", 0, 99, 50,
        key=keys.THRESHOLD, bind="query-params",
    )  # fmt: skip
    here = curve[threshold]
    if here["images"]:
        answered = f"**{here['coverage']:.1%}** of the faces get an answer"
        st.markdown(f"{answered}, and **{here['accuracy']:.1%}** of these answers are right.")
    else:
        st.markdown("No face gets an answer.")
    st.plotly_chart(
        coverage_chart(curve, threshold=threshold), config=_PLAIN, alt="Accuracy by coverage"
    )


def slices(evaluated: Evaluation) -> None:
    rows = evaluated.slice_rows
    if not rows:
        st.info("No slice has 20 faces.")
        return
    st.caption(
        "Accuracy with its 95% Wilson interval, the worst first. Click a slice to see its faces."
    )
    with st.container(key=keys.SLICES, height=_SLICES_PX, gap="xxsmall"):
        for number, row in enumerate(rows):
            low, high = row["accuracy_ci95"]
            name = errors.plain(slice_name(row["by"], row["value"]))
            st.button(
                f"**{row['accuracy']:.1%}** ({low:.1%} to {high:.1%}) · {name} · "
                f"{counted(row['images'], 'face')}",
                key=f"{keys.SLICES}.{number}",
                type="tertiary",
                on_click=_show_slice,
                args=(row["by"], row["value"]),
            )


def _show_slice(by: str, value: str) -> None:
    if by == "label":
        show_only(true=value)
    elif by == "in_training":
        show_only(copies="yes" if value == "True" else "no")
    else:
        show_only(slice=f"{by}: {value}")


def attention(evaluated: Evaluation) -> None:
    with st.spinner("Computing where the network looks"):
        means = evaluated.attention
    st.caption(
        "Mean Grad-CAM over correctly classified faces, drawn at random, on their mean face."
    )
    st.html(
        pictures_html(
            Picture(
                data_uri(heat_on_face(mean.face, mean.heat)),
                f"{emotions.with_symbol(label)} ({mean.images})",
                f"What the network relies on for {label}",
            )
            for label, mean in means.items()
        )
    )


def doubts(evaluated: Evaluation) -> None:
    with st.spinner("Searching for labels that are likely wrong"):
        rows = pd.DataFrame(listed_errors(evaluated.table, evaluated.doubts))
    if evaluated.table.split in ("train", "all"):
        st.warning("On training faces this finds little: the network has learnt their labels.")
    st.caption(
        f"Confident learning considers {counted(len(rows), 'label')} wrong; the likeliest first. "
        "Click a face to see it."
    )
    if not len(rows):
        return
    shown = rows.head(_LISTED)

    def show() -> None:
        row = shown.iloc[st.session_state[keys.ERROR_CLICK]["row"]]
        show_only(true=row["label"], predicted=row["predicted"], sort="doubtful", face=row["path"])

    table = pd.DataFrame(
        {
            "label → prediction": shown["label"] + " → " + shown["predicted"],
            "right": shown["label_quality"],
            "by hand": shown["by_hand"],
            "face": shown["path"],
        }
    )
    if not shown["by_hand"].any():
        table = table.drop(columns="by hand")
    chance = st.column_config.NumberColumn(
        width=_NUMBER_PX, help="The chance that the label is right"
    )
    click = st.column_config.ButtonColumn(
        type="tertiary", alignment="left", key=keys.ERROR_CLICK, on_click=show, width=_PAIR_PX
    )
    annotated = st.column_config.TextColumn(
        width=_NAME_PX, help="What was annotated: excluded, or the label set by hand"
    )
    columns = {"label → prediction": click, "right": chance, "by hand": annotated}
    show_table(in_percent(table, ["right"]), "Likely label errors", **columns)


def report(evaluated: Evaluation) -> None:
    other = st.selectbox(
        "With a comparison",
        [_NO_ONE, *other_models(evaluated.table)],
        key=keys.REPORT_OTHER,
        help="The report then compares this model with a second one on the same faces.",
    )
    with st.spinner("Writing the report"):
        full = evaluated.full
        if other != _NO_ONE:
            compared = compare(evaluated.table, evaluated.beside(other))
            full = {**full, "comparison": compared}
    name = f"{full['model']}-{full['dataset']}-{full['split']}"
    st.markdown("Everything on this page, without any face, to share.")
    with st.container(horizontal=True):
        download("HTML", lambda: html(full, evaluated.model.card), f"{name}.html")
        download("JSON", lambda: as_json(full), f"{name}.json")
        predictions = evaluated.table.frame.drop(columns="row")
        download("Predictions, CSV", lambda: csv_of(predictions), f"{name}.csv")
