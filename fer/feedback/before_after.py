"""The model in use and one that learnt from feedback, on the same faces.

They are compared on the frozen test (the test part of the data set that was replayed), on the
held-out corrections, and on the photos that people labelled.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fer import api, models, people, settings
from fer.data.loading import load_dataset
from fer.data.registry import FEEDBACK
from fer.errors import DatasetError, FeedbackError, FerError
from fer.evaluation import comparison
from fer.evaluation.figures import dataset_for
from fer.evaluation.predictions import predictions
from fer.feedback.learning import fine_tunes
from fer.feedback.promotion import (
    FILE,
    FORMS,
    FROZEN,
    HELD_OUT,
    PHOTOS,
    SINCE,
    WHEN_BETTER,
    check_not_in_use,
    is_better,
    is_in_use,
    kept_comparison,
    promote,
    refusals,
    was_promoted,
)
from fer.files import write_text
from fer.inference.kept_photos import kept_photos
from fer.models.card import read_card
from fer.models.model import Model
from fer.progress import Progress
from fer.runs import added
from fer.runs.run import Run, writing_runs

_log = logging.getLogger(__name__)

Begin = Callable[[str, str], Progress | None]
"""Called with what is measured next and the noun of its pieces; gives what counts them."""


def compare(run: Run, *, begin: Begin | None = None) -> dict[str, Any]:
    """Compare the model in use with that of a run, and keep the result in the run's folder.

    One that may be promoted gets its LiteRT forms first, with which Predict needs no TensorFlow.

    Args:
        run: A finished run that learnt from feedback.
        begin: Called before each part.

    Returns:
        `old` and `new` (`name`, `sha256`), `on`: for each of `FROZEN`, `HELD_OUT`, `PHOTOS` the
        figures of `fer.evaluation.comparison.compare`, or a sentence where it cannot be measured,
        and the same for `SINCE` if the old model is not the one before all corrections; and
        `refusals`, why it may not be promoted; empty if it may.

    Raises:
        FeedbackError: If the run has no model, or its model is in use.
        FerError: If a model or the frozen test cannot be used, or the result not be written.
    """
    if not run.has_model:
        raise FeedbackError(f"The run '{run.name}' has no model yet. Wait until it is finished.")
    check_not_in_use(run)
    begin = begin or (lambda what, noun: None)
    old, new = models.load(), models.load(run.model_folder)
    new = replace(new, card=replace(new.card, name=added.added_as(run) or run.name))
    comparison.check_classes(*((one.card.name, one.card.labels) for one in (old, new)))
    frozen = _on_split(old, new, run.config().dataset, begin(FROZEN, "Face"))
    since = _since(old, new, run, begin)
    measured = {
        FROZEN: frozen,
        **since,
        HELD_OUT: _tried(lambda: _on_split(old, new, FEEDBACK, begin(HELD_OUT, "Face"))),
        PHOTOS: _tried(lambda: _on_photos(old, new, begin(PHOTOS, "Photo"))),
    }
    refused = refusals(frozen)
    for figures in since.values():
        if not isinstance(figures, str):
            refused += refusals(figures, since=figures["first"])
    if not refused:
        _export(run, begin)
    result = {
        "old": {"name": old.card.name, "sha256": old.card.model_sha256},
        "new": {"name": new.card.name, "sha256": new.card.model_sha256},
        "on": measured,
        "refusals": refused,
    }
    with writing_runs(run.folder):
        write_text(run.folder / FILE, json.dumps(result))
    return result


def judge_finished(*, begin: Begin | None = None) -> None:
    """Compare every finished run that learnt from feedback and was not compared yet.

    Where the rule is `when-better`, a model that may be promoted and is proven to be better on the
    held-out feedback comes into use, once: nothing that was promoted before is promoted again. What
    fails is logged and tried again the next time.

    Args:
        begin: As for `compare`.
    """
    for run in reversed(fine_tunes()):
        if run.stored_status().get("state") == "finished":
            try:
                _judge(run, begin)
            except FerError as error:
                _log.warning("'%s' was not compared or not promoted. %s", run.name, error)


def _judge(run: Run, begin: Begin | None) -> None:
    if is_in_use(run):
        return
    is_compared = (run.folder / FILE).is_file()
    compared = kept_comparison(run) if is_compared else compare(run, begin=begin)
    if compared is None or compared["refusals"] or not is_better(compared):
        return
    if settings.promotion_rule() == WHEN_BETTER:
        from fer.feedback.store import open_store

        store = open_store()
        if not was_promoted(store, compared):
            with people.act_as(people.OWNER):  # whose rule it is, whoever looks at the page
                promote(store, run, compared, by="", rule=WHEN_BETTER)


def _since(old: Model, new: Model, run: Run, begin: Begin) -> dict[str, dict[str, Any] | str]:
    """The new model beside the one before all corrections, unless that is the old one."""
    origin = new.card.training.get("origin", {})
    if origin.get("sha256", "") in ("", old.card.model_sha256):
        return {}
    name = added.model_with(origin["sha256"])
    if name is None:
        return {
            SINCE: f"'{origin['name']}', the model before all corrections, is not among the models "
            "any more, so nothing shows whether small falls added up. Add it again to compare them."
        }

    def measure() -> dict[str, Any]:
        first = models.load(name)
        comparison.check_classes(*((one.card.name, one.card.labels) for one in (first, new)))
        return _on_split(first, new, run.config().dataset, begin(SINCE, "Face"))

    return {SINCE: _tried(measure)}


def _export(run: Run, begin: Begin) -> None:
    """Write the other forms of a run's model, without which it can be promoted all the same."""
    if "litert" in read_card(run.model_folder / models.CARD_FILE).forms:
        return
    try:
        api.export(run.model_folder, run.config().dataset, progress=begin(FORMS, "Face"))
    except Exception:  # noqa: BLE001 - the converter of TensorFlow raises anything
        _log.exception("The model of '%s' has no LiteRT form, so it answers by Keras.", run.name)


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
