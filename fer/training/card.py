"""The card of a newly trained network."""

from dataclasses import asdict

from fer.data import Dataset
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard, provenance
from fer.nets.cost import multiply_adds
from fer.training.config import TrainingConfig
from fer.training.fit import Fitted

_TOO_LARGE = ("recall", "confusion")
"""Parts of an epoch's record that are kept in the run's folder, not on the card."""


def build_card(name: str, config: TrainingConfig, dataset: Dataset, fitted: Fitted) -> ModelCard:
    """The card of a fitted network, without figures yet."""
    best = max(fitted.history, key=lambda epoch: epoch.val_accuracy, default=None)
    history = [
        {key: value for key, value in asdict(epoch).items() if key not in _TOO_LARGE}
        for epoch in fitted.history
    ]
    return ModelCard(
        name=name,
        labels=fitted.labels,
        height=config.height,
        width=config.width,
        channels=config.channels,
        framing=asdict(FER2013_FRAMING),
        data={
            "name": dataset.name,
            "synthetic": dataset.synthetic,
            "fingerprint": dataset.fingerprint(),
            "split_rule": dataset.split_rule,
            "splits": dataset.splits,
            "skipped": len(dataset.skipped),
        },
        config=config.to_dict(),
        training={
            "epochs_run": len(fitted.history),
            "best_epoch": best.epoch if best else 0,
            "stopped": fitted.stopped,
            "seconds": round(sum(epoch.seconds for epoch in fitted.history), 1),
            "history": history,
        },
        parameters=fitted.model.count_params(),
        multiply_adds=multiply_adds(fitted.model),
        **provenance(),
    )
