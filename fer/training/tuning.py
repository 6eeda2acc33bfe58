"""Search for better options with Optuna: pruned, resumable, in one process or several.

All studies live in one SQLite file beside the runs, or in a PostgreSQL database, so that machines
share them. Each process that works on a study draws its own next trial, and the trial of one that
died is given to another. Only validation decides; the test splits are never used.
"""

import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer import settings
from fer.data import Dataset
from fer.errors import ConfigError, TrainingError
from fer.importing import require
from fer.training.config import TrainingConfig
from fer.training.events import EpochEnded, Event, Observer

if TYPE_CHECKING:
    import optuna

_VARIATIONS = {"rotation_deg": 25, "zoom": 0.3, "shift": 0.2, "erase": 0.6}
_RATES = {"sgd": (5e-3, 0.5), "adam": (1e-4, 1e-2), "adamw": (1e-4, 1e-2)}


def storage_file() -> Path:
    """The file that holds the studies, unless `FER_STUDIES_URL` names a database."""
    return settings.runs_folder() / "tuning.db"


def suggest(trial: "optuna.Trial", base: TrainingConfig) -> TrainingConfig:
    """The base with some options drawn for one trial."""
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
                name: trial.suggest_float(f"augmentation.{name}", 0, most)
                for name, most in _VARIATIONS.items()
            },
        }
    )


def tune(
    base: TrainingConfig,
    dataset: Dataset,
    *,
    study: str,
    trials: int,
    on_trial_end: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """Work on a study until it has enough finished or pruned trials, from all processes together.

    Args:
        base: The configuration that the trials vary.
        dataset: Its faces.
        study: Name of the study; an existing one is resumed.
        trials: Finished or pruned trials that the study should have.
        on_trial_end: Called with each trial of this process, as `trials_of` gives them.

    Returns:
        The best trial, as `trials_of` gives them.

    Raises:
        ConfigError: If the base names a start model or teachers.
        TrainingError: If no trial finishes.
    """
    if base.start_from or base.teachers:
        raise ConfigError(
            "Trials vary the network, so they start from scratch and learn from the data alone. "
            "Remove start_from, widen and teachers here, and use them once the options are found."
        )
    import optuna

    done = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    failed = 0

    def on_trial(study: "optuna.Study", trial: "optuna.trial.FrozenTrial") -> None:
        nonlocal failed
        failed += trial.state == optuna.trial.TrialState.FAIL
        if failed == trials:
            study.stop()
        if on_trial_end:
            on_trial_end(_row(trial))

    opened = optuna.create_study(
        study_name=study,
        storage=_storage(),
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
    )
    # A failed trial does not count: another one replaces it, up to `trials` failures.
    enough = optuna.study.MaxTrialsCallback(trials, states=done)
    if len(opened.get_trials(deepcopy=False, states=done)) < trials:
        opened.optimize(
            lambda trial: _accuracy(trial, base, dataset),
            catch=(TrainingError,),
            callbacks=[on_trial, enough],
        )
    if not opened.get_trials(deepcopy=False, states=done[:1]):
        raise TrainingError(
            f"No trial of the study '{study}' has finished. Try more trials, or another preset."
        )
    return _row(opened.best_trial)


class _TrialObserver(Observer):
    """Reports each epoch's accuracy to Optuna, and ends the training once it is pruned."""

    def __init__(self, trial: "optuna.Trial") -> None:
        self._trial = trial
        self.pruned = False

    def notify(self, event: Event) -> None:
        if isinstance(event, EpochEnded):
            self._trial.report(event.val_accuracy, event.epoch)
            self.pruned = self._trial.should_prune()

    def should_stop(self) -> bool:
        return self.pruned


def _accuracy(trial: "optuna.Trial", base: TrainingConfig, dataset: Dataset) -> float:
    """Best validation accuracy of one trial."""
    import optuna

    from fer.training.fit import fit

    observer = _TrialObserver(trial)
    fitted = fit(suggest(trial, base), dataset, observer=observer)
    if observer.pruned:
        raise optuna.TrialPruned
    return max(epoch.val_accuracy for epoch in fitted.history)


def _storage() -> "optuna.storages.RDBStorage":
    from sqlalchemy.exc import SQLAlchemyError

    with suppress(SQLAlchemyError):  # another process may be making the same tables
        return _opened_storage()
    try:
        return _opened_storage()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        raise TrainingError(
            f"The database of studies cannot be used: {reason}. Check that it runs, and "
            "FER_STUDIES_URL."
        ) from None


def _opened_storage() -> "optuna.storages.RDBStorage":
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url, engine = _database()
    with warnings.catch_warnings():
        # Optuna calls heartbeats experimental, which is of no use to the user.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RDBStorage(
            url,
            engine_kwargs=engine,
            heartbeat_interval=60,  # seconds; a killed worker's trial is tried again
            heartbeat_stale_trial_callback=optuna.storages.RetryHeartbeatStaleTrialCallback(
                max_retry=3
            ),
        )


def _database() -> tuple[str, dict[str, Any]]:
    """The URL of the studies, and how to connect to it.

    Raises:
        ConfigError: If `FER_STUDIES_URL` names no PostgreSQL. It is not shown: it may hold a
            password.
    """
    if not (named := settings.studies_url()):
        storage_file().parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{storage_file()}", {"connect_args": {"timeout": 60}}
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(named)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise ConfigError(
            "FER_STUDIES_URL names no PostgreSQL database. Expected "
            "postgresql://USER:PASSWORD@HOST/DATABASE."
        )
    require("psycopg")
    full = url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return full, {"poolclass": NullPool, "connect_args": {"connect_timeout": 10}}


def studies() -> list[str]:
    """Names of the existing studies.

    Raises:
        TrainingError: If their database cannot be used.
    """
    if not settings.studies_url() and not storage_file().is_file():
        return []
    import optuna

    return sorted(optuna.get_all_study_names(_storage()))


def trials_of(study: str) -> list[dict[str, Any]]:
    """One row per trial: `trial`, `state`, `accuracy`, `epochs` and the options that it drew.

    Raises:
        TrainingError: If there is no such study.
    """
    if study not in studies():
        raise TrainingError(f"No study '{study}'. Known: {', '.join(studies()) or 'none'}.")
    import optuna

    opened = optuna.load_study(study_name=study, storage=_storage())
    return [_row(trial) for trial in opened.get_trials(deepcopy=False)]


def _row(trial: "optuna.trial.FrozenTrial") -> dict[str, Any]:
    last = max(trial.intermediate_values, default=0)
    reached = trial.intermediate_values.get(last)
    return {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        "accuracy": trial.value if trial.value is not None else reached,
        "epochs": last,
        **trial.params,
    }
