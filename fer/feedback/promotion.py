"""Whether a model that learnt from feedback may take the place of the one in use, and the way back.

Old and new are compared on the frozen test (the test part of the data set that was replayed), on
the held-out corrections, and on the photos that people labelled. The new one may be promoted only
if it is not proven to be worse on the frozen test, in accuracy or in mean recall.
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fer import api, models, settings
from fer.data.loading import load_dataset
from fer.data.registry import FEEDBACK
from fer.errors import DatasetError, FeedbackError, FerError
from fer.evaluation import comparison
from fer.evaluation.figures import dataset_for
from fer.evaluation.predictions import predictions
from fer.feedback.learning import fine_tunes
from fer.feedback.records import Promotion, now
from fer.files import write_text
from fer.inference.kept_photos import kept_photos
from fer.models.card import read_card
from fer.models.model import Model
from fer.progress import Progress
from fer.runs import added
from fer.runs.run import Run, writing_runs

if TYPE_CHECKING:
    from fer.feedback.store import Store

FROZEN, HELD_OUT, PHOTOS = "frozen test", "held-out feedback", "my photos"
"""What old and new are compared on."""

FILE = "before_after.json"
"""The comparison, in the folder of the run that made the new model."""

BY_HAND, WHEN_BETTER = settings.PROMOTION_RULES

Begin = Callable[[str, str], Progress | None]
"""Called with what is measured next and the noun of its pieces; gives what counts them."""


def compare(run: Run, *, begin: Begin | None = None) -> dict[str, Any]:
    """Compare the model in use with that of a run, and keep the result in the run's folder.

    Args:
        run: A finished run that learnt from feedback.
        begin: Called before each part.

    Returns:
        `old` and `new` (`name`, `sha256`), `on`: for each of `FROZEN`, `HELD_OUT`, `PHOTOS` the
        figures of `fer.evaluation.comparison.compare`, or a sentence where it cannot be measured;
        and `refusals`, why it may not be promoted; empty if it may.

    Raises:
        FerError: If a model or the frozen test cannot be used, or the result not be written.
    """
    if not run.has_model:
        raise FeedbackError(f"The run '{run.name}' has no model yet. Wait until it is finished.")
    begin = begin or (lambda what, noun: None)
    old, new = models.load(), models.load(run.model_folder)
    new = replace(new, card=replace(new.card, name=added.added_as(run) or run.name))
    comparison.check_classes(*((one.card.name, one.card.labels) for one in (old, new)))
    frozen = _on_split(old, new, run.config().dataset, begin(FROZEN, "Face"))
    measured = {
        FROZEN: frozen,
        HELD_OUT: _tried(lambda: _on_split(old, new, FEEDBACK, begin(HELD_OUT, "Face"))),
        PHOTOS: _tried(lambda: _on_photos(old, new, begin(PHOTOS, "Photo"))),
    }
    result = {
        "old": {"name": old.card.name, "sha256": old.card.model_sha256},
        "new": {"name": new.card.name, "sha256": new.card.model_sha256},
        "on": measured,
        "refusals": refusals(frozen),
    }
    with writing_runs(run.folder):
        write_text(run.folder / FILE, json.dumps(result))
    return result


def kept_comparison(run: Run) -> dict[str, Any] | None:
    """The comparison of a run's model with the model in use; None if there is none of these two."""
    with suppress(OSError, ValueError, KeyError, TypeError, FerError):
        kept: dict[str, Any] = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
        pairs = ("old", models.find()), ("new", run.model_folder)
        if all(_sha256(folder) == kept[which]["sha256"] for which, folder in pairs):
            return kept
    return None


def _sha256(folder: Path) -> str:
    return read_card(folder / models.CARD_FILE).model_sha256


def _tried(measure: Callable[[], dict[str, Any]]) -> dict[str, Any] | str:
    try:
        return measure()
    except DatasetError as error:
        return str(error)


def _on_split(old: Model, new: Model, name: str, progress: Progress | None) -> dict[str, Any]:
    dataset = (
        load_dataset(
            name, height=old.card.height, width=old.card.width, channels=old.card.channels,
            validation_fraction=0,
        )
        if name == FEEDBACK
        else dataset_for(old.card, name)
    )  # fmt: skip
    tables = [predictions(model, dataset, "test", progress=progress) for model in (old, new)]
    return _without_paths(comparison.compare(*tables))


def _on_photos(old: Model, new: Model, progress: Progress | None) -> dict[str, Any]:
    photos = kept_photos()
    if not photos.labels:
        raise DatasetError("No photo is kept on the Evaluate page, under “My photos”.")
    figures = api.evaluate_photos(old, photos.folder, compare=new, progress=progress)
    return _without_paths(figures["comparison"])


def _without_paths(figures: Mapping[str, Any]) -> dict[str, Any]:
    paths = ("only_first_right", "only_second_right")
    return {name: figure for name, figure in figures.items() if name not in paths}


def refusals(frozen: Mapping[str, Any]) -> list[str]:
    """Why a model may not be promoted, by its comparison on the frozen test.

    It falls by more than its interval if the whole 95% interval of the paired difference lies
    below zero.
    """
    names = {"accuracy": "difference", "mean recall": "recall_difference"}
    return [
        f"On the frozen test, {what} falls by {-100 * frozen[key]:.1f} points, which is more than "
        f"chance explains (95% interval of the difference {100 * low:.1f} to {100 * high:.1f})."
        for what, key in names.items()
        for low, high in [frozen[f"{key}_ci95"]]
        if high < 0
    ]


def is_better(compared: Mapping[str, Any]) -> bool:
    """Whether the new model is proven to be better on the held-out feedback."""
    held_out = compared["on"][HELD_OUT]
    return not isinstance(held_out, str) and held_out["difference_ci95"][0] > 0


def promote(
    store: "Store", run: Run, compared: Mapping[str, Any], *, by: str, rule: str = BY_HAND
) -> Promotion:
    """Use a run's model by default from now on, and record that.

    Args:
        store: Where it is recorded.
        run: The run that made it.
        compared: As `compare` gives it, of the models as they are now.
        by: Who promotes it; "" for the rule.
        rule: One of `settings.PROMOTION_RULES`.

    Raises:
        FeedbackError: If it may not be promoted.
        ModelError: If its model cannot be added.
        FeedbackUnavailable: If the database cannot be used; nothing is changed then.
    """
    if compared["refusals"]:
        raise FeedbackError(f"The model is not promoted. {' '.join(compared['refusals'])}")
    if compared != kept_comparison(run):
        raise FeedbackError(
            "The model in use, or the new one, changed after they were compared. Compare them "
            "again."
        )
    _check_free()
    before = settings.default_model()
    name = added.added_as(run)
    if name is None:
        name = added.free_model_name(run)
        run.add_to_models(name)
    promotion = Promotion(
        id=str(uuid4()), when=now(), by=by, rule=rule, model_before=before, model_after=name,
        figures=compared,
    )  # fmt: skip
    store.record_promotion(promotion)
    settings.set_default_model(name)
    return promotion


def judge_finished() -> list[Run]:
    """Compare every finished run that learnt from feedback and was not compared yet.

    Where the rule is `when-better`, a model that may be promoted and is proven to be better on the
    held-out feedback comes into use.

    Returns:
        The runs that were compared.

    Raises:
        FerError: If a comparison or a promotion fails.
    """
    judged = []
    for run in reversed(fine_tunes()):
        if run.stored_status().get("state") == "finished" and not (run.folder / FILE).is_file():
            compared = compare(run)
            judged.append(run)
            may = not compared["refusals"] and is_better(compared)
            if may and settings.promotion_rule() == WHEN_BETTER:
                from fer.feedback.store import open_store

                promote(open_store(), run, compared, by="", rule=WHEN_BETTER)
    return judged


def last_promotion(store: "Store") -> Promotion | None:
    """The promotion that `undo` would undo: the last one, if its model is still in use."""
    open_ones = [one for one in store.promotions() if one.undone is None]
    if open_ones and open_ones[-1].model_after == settings.default_model():
        return open_ones[-1]
    return None


def undo(store: "Store") -> Promotion:
    """Use the model again that was in use before the last promotion; the newer one stays there.

    Raises:
        FeedbackError: If the model in use was not promoted.
        ModelNotFoundError: If the earlier model is gone.
        FeedbackUnavailable: If the database cannot be used; nothing is changed then.
    """
    promotion = last_promotion(store)
    if promotion is None:
        raise FeedbackError(
            f"There is nothing to undo: '{settings.default_model()}', the model in use, was not "
            "promoted here. Choose another model on the Models page."
        )
    _check_free()
    models.find(promotion.model_before)
    undone = replace(promotion, undone=now())
    store.record_promotion(undone)
    settings.set_default_model(promotion.model_before)
    return undone


def _check_free() -> None:
    if named := os.environ.get("FER_MODEL", "").strip():
        raise FeedbackError(
            f"FER_MODEL names '{named}' as the model in use on this machine, so no other can take "
            "its place here. Whoever runs this app can remove that variable."
        )
