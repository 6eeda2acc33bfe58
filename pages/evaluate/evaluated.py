"""Evaluations shared by every session of the server, with progress while one is made."""

import gc
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from fer import api, models
from fer.data import Dataset, annotations
from fer.data.registry import resolve
from fer.data.roots import allowed
from fer.evaluation.attention import MeanAttention, mean_attention
from fer.evaluation.comparison import compare
from fer.evaluation.evaluate import figures
from fer.evaluation.label_errors import label_errors
from fer.evaluation.predictions import PredictionTable, predictions
from fer.evaluation.report import comparison_record, full_figures, listed_errors
from fer.evaluation.slices import picture_facts, slice_columns, slice_figures
from fer.models.model import Model
from pages.common import predictors
from pages.common.progress import LOOK_AGAIN_AFTER_S, with_progress

_MOST_KEPT = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """A model on a split; what takes long is worked out when it is first wanted.

    Attributes:
        model: The model.
        dataset: The whole data set, in the model's shape.
        table: What the model said.
        figures: As `fer.evaluation.evaluate.figures` gives them.
    """

    model: Model
    dataset: Dataset
    table: PredictionTable
    figures: dict[str, Any]

    @cached_property
    def doubts(self) -> pd.DataFrame:
        """As `label_errors` gives them."""
        return label_errors(self.table)

    @cached_property
    def slices(self) -> dict[str, pd.Series]:
        """The slice of each face by column."""
        return slice_columns(self.table, self._facts)

    @cached_property
    def slice_rows(self) -> list[dict[str, Any]]:
        """Accuracy by slice, the worst first."""
        return slice_figures(self.table, self._facts)

    @cached_property
    def errors(self) -> list[dict[str, Any]]:
        """Labels that are likely wrong, the likeliest first."""
        return listed_errors(self.table)

    @cached_property
    def full(self) -> dict[str, Any]:
        """Everything that a report holds."""
        return full_figures(self.model, self.dataset, self.table, self.figures)

    def compared(self, second: "Evaluation") -> dict[str, Any]:
        """Everything that a report holds, with the comparison of a second model."""
        return {**self.full, "comparison": comparison_record(compare(self.table, second.table))}

    @cached_property
    def attention(self) -> dict[str, MeanAttention]:
        """Mean Grad-CAM by class."""
        return mean_attention(self.model, self.dataset, self.table)

    @cached_property
    def _facts(self) -> pd.DataFrame:
        return picture_facts(self.dataset, self.table.frame["row"].to_numpy())


def evaluation(
    model: str, dataset: str, split: str, tta: str, *, truth: str | None = None
) -> Evaluation:
    """An evaluation, from memory where nothing has changed since it was made.

    Args:
        model: Name of the model.
        dataset: Name of the data set.
        split: As `Dataset.select` takes it.
        tta: One of `fer.evaluation.tta.VIEWS`.
        truth: What is taken for right, `label` or `votes`; None for what the model learnt.

    Raises:
        FerError: If the model or the data set cannot be used.
    """
    kept = _kept()
    loaded = load_model(model)
    faces = load_faces(loaded, dataset, truth)
    key = (loaded.card.model_sha256, loaded.card.temperature, id(faces), split, tta)
    if key not in kept:
        table = with_progress(
            lambda report: predictions(loaded, faces, split, tta=tta, progress=report)
        )
        kept[key] = Evaluation(model=loaded, dataset=faces, table=table, figures=figures(table))
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
        _set_aside()
    return kept[key]


@st.cache_resource(show_spinner=False)
def _set_aside() -> None:
    """Leave what the imports made out of the collection that Streamlit runs after every click.

    Looking through it takes longer than drawing the faces of a cell.
    """
    gc.collect()
    gc.freeze()


def load_model(model: str) -> Model:
    """The model, loaded again when its card has changed."""
    card = models.find(model) / models.CARD_FILE
    return _load_model(model, card.stat().st_mtime_ns if card.is_file() else 0)


@st.cache_resource(max_entries=3, show_spinner="Loading the model")
def _load_model(model: str, stamp: int) -> Model:
    predictors.import_keras()
    return models.load(model)


def load_faces(model: Model, dataset: str, truth: str | None = None) -> Dataset:
    """The data set in the model's shape, read again when a face was marked."""
    card = model.card
    key = (
        dataset, card.height, card.width, card.channels,
        card.config.get("seed"), card.config.get("validation_fraction"),
        truth or card.config.get("truth", "label"),
    )  # fmt: skip
    kept = _faces()
    source = resolve(dataset)
    found = kept.get(key)
    if found is not None and found[1].folder != source.folder:
        found = None  # the name stands for something else now
    if found is None or found[0] != _marked(found[1]) or time.monotonic() > found[2]:
        if source.path is not None:
            allowed(source.path)
        faces = with_progress(lambda report: api.dataset_for(card, dataset, report, truth=truth))
        found = (_marked(faces), faces, time.monotonic() + LOOK_AGAIN_AFTER_S)
        kept[key] = found
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return found[1]


def _marked(faces: Dataset) -> int:
    """Changes whenever a face of the data set is marked by hand."""
    file = faces.folder / annotations.FILE if faces.folder else None
    return file.stat().st_mtime_ns if file and file.is_file() else 0


@st.cache_resource(max_entries=1, show_spinner=False)
def _kept() -> OrderedDict[Any, Evaluation]:
    return OrderedDict()


@st.cache_resource(max_entries=1, show_spinner=False)
def _faces() -> OrderedDict[Any, tuple[int, Dataset, float]]:
    return OrderedDict()
