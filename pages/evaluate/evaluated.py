"""Evaluations, shared by every session of the server."""

import gc
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

from fer import models
from fer.data import Dataset
from fer.evaluation.attention import MeanAttention, mean_attention
from fer.evaluation.figures import dataset_for, figures
from fer.evaluation.label_errors import label_errors
from fer.evaluation.predictions import PredictionTable, predictions
from fer.evaluation.report import full_figures
from fer.evaluation.slices import face_facts, slice_columns, slice_figures
from fer.models.card import ModelCard
from fer.models.folder import stamp
from fer.models.model import Model
from pages.common import predictors
from pages.common.browser.faces import Browser
from pages.common.cache import Work, dataset_work
from pages.common.progress import Meter
from pages.evaluate import keys

_MOST_KEPT = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluation:
    """A model on a split; what takes long is computed on first use.

    The data set is whole and in the model's shape; `figures` are those of the table.
    """

    model: Model
    dataset: Dataset
    table: PredictionTable
    figures: dict[str, Any]

    @property
    def browser(self) -> Browser:
        """The data set's faces on this screen."""
        return Browser(keys.BROWSER, self.dataset)

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The rows of the table by position in the data set."""
        return self.table.frame.set_index("row")

    def beside(self, model: str) -> PredictionTable:
        """Another model's predictions on the same faces and labels."""
        here = self.table
        return evaluation(model, here.dataset, here.split, here.tta, truth=here.truth).table

    @cached_property
    def is_calibrated_here(self) -> bool:
        """Whether the temperature was fitted on this data set, as it is now."""
        fitted_on = self.model.card.calibration.get("fingerprint")
        return bool(fitted_on) and fitted_on == self.dataset.as_given.fingerprint()

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
    def full(self) -> dict[str, Any]:
        """Everything that a report holds."""
        return full_figures(self.model, self.dataset, self.table, self.figures)

    @cached_property
    def attention(self) -> dict[str, MeanAttention]:
        """Mean Grad-CAM by class."""
        return mean_attention(self.model, self.dataset, self.table)

    @cached_property
    def _facts(self) -> pd.DataFrame:
        return face_facts(self.dataset, self.table.frame["row"].to_numpy())


def evaluation(
    model: str, dataset: str, split: str, tta: str, *, truth: str | None = None
) -> Evaluation:
    """An evaluation, from the cache while nothing it depends on has changed.

    Model and data set are names, the rest is as `predictions` and `dataset_for` take it.

    Raises:
        FerError: If the model or the data set cannot be used.
    """
    loaded = load_model(model)
    faces = load_faces(loaded, dataset, truth)
    key = (model, stamp(models.find(model)), id(faces), split, tta)
    evaluated = _evaluating(key, loaded, faces).result()
    _set_aside()
    return evaluated


@st.cache_resource(max_entries=_MOST_KEPT, show_spinner=False, validate=Work.is_usable)
def _evaluating(
    key: tuple[str, tuple[int, int], int, str, str], _model: Model, _faces: Dataset
) -> Work[Evaluation]:
    *_, split, tta = key

    def evaluate(meter: Meter) -> Evaluation:
        table = predictions(_model, _faces, split, tta=tta, progress=meter)
        return Evaluation(model=_model, dataset=_faces, table=table, figures=figures(table))

    return Work(evaluate)


@st.cache_resource(show_spinner=False)
def _set_aside() -> None:
    """Hide what the imports made from the garbage collector, which Streamlit runs on every click.

    Searching it takes longer than drawing the faces of a cell.
    """
    gc.collect()
    gc.freeze()


def load_model(model: str) -> Model:
    """The model, loaded again when its card has changed."""
    return _load_model(model, stamp(models.find(model)))


@st.cache_resource(max_entries=3, show_spinner="Loading the model")
def _load_model(model: str, stamp: tuple[int, int]) -> Model:
    predictors.import_keras()
    return models.load(model)


def load_faces(model: Model, dataset: str, truth: str | None = None) -> Dataset:
    """The data set in the model's shape, read again when a face was annotated."""
    card = model.card
    shape = (
        card.height, card.width, card.channels,
        card.config.get("seed"), card.config.get("validation_fraction"),
        truth or card.config.get("truth", "label"),
    )  # fmt: skip
    return _loading(dataset, shape, truth, card).result()


@st.cache_resource(max_entries=_MOST_KEPT, show_spinner=False, validate=Work.is_usable)
def _loading(
    dataset: str, shape: tuple[Any, ...], _truth: str | None, _card: ModelCard
) -> Work[Dataset]:
    return dataset_work(
        dataset, lambda meter: dataset_for(_card, dataset, truth=_truth, progress=meter)
    )
