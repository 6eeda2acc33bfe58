"""All figures of a model on a data set, and the card that keeps them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fer.data import Dataset, load_dataset
from fer.evaluation.calibration import calibrate
from fer.evaluation.caveats import leak_free, votes
from fer.evaluation.lineage import has_faces_of
from fer.evaluation.metrics import metrics
from fer.evaluation.predictions import PredictionTable, predictions
from fer.evaluation.slices import face_facts, slice_figures
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.progress import Progress

_OF_CONFIDENCE = ("mean_confidence", "roc_auc", "log_loss", "brier", "ece", "temperature")


def dataset_for(
    card: ModelCard,
    data: str | Path | Dataset,
    *,
    truth: str | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """A data set in the shape of a card, split as the model was trained.

    Args:
        card: The model's.
        data: A data set, which is returned as it is, or what `load_dataset` takes.
        truth: What counts as right, `label` or `votes`. None takes what the model was trained on,
            or the labels if the data set has no votes.
        progress: Called with faces read and faces planned.
    """
    if isinstance(data, Dataset):
        return data
    splitting = {
        name: card.config[name] for name in ("validation_fraction", "seed") if name in card.config
    }
    dataset = load_dataset(
        data,
        height=card.height,
        width=card.width,
        channels=card.channels,
        truth=truth or "label",
        progress=progress,
        **splitting,
    )
    by_votes = truth is None and card.config.get("truth") == "votes" and dataset.votes is not None
    return dataset.by_votes() if by_votes else dataset


def figures(table: PredictionTable) -> dict[str, Any]:
    """All figures of a prediction table.

    Returns:
        `measured` (time, ISO 8601, UTC); those of `metrics`; the attributes of the table except
        its frame, among them `by_hand`, the accuracy with annotations, which no other figure
        counts; `leak_free` and `votes`, as in `fer.evaluation.caveats`.
    """
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        **{name: value for name, value in vars(table).items() if name != "frame"},
        **metrics(table.targets, table.probabilities, table.labels),
        "leak_free": leak_free(table),
        "votes": votes(table),
    }


def calibrated_card(
    model: Model, dataset: Dataset, *, progress: Progress | None = None
) -> ModelCard:
    """A model's card with a temperature fitted on validation, and with its figures at it.

    Args:
        model: The model.
        dataset: Faces in the shape of its card. Unless it was trained on these, whatever has been
            annotated since, the card keeps its figures but those of confidence, which were measured
            at another temperature.
        progress: Called with faces done and faces planned, of all that is measured.

    Raises:
        DatasetError: If there is no validation part, or it shares no class with the model.
    """
    is_own = has_faces_of(model.card.data, dataset) and dataset.truth == model.card.config.get(
        "truth", "label"
    )
    splits = [split for split in dataset.as_given.splits if split != "train"] if is_own else []
    progress_of = _in_turn(["validation", *splits], dataset, progress)
    temperature, record = calibrate(model, dataset, progress=next(progress_of))
    # What was measured elsewhere was so with another temperature.
    card = replace(model.card, temperature=temperature, calibration=record, other_data=())
    if not is_own:
        kept = {split: _without_confidence(row) for split, row in card.metrics.items()}
        return replace(card, metrics=kept)
    tempered = replace(model, card=card)
    tables = {
        split: predictions(tempered, dataset, split, progress=next(progress_of)) for split in splits
    }
    slices = {}
    for split in tables.keys() - {"validation"}:
        facts = face_facts(dataset, tables[split].frame["row"].to_numpy())
        rows = slice_figures(tables[split], facts)
        slices[split] = [row for row in rows if row["by"] in facts]
    metrics_by_split = {split: figures(table) for split, table in tables.items()}
    return replace(card, metrics=metrics_by_split, slices=slices)


def _without_confidence(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that no temperature changes."""
    kept = {name: value for name, value in figures.items() if name not in _OF_CONFIDENCE}
    intervals = figures.get("ci95", {})
    return kept | {"ci95": {name: ends for name, ends in intervals.items() if name != "ece"}}


def _in_turn(
    splits: Sequence[str], dataset: Dataset, progress: Progress | None
) -> Iterator[Progress]:
    """What to give each of these splits in turn, so that all of them make one progress."""
    sizes = [dataset.as_given.splits.get(split, 0) for split in splits]
    for number, size in enumerate(sizes):
        before = sum(sizes[:number])

        def report(done: int, planned: int, before: int = before, size: int = size) -> None:
            if progress:
                progress(before + size * done // max(planned, 1), sum(sizes))

        yield report
