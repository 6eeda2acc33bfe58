"""Search for better options with Optuna: pruned, resumable, by one worker or several.

A study lives in one SQLite file beside the runs. Every process that works on it takes the next
trial; what a killed one was at is tried again. Only validation is ever looked at.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer import settings
from fer.data import Dataset
from fer.errors import ConfigError, TrainingError
from fer.training.config import TrainingConfig
from fer.training.events import BatchEnded, EpochEnded, Started

if TYPE_CHECKING:
    import optuna

_HEARTBEAT_S = 60
_RATES = {"sgd": (5e-3, 0.5), "adam": (1e-4, 1e-2), "adamw": (1e-4, 1e-2)}


def storage_file() -> Path:
    """Where studies are kept."""
    return settings.runs_folder() / "tuning.db"


def suggest(trial: "optuna.Trial", base: TrainingConfig) -> TrainingConfig:
    """The base with options drawn for one trial; what it does not draw stays."""
    from fer.nets import architectures  # loads Keras, which a list of trials does not need

    low, high = _RATES[base.optimizer]
    options = dict(base.options)
    known = architectures.options_of(base.architecture)
    if "dropout" in known:
        options["dropout"] = trial.suggest_float("options.dropout", 0.0, 0.6)
    if "width" in known:
        options["width"] = trial.suggest_float("options.width", 0.5, 1.5, step=0.25)
    return base.changed(
        {
            "learning_rate": trial.suggest_float("learning_rate", low, high, log=True),
            "weight_decay": trial.suggest_float("weight_decay", 1e-6, 1e-2, log=True),
            "label_smoothing": trial.suggest_float("label_smoothing", 0.0, 0.2),
            "batch_size": trial.suggest_categorical("batch_size", [32, 64, 128]),
            "options": options,
            "augmentation": {
                "rotation_deg": trial.suggest_float("augmentation.rotation_deg", 0, 25),
                "zoom": trial.suggest_float("augmentation.zoom", 0, 0.3),
                "shift": trial.suggest_float("augmentation.shift", 0, 0.2),
                "erase": trial.suggest_float("augmentation.erase", 0, 0.6),
            },
        }
    )


def tune(
    base: TrainingConfig,
    dataset: Dataset,
    *,
    study: str,
    trials: int,
    listener: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Work on a study until it has so many finished or pruned trials, all workers together.

    Args:
        base: What the trials vary.
        dataset: Its faces.
        study: Name of the study; one that is there is gone on with.
        trials: Trials that it is to have.
        listener: Told each trial that this process ends.

    Returns:
        The best trial, as `trials_of` gives them.

    Raises:
        ConfigError: If the trials were to begin with a trained model, or learn from others.
        TrainingError: If no trial came to its end.
    """
    if base.start_from or base.teachers:
        raise ConfigError(
            "Trials vary the network, so they begin afresh and learn from the data alone. Leave "
            "out start_from, widen and teachers, and train with them once the options are found."
        )
    import optuna

    found = optuna.create_study(
        study_name=study,
        storage=_storage(),
        direction="maximize",
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    done = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    failed = 0

    def ended(_: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> None:
        nonlocal failed
        failed += trial.state == optuna.trial.TrialState.FAIL
        if listener:
            listener(_row(trial))

    # Failed trials do not count, lest a bad draw take another's place; but not for ever.
    while len(found.get_trials(deepcopy=False, states=done)) < trials and failed < trials:
        found.optimize(
            lambda trial: _accuracy(trial, base, dataset),
            n_trials=1,
            catch=(TrainingError,),
            callbacks=[ended],
        )
    complete = found.get_trials(deepcopy=False, states=done[:1])
    if not complete:
        raise TrainingError(
            f"No trial of the study '{study}' came to its end. Try more trials, or another preset."
        )
    return _row(found.best_trial)


def _accuracy(trial: "optuna.Trial", base: TrainingConfig, dataset: Dataset) -> float:
    """Best validation accuracy of one trial."""
    import optuna

    from fer.training.fit import fit

    pruned = False

    def listen(event: Started | BatchEnded | EpochEnded) -> None:
        nonlocal pruned
        if isinstance(event, EpochEnded):
            trial.report(event.val_accuracy, event.epoch)
            pruned = trial.should_prune()

    fitted = fit(suggest(trial, base), dataset, listener=listen, should_stop=lambda: pruned)
    if pruned:
        raise optuna.TrialPruned
    return max(epoch.val_accuracy for epoch in fitted.history)


def _storage() -> "optuna.storages.RDBStorage":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage_file().parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Optuna calls heartbeats experimental; that is nothing to whoever tunes.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            f"sqlite:///{storage_file()}",
            engine_kwargs={"connect_args": {"timeout": 60}},
            heartbeat_interval=_HEARTBEAT_S,
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(
                max_retry=3
            ),
        )


def studies() -> list[str]:
    """Names of the studies that are there."""
    if not storage_file().is_file():
        return []
    import optuna

    return sorted(optuna.get_all_study_names(_storage()))


def trials_of(study: str) -> list[dict[str, Any]]:
    """One row per trial: `trial`, `state`, `accuracy` and the options that it drew.

    Raises:
        TrainingError: If there is no such study.
    """
    if study not in studies():
        raise TrainingError(f"No study '{study}'. Known: {', '.join(studies()) or 'none'}.")
    import optuna

    found = optuna.load_study(study_name=study, storage=_storage())
    return [_row(trial) for trial in found.get_trials(deepcopy=False)]


def _row(trial: "optuna.trial.FrozenTrial") -> dict[str, Any]:
    last = max(trial.intermediate_values, default=None)
    reached = trial.intermediate_values[last] if last is not None else None
    return {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        "accuracy": trial.value if trial.value is not None else reached,
        "epochs": last or 0,
        **trial.params,
    }
