"""Whether a model that learnt from feedback may take the place of the one in use, and the way back.

It may be promoted only if it is not proven to be worse on the frozen test, in accuracy or in mean
recall: neither than the model in use, nor than the model before all corrections, or small falls
would add up over rounds of learning.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import uuid4

from fer import models, settings
from fer.errors import FeedbackError, FerError
from fer.feedback.records import Promotion, now
from fer.models.card import read_card
from fer.people import Action, require
from fer.runs import added
from fer.runs.run import Run
from fer.typed import from_json
from fer.wording import signed

if TYPE_CHECKING:
    from fer.feedback.store import Store

FROZEN, HELD_OUT, PHOTOS = "frozen test", "held-out feedback", "my photos"
"""What old and new are compared on."""

SINCE = "frozen test, since before all corrections"
"""The same of the model before all corrections and the new one, where that is not the old one."""

_PARTS = (FROZEN, SINCE, HELD_OUT, PHOTOS)

FORMS = "LiteRT forms"
"""Not compared on, but written with that: the new model's forms that need no TensorFlow."""

FILE = "before_after.json"
"""The comparison that `before_after.compare` keeps in the folder of the run of the new model."""

BY_HAND, WHEN_BETTER = settings.PROMOTION_RULES


_Interval = tuple[float, float]


class _Figures(TypedDict):
    """What is shown of `fer.evaluation.comparison.compare`."""

    first: str
    second: str
    images: int
    first_accuracy: float
    second_accuracy: float
    difference: float
    difference_ci95: _Interval
    first_recall: float
    second_recall: float
    recall_difference: float
    recall_difference_ci95: _Interval
    p_value: float
    first_leaked: int
    second_leaked: int


class _Side(TypedDict):
    name: str
    sha256: str


class _Compared(TypedDict):
    old: _Side
    new: _Side
    on: Mapping[str, _Figures | str]
    refusals: Sequence[str]


def kept_comparison(run: Run) -> dict[str, Any] | None:
    """The comparison of a run's model with the model in use; None if there is none of these two."""
    with suppress(OSError, ValueError, FerError):
        kept = read_comparison(run)
        pairs = ("old", models.find()), ("new", run.model_folder)
        if all(_sha256(folder) == kept[which]["sha256"] for which, folder in pairs):
            return kept
    return None


def read_comparison(run: Run) -> dict[str, Any]:
    """The comparison that a run's folder holds, of whatever models.

    Raises:
        OSError: If there is none.
        ValueError: If it is damaged.
    """
    kept: dict[str, Any] = from_json((run.folder / FILE).read_bytes(), _Compared)
    if not {FROZEN, HELD_OUT, PHOTOS} <= kept["on"].keys() <= {*_PARTS}:
        raise ValueError("it compares on something else")
    return kept


def is_in_use(run: Run) -> bool:
    """Whether the model of a run is the one in use, which can be compared with another alone."""
    return _sha256(run.model_folder) == _sha256(models.find())


def check_not_in_use(run: Run) -> None:
    """Refuse a run whose model is in use.

    Raises:
        FeedbackError: If it is.
    """
    if is_in_use(run):
        raise FeedbackError(
            f"The model of '{run.name}' is in use already, as '{settings.default_model()}', so "
            "there is no other to compare it with or to replace. Undo its promotion first, or "
            "choose another run."
        )


def _sha256(folder: Path) -> str:
    return read_card(folder / models.CARD_FILE).model_sha256


def refusals(frozen: Mapping[str, Any], *, since: str = "") -> list[str]:
    """Why a model may not be promoted, by its comparison on the frozen test.

    It falls by more than its interval if the whole 95% interval of the paired difference lies
    below zero.

    Args:
        frozen: The comparison.
        since: The name of the older model, where that is the one before all corrections.
    """
    names = {"accuracy": "difference", "mean recall": "recall_difference"}
    whole = f" since '{since}', the model before all corrections" if since else ""
    return [
        f"On the frozen test, {what} falls by {-100 * frozen[key]:.1f} points{whole}, which is "
        f"more than chance explains (95% interval of the difference {signed(100 * low, 1)} to "
        f"{signed(100 * high, 1)})."
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
        compared: As `before_after.compare` gives it, of the models as they are now.
        by: Who promotes it; "" for the rule.
        rule: One of `settings.PROMOTION_RULES`.

    Raises:
        FeedbackError: If it may not be promoted.
        ModelError: If its model cannot be added.
        FeedbackUnavailable: If the database cannot be used; the model is then among the models,
            but not in use.
    """
    require(Action.MANAGE_MODELS)
    check_not_in_use(run)
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


def was_promoted(store: "Store", compared: Mapping[str, Any]) -> bool:
    """Whether the new model of a comparison was ever promoted, even if that was undone since."""
    new = compared["new"]["sha256"]
    return any(one.figures.get("new", {}).get("sha256") == new for one in store.promotions())


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
    require(Action.MANAGE_MODELS)
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
