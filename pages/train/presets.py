"""Where the form's options come from: a preset, an earlier run or a file."""

import streamlit as st

from fer.data import SYNTHETIC
from fer.errors import ConfigError, FerError
from fer.models import list_models
from fer.runs.run import Run
from fer.training.config import PRESETS, TrainingConfig
from pages.common import errors
from pages.common.choices import segments
from pages.train import keys

WORDS = {
    "quick": (
        "A small network and a few epochs: a model within minutes.",
        "A small network and a few epochs: a first figure within minutes, far from the best.",
    ),
    "classic": (
        "The network of the tutorials, with batch normalisation: more than drawn faces need.",
        "The network of the tutorials, with batch normalisation: a first serious run.",
    ),
    "strong": (
        "A residual network with a long schedule: meant for photos; drawn faces do not repay it.",
        "A residual network with a long schedule: better figures after some hours.",
    ),
}
"""What to expect of a preset, on drawn faces and on photos."""


def choose_preset() -> tuple[str, str, TrainingConfig]:
    """The chosen options: their key, their title and themselves.

    Beside the presets, there are those of the run or the file that was loaded last.
    """
    bases = {name: (name.capitalize(), preset) for name, preset in PRESETS.items()}
    bases |= st.session_state.get(keys.LOADED, {})
    names = {name: errors.plain(title) for name, (title, _) in bases.items()}
    chosen = segments("Options", names, default="quick", key=keys.PRESET, persist_state="session")
    return chosen, *bases[chosen]


def describe(chosen: str, dataset: str) -> str:
    """A sentence on what to expect of the chosen options on this data set."""
    if chosen in WORDS:
        return WORDS[chosen][dataset != SYNTHETIC]
    return "Every option as it was there; change what you like under Advanced."


def load_run(run: Run) -> None:
    """Put the options of a run into the form. For a callback: it precedes the form's widgets."""
    try:
        _load(run.config(), run.name)
    except FerError as error:
        st.session_state[keys.PROBLEM] = str(error)


def load_file() -> None:
    """Put the options of the uploaded file into the form. For a callback, too."""
    file = st.session_state[keys.FILE]
    if file is None:
        return
    try:
        _load(TrainingConfig.parse(file.getvalue(), file.name), file.name.rpartition(".")[0])
    except FerError as error:
        st.session_state[keys.PROBLEM] = str(error)


def check_models(config: TrainingConfig) -> None:
    """Check that the models that the options name are here.

    Raises:
        ConfigError: If one is not, perhaps because somebody removed it.
    """
    if missing := {config.start_from, *config.teachers} - {"", *list_models()}:
        name = min(missing)
        if {"/", "\\"} & set(name):
            raise ConfigError(
                f"The options name a model by its folder, '{name}'. Here, models have names: "
                "choose one in its place under Advanced, or add that one on the Models page first."
            )
        raise ConfigError(
            f"The options name the model '{name}', which is not among the models here. Choose "
            "another one, or add a model of that name."
        )


def _load(config: TrainingConfig, title: str) -> None:
    """Offer these options beside the presets, and choose them.

    Raises:
        ConfigError: If they name a network or a model that is not here.
    """
    from fer.nets.architectures import NAMES  # loads Keras

    if config.architecture not in NAMES:
        raise ConfigError(
            f"The network '{config.architecture}' is unknown. Known: {', '.join(NAMES)}."
        )
    check_models(config)
    number = st.session_state.get(keys.LOADS, 0) + 1  # fresh widgets for each
    st.session_state[keys.LOADS] = number
    name = f"loaded-{number}"
    st.session_state[keys.LOADED] = {name: (title, config)}
    st.session_state[keys.PRESET] = name
    st.session_state[keys.DATASET] = config.dataset
    st.session_state[keys.TOAST] = f"The form at the top now has the options of “{title}”."
