"""The options of a training, and presets of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from fer import models, options
from fer.data import TEST_SPLITS
from fer.data.votes import LABEL_MODES, TRUTHS
from fer.errors import ConfigError
from fer.models.card import read_card
from fer.nets.augmentation import Augmentation
from fer.options import option

_data = partial(option, group="Data")
_network = partial(option, group="Network")
_learning = partial(option, group="Learning")
_loss = partial(option, group="Loss and averaging")
_machine = partial(option, group="Machine")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """All options of a training; checked on construction."""

    dataset: str = option("synthetic", "A data set's folder or name, or 'synthetic'.")
    epochs: int = _learning(30, "Passes over the training faces.", 1, 10_000)
    batch_size: int = _learning(128, "Faces per step.", 1, 8192)
    optimizer: str = _learning(
        "sgd", "Optimizer; sgd has Nesterov momentum 0.9.", choices=("sgd", "adam", "adamw")
    )
    learning_rate: float = _learning(0.1, "Peak of the learning rate.", 1e-7, 10)
    schedule: str = _learning(
        "cosine", "Learning rate schedule.", choices=("cosine", "one-cycle", "plateau", "constant")
    )
    warmup_epochs: float = _learning(2.0, "Epochs of linear warm-up (cosine, constant).", 0, 10_000)
    plateau_patience: int = _learning(
        5, "Epochs without a better validation loss before the rate falls (plateau).", 1, 1000
    )
    plateau_factor: float = _learning(
        0.5, "Factor by which the rate falls on a plateau.", 0.01, 0.99
    )
    weight_decay: float = _learning(
        5e-4, "Decoupled weight decay, per step times the learning rate; not for biases.", 0, 1
    )
    early_stopping: int = _learning(
        0, "Stop after this many epochs without improvement; 0: never.", 0, 10_000
    )
    validation_fraction: float = _data(
        0.2, "Share of train to hold out where the data set has no validation split.", 0.01, 0.9
    )
    truth: str = _data(
        "label", "The correct answer: the label, or the choice of most annotators.", choices=TRUTHS
    )
    label_mode: str = _data(
        "hard",
        "Learn one label per face, the annotators' votes, or the mean of both.",
        choices=LABEL_MODES,
    )
    labels: tuple[str, ...] = _data(
        (), "Classes to learn.", source="emotions", empty="All of the data set"
    )
    use_excluded: bool = _data(False, "Also learn from excluded faces.")
    class_weights: str = _data(
        "none",
        "Weight each class by its inverse frequency, or by the square root of that.",
        choices=("none", "root", "balanced"),
    )
    logit_adjustment: float = _data(
        0.0,
        "Raise the logits of rare classes by this many times −log of the class's share (Menon et "
        "al. 2021), in the finished network, or in the loss if that is balanced-softmax.",
        low=0,
        high=2,
    )
    extra: str = _data(
        "",
        "Another data set whose training faces are learnt too. Only the first one validates and "
        "tests.",
        source="datasets",
        empty="None",
    )
    extra_times: int = _data(1, "How often an epoch shows each extra face.", 1, 100)
    extra_balance: float = _data(
        0.0,
        "How much more often it shows those of rare classes; 1: as many faces of each class.",
        low=0,
        high=1,
    )
    replay: float = _data(
        1.0, "Share of the data set's own training faces to learn beside the extra ones.", 0.001, 1
    )
    teachers: tuple[str, ...] = _data(
        (),
        "Models whose mean answer is mixed into every target (distillation). They may take another "
        "size or colour, and lack classes.",
        source="models",
        empty="None",
    )
    teacher_share: float = _data(0.5, "Share of the target that comes from the teachers.", 0, 1)
    extra_teacher_share: float = _data(0.5, "The same for the extra faces.", 0, 1)
    teacher_variations: int = _data(
        0,
        "Let the teachers answer this many variations of each face, which are then learnt in turn "
        "(Beyer et al. 2022); 0: they answer the face as it is.",
        low=0,
        high=1000,
    )
    architecture: str = _network("resnet", "Family of networks.", source="architectures")
    options: dict[str, float] = option({}, "Size options of the network family.")
    height: int = _network(48, "Height of the faces in pixels.", 16, 512)
    width: int = _network(48, "Width of the faces in pixels.", 16, 512)
    channels: int = _network(1, "1 for grey, 3 for colour.", choices=(1, 3))
    start_from: str = _network(
        "", "A model to start from (fine-tuning).", source="models", empty="From scratch"
    )
    widen: float = _network(
        1.0, "How many times wider than the model it starts from (Net2Net, Chen et al. 2016).", 1, 8
    )
    frozen_layers: int = _network(
        0, "Layers with weights, counted from the input, that are not trained.", 0, 1000
    )
    start_share: float = _network(
        0.0,
        "Share of the start model's weights in those that are kept, which forgets less (WiSE-FT, "
        "Wortsman et al. 2022).",
        low=0,
        high=0.99,
    )
    loss: str = _loss(
        "cross-entropy",
        "Focal loss down-weights well-classified faces; balanced-softmax corrects for class "
        "frequencies (see logit_adjustment).",
        choices=("cross-entropy", "focal", "balanced-softmax"),
    )
    focal_gamma: float = _loss(2.0, "Gamma of focal loss: how strongly it does so.", 0, 10)
    label_smoothing: float = _loss(
        0.1, "Share of every target that is spread over all classes.", 0, 0.9
    )
    ema: float = _loss(
        0.998,
        "Decay per step of the averaged weights, which are the ones kept; 0: no averaging.",
        low=0,
        high=0.99999,
    )
    select_on: str = _loss(
        "validation",
        "Keep the epoch that is best on validation, or the last one.",
        choices=("validation", "last"),
    )
    precision: str = _machine(
        "float32",
        "Mixed precision is for GPUs; it slows most CPUs.",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    seed: int = _machine(
        0, "Seed of weights, order, augmentation and held-out faces.", 0, 2**32 - 1
    )
    tensorboard: bool = _machine(False, "Also write TensorBoard logs (needs TensorFlow).")
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        if self.select_on in TEST_SPLITS:
            raise ConfigError(
                f"select_on is '{self.select_on}'; choosing the epoch on a test split would make "
                "its figures worthless. It must be one of validation, last."
            )
        options.check(self)
        if self.start_from and self.precision != "float32":
            raise ConfigError("precision must be float32 where start_from names a model.")
        if self.loss == "balanced-softmax" and not self.logit_adjustment:
            raise ConfigError(
                "loss is 'balanced-softmax' and logit_adjustment is 0, which is plain "
                "cross-entropy. Set logit_adjustment; 1 treats all classes as equally frequent."
            )
        if self.replay != 1 and not self.extra:
            raise ConfigError(
                f"replay is {self.replay:g}, and extra names no data set. Name one, or set replay "
                "to 1."
            )
        if self.widen != 1 and not self.start_from:
            raise ConfigError("widen needs start_from, the model to be widened.")
        if self.start_share and not self.start_from:
            raise ConfigError("start_share needs start_from, the model whose weights it keeps.")
        for name, value in self.options.items():
            if type(value) not in (int, float):
                raise ConfigError(f"options.{name} is {options.short(value)}; it must be a number.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the faces."""
        return self.height, self.width, self.channels

    @property
    def post_hoc_adjustment(self) -> float:
        """The `logit_adjustment` to apply after training: 0 if the loss has applied it."""
        return 0.0 if self.loss == "balanced-softmax" else self.logit_adjustment

    @property
    def reading(self) -> dict[str, Any]:
        """How `load_dataset` has to read the data set."""
        names = ("height", "width", "channels", "validation_fraction", "seed", "truth")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def read(cls, path: Path) -> "TrainingConfig":
        """From a TOML or JSON file; options that are not named keep their defaults.

        Raises:
            ConfigError: If it cannot be read, a name is unknown or a value impossible.
        """
        return options.from_mapping(cls, options.read_file(path))

    @classmethod
    def parse(cls, content: bytes, file_name: str) -> "TrainingConfig":
        """As `read`, from the content of a file of that name."""
        return options.from_mapping(cls, options.parse(content, file_name))

    def is_over(self, epochs: int, *, best: int) -> bool:
        """Whether a training ends after this many epochs, of which this one is the best."""
        waited = self.early_stopping > 0 and epochs - best >= self.early_stopping
        return waited or epochs >= self.epochs

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def to_toml(self) -> str:
        """As text that `read` takes."""
        return options.to_toml(self.to_dict())

    def changed(self, values: Mapping[str, Any]) -> "TrainingConfig":
        """With these options changed; `augmentation` may name some of its options."""
        augmentation = values.get("augmentation", {})
        if isinstance(augmentation, Mapping):
            augmentation = {**asdict(self.augmentation), **augmentation}
        changed = {**self.to_dict(), **values, "augmentation": augmentation}
        return options.from_mapping(type(self), changed)

    def resolved(self) -> "TrainingConfig":
        """With the architecture and size of the start model, widened where `widen` is set.

        Of `options`, only `view` is kept, as it leaves the weights as they are.

        Raises:
            ModelNotFoundError: If there is no such model.
            CardError: If its card is damaged.
        """
        if not self.start_from:
            return self
        card = read_card(models.find(self.start_from) / models.CARD_FILE)
        options = dict(card.config.get("options", {}))
        if "view" in self.options:
            options["view"] = self.options["view"]
        if self.widen != 1:
            options["width"] = options.get("width", 1.0) * self.widen
        changes = dict(zip(("height", "width", "channels"), card.shape, strict=True))
        architecture = card.config.get("architecture", self.architecture)
        return self.changed({"architecture": architecture, "options": options, **changes})


# Source of `strong`: the recipes behind most published from-scratch figures on FER-2013
# (Khaireddin & Chen 2021; Pramerdorfer & Kampel 2016).
PRESETS: dict[str, TrainingConfig] = {
    "quick": TrainingConfig(
        architecture="simple",
        options={"dropout": 0.2},
        epochs=8,
        batch_size=64,
        optimizer="adam",
        learning_rate=0.002,
        weight_decay=0,
        warmup_epochs=1,
        ema=0.98,
        augmentation=Augmentation(rotation_deg=8, zoom=0.08, shift=0.05, erase=0),
    ),
    "classic": TrainingConfig(
        architecture="batchnorm",
        epochs=40,
        batch_size=64,
        optimizer="adam",
        learning_rate=0.001,
        weight_decay=0,
        schedule="plateau",
        label_smoothing=0,
        ema=0,
        early_stopping=12,
        augmentation=Augmentation(rotation_deg=10, zoom=0.1, brightness=0, contrast=0, erase=0),
    ),
    "strong": TrainingConfig(
        epochs=120, schedule="one-cycle", augmentation=Augmentation(erase=0.5)
    ),
}
"""By name: two minutes of training; a typical tutorial; the best on FER-2013."""


def preset(name: str) -> TrainingConfig:
    """A preset by name.

    Raises:
        ConfigError: If there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"Unknown preset '{name}'. Known: {', '.join(PRESETS)}.")
    return PRESETS[name]
