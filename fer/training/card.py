"""The card of a newly trained network."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from fer.data import Dataset
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard, facts_of
from fer.training.config import TrainingConfig
from fer.training.fit import Fitted


def build_card(
    name: str,
    config: TrainingConfig,
    dataset: Dataset,
    fitted: Fitted,
    *,
    extra: Dataset | None = None,
    feedback: Sequence[str] = (),
    origin: Mapping[str, str] | None = None,
) -> ModelCard:
    """The card of a fitted network, without figures yet.

    Args:
        name: Name of the model.
        config: How it was trained.
        dataset: What it learnt, was validated and will be tested on.
        fitted: The network.
        extra: The data set that it learnt on top, if any.
        feedback: The hash of every correction's face that it learnt from.
        origin: Where there are such, the `name` and `sha256` of the model that it goes back to
            which had not learnt from any.
    """
    best = max(fitted.history, key=lambda epoch: epoch.val_accuracy, default=None)
    history = [asdict(epoch) for epoch in fitted.history]
    for row in history:
        del row["recall"], row["confusion"]  # too large for a card; the run's folder keeps them
    return ModelCard(
        name=name,
        labels=fitted.labels,
        framing=asdict(FER2013_FRAMING),
        data=_facts(dataset) | ({"extra": _facts(extra)} if extra else {}),
        config=config.to_dict(),
        training={
            "epochs_run": len(fitted.history),
            "best_epoch": best.epoch if best else 0,
            "stopped": fitted.stopped,
            "seconds": round(sum(epoch.seconds for epoch in fitted.history), 1),
            "history": history,
            **({"feedback": list(feedback), "origin": dict(origin or {})} if feedback else {}),
        },
        **facts_of(fitted.model),
    )


def _facts(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "synthetic": dataset.synthetic,
        "fingerprint": dataset.fingerprint(),
        "faces": dataset.faces_to_learn(),
        "split_rule": dataset.split_rule,
        "splits": dataset.splits,
        "skipped": len(dataset.skipped),
    }
