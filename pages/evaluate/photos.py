"""My photos: a model's figures on photos that a visitor labels and keeps."""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import emotions, settings
from fer.errors import FerError
from fer.evaluation.caveats import FEW_PHOTOS, caveats
from fer.evaluation.comparison import compare, verdict
from fer.evaluation.photos import figures_on_test
from fer.evaluation.predictions import PredictionTable
from fer.inference.kept_photos import kept_photos, remove, remove_all
from fer.inference.labelled_photos import LabelledPhotos
from fer.models.card import ModelCard
from fer.people import Action, acting, may
from fer.wording import counted, detector_name, percent, split_name
from pages.common import errors, predictors, visitors
from pages.common.choices import select
from pages.common.model_choice import FINDERS
from pages.common.reveal import reveal
from pages.evaluate import keys
from pages.evaluate.comparison import other_models
from pages.evaluate.confusion import show_matrix, show_top
from pages.evaluate.photo_evaluation import PhotoEvaluation, forget_photos, photo_evaluation
from pages.evaluate.photo_gallery import chosen_cells, show_gallery, show_photo_cell
from pages.evaluate.photo_upload import add_photos

_STEPS = (
    "Drop photos of people's faces above, choose what each shows, and keep them. The page then "
    "shows how often the model is right on **your** photos, beside its figures on its test data. "
    "Twenty photos give a first impression; a hundred, with some of each emotion, a useful figure."
)


def show_photos(model: str, place: DeltaGenerator) -> None:
    """The whole view; the choice of the detector is drawn in a place."""
    detector = select(place, "Face detector", FINDERS, key=keys.DETECTOR)
    where = f", in `{settings.photos_folder()}`" if visitors.are_local() else ""
    others = "can see them, and editors can change and remove them"
    st.caption(
        f"Photos that you keep stay on the computer that runs this app{where}. Everyone who can "
        f"open this app {others if acting().name else 'can see, change and remove them'}."
    )
    try:
        predictor = predictors.predictor(model, detector)
    except FerError as error:
        errors.show(error)
        return
    known = [label for label in predictor.card.labels if label in emotions.ALL]
    labels = list(emotions.ordered({*emotions.FER2013, *known}))
    add_photos(predictor, labels)
    photos = kept_photos()
    if not photos.labels:
        if may(Action.ANNOTATE):
            st.info(_STEPS, icon=":material/add_photo_alternate:")
        return
    _show_kept(len(photos.labels))
    try:
        evaluated = photo_evaluation(model, predictor, photos)
    except FerError as error:
        errors.show(error)
        return
    if evaluated.figures is None or evaluated.table is None:
        st.warning(
            "None of these photos has an answer, as no face was found or it is too small or too "
            "blurred. Try the other detector, or add photos with larger faces.",
            icon=":material/search_off:",
        )
    else:
        _show_headline(evaluated.figures, predictor.card)
        _compare(evaluated.table, detector, photos)
    _show_skipped(evaluated.answered.skipped)
    st.fragment(_explore)(evaluated, labels)


def _show_kept(count: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted(count, 'photo')} kept**")
        if not may(Action.ANNOTATE):
            return
        with st.popover("Remove all", icon=":material/delete:"):
            st.markdown(f"This deletes the {count} kept copies, not your own files.")
            if st.button("Remove them", type="primary", key="evaluate.photos.remove_all"):
                errors.attempt(_remove_all)


def _remove_all() -> None:
    remove_all()
    forget_photos()


def _show_headline(figures: Mapping[str, Any], card: ModelCard) -> None:
    """The figures beside those that the card has of the test data, and what qualifies them."""
    split, tested = figures_on_test(card)
    data = f"{card.data.get('name')}, {split_name(split)}" if split else ""
    grid = st.grid(4, min_column_width=150, gap="small")
    columns = [grid.cell() for _ in range(4)]
    for column, key, name in zip(
        columns, ("accuracy", "balanced_accuracy"), ("Accuracy", "Mean recall"), strict=False
    ):
        column.metric(name, f"{figures[key]:.1%}", help=_HELP[key])
        column.caption(f"95%: {_interval(figures, key)} · {figures['images']:,} faces")
        if tested:
            column.caption(
                f"On {errors.plain(data)}: **{tested[key]:.1%}**, 95%: {_interval(tested, key)} · "
                f"{tested['images']:,} faces"
            )
    columns[2].metric("Mean confidence", percent(figures["mean_confidence"]), help=_HELP["ece"])
    columns[2].caption(
        f"{figures['accuracy']:.1%} are right. Calibration error {figures['ece']:.1%}, 95%: "
        f"{_interval(figures, 'ece')}"
    )
    if tested:
        columns[2].caption(
            f"On {errors.plain(data)}: calibration error **{tested['ece']:.1%}**, 95%: "
            f"{_interval(tested, 'ece')}"
        )
    unanswered = Counter(photo["reason"] for photo in figures["unanswered"])
    columns[3].metric(
        "Without an answer",
        f"{unanswered.total()} of {figures['photos']}",
        help=_HELP["unanswered"],
    )
    reasons = [f"{count} {reason}" for reason, count in unanswered.items()]
    columns[3].caption(" · ".join([*reasons, f"detector {detector_name(figures['detector'])}"]))
    sentences = caveats(figures)
    if figures["images"] < FEW_PHOTOS:
        st.warning(errors.plain(sentences.pop(0)), icon=":material/info:")
    with st.container(key="evaluate.caveats"):
        st.markdown("\n".join(f"- {errors.plain(sentence)}" for sentence in sentences))


_HELP = {
    "accuracy": "The share of faces that the model names as you did.",
    "balanced_accuracy": "The mean over the emotions of how many of their faces the model "
    "recognises. A model that answers “neutral” too often has a low one.",
    "ece": "How sure the model is of its answers, on average. It should be close to the share of "
    "answers that are right.",
    "unanswered": "Photos on which no face was found, or where it is too small or too blurred.",
}


def _interval(figures: Mapping[str, Any], key: str) -> str:
    low, high = figures["accuracy_ci95"] if key == "accuracy" else figures["ci95"][key]
    return f"{low:.1%} to {high:.1%}"


def _compare(here: PredictionTable, detector: str, photos: LabelledPhotos) -> None:
    """A second model on the same photos, if the visitor chooses one."""
    others = other_models(here)
    if not others:
        return
    names = {"": "no other model"} | {name: name for name in others}
    other = select(st.columns(4)[0], "Compare with", names, key=keys.PHOTO_OTHER)
    if not other:
        return
    try:
        second = photo_evaluation(other, predictors.predictor(other, detector), photos).table
        if second is not None:
            st.markdown(errors.plain(verdict(compare(here, second))))
    except FerError as error:
        errors.show(error, about=other)


def _show_skipped(skipped: Mapping[str, str]) -> None:
    if not skipped:
        return
    with st.expander(f"Skipped: {len(skipped)}", icon=":material/block:"):
        for path, reason in skipped.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"{errors.plain(path)}: {errors.plain(reason)}")
                if may(Action.ANNOTATE) and st.button(
                    "Remove", key=f"evaluate.photos.skipped.{path}"
                ):
                    errors.attempt(partial(remove, path))


def _explore(evaluated: PhotoEvaluation, labels: list[str]) -> None:
    """The matrix, the recall of each emotion, and the photos behind them."""
    figures = evaluated.figures
    if figures is None:
        show_gallery(evaluated, labels)
        return
    matrix, known = np.array(figures["confusion_matrix"]), figures["labels"]
    chosen = chosen_cells(known)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        show_matrix(matrix, known, chosen, show_photo_cell)
        show_top(matrix, known, chosen, show_photo_cell)
    with right:
        reveal("faces")
        show_gallery(evaluated, labels)
    _show_classes(figures)


def _show_classes(figures: Mapping[str, Any]) -> None:
    table = pd.DataFrame(
        {
            "emotion": emotions.with_symbol(label),
            "faces": row["support"],
            "recall": row["recall"] and 100 * row["recall"],
            "95% interval": row["recall_ci95"] and "{:.1%} to {:.1%}".format(*row["recall_ci95"]),
            "precision": row["precision"] and 100 * row["precision"],
            "unanswered": row["unanswered"],
        }
        for label, row in figures["per_class"].items()
    )
    bar = st.column_config.ProgressColumn(format="%.1f%%", min_value=0, max_value=100)
    share = st.column_config.NumberColumn(format="%.1f%%")
    st.caption("Recall of each emotion with its 95% interval:")
    st.dataframe(
        table,
        hide_index=True,
        column_config={"recall": bar, "precision": share},
        alt="Recall by emotion",
    )
