"""The card of a newly trained network."""

from dataclasses import asdict

from fer.data import Dataset
from fer.faces.alignment import FER2013_FRAMING
from fer.models.card import ModelCard, facts_of
from fer.training.config import TrainingConfig
from fer.training.fit import Fitted


def build_card(name: str, config: TrainingConfig, dataset: Dataset, fitted: Fitted) -> ModelCard:
    """The card of a fitted network, without figures yet."""
    best = max(fitted.history, key=lambda epoch: epoch.val_accuracy, default=None)
    history = [asdict(epoch) for epoch in fitted.history]
    for row in history:
        del row["recall"], row["confusion"]  # too large for a card; the run's folder keeps them
    return ModelCard(
        name=name,
        labels=fitted.labels,
        framing=asdict(FER2013_FRAMING),
        data={
            "name": dataset.name,
            "synthetic": dataset.synthetic,
            "fingerprint": dataset.fingerprint(),
            "faces": dataset.faces_to_learn(),
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
        **facts_of(fitted.model),
    )
