"""Everything that decides how a network is trained."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fer import models, options
from fer.data import TEST_SPLITS
from fer.data.votes import LABEL_MODES, TRUTHS
from fer.errors import ConfigError
from fer.models.card import read_card
from fer.nets.augmentation import Augmentation
from fer.options import option

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "one-cycle", "plateau", "constant")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A training run, in full; checked when it is made."""

    dataset: str = option("synthetic", "A data set's folder or name, or 'synthetic'.")
    validation_fraction: float = option(
        0.2,
        "Share of train to hold out where the data set has no validation split.",
        low=0.01,
        high=0.9,
        group="Data",
    )
    truth: str = option(
        "label",
        "The correct answer: the label, or the choice of most annotators.",
        choices=TRUTHS,
        group="Data",
    )
    label_mode: str = option(
        "hard",
        "Learn one label per face, the annotators' votes, or the mean of both.",
        choices=LABEL_MODES,
        group="Data",
    )
    labels: tuple[str, ...] = option(
        (),
        "Classes to learn.",
        group="Data",
        source="emotions",
        empty="All of the data set",
    )
    use_excluded: bool = option(False, "Learn from excluded faces, too.", group="Data")
    class_weights: str = option(
        "none",
        "Weight each class by its inverse frequency, or by the square root of that.",
        choices=("none", "root", "balanced"),
        group="Data",
    )
    logit_adjustment: float = option(
        0.0,
        "Raise rare classes in the finished network: each logit by this many times −log of the "
        "class's share (Menon et al. 2021).",
        low=0,
        high=2,
        group="Data",
    )
    teachers: tuple[str, ...] = option(
        (),
        "Models whose mean answer is part of every target (distillation).",
        group="Data",
        source="models",
        empty="None",
    )
    teacher_share: float = option(
        0.5, "Share of the target that the teachers give.", low=0, high=1, group="Data"
    )
    architecture: str = option(
        "resnet", "Family of networks.", group="Network", source="architectures"
    )
    options: dict[str, float] = option({}, "Size of the network, as its family names it.")
    height: int = option(48, "Height of the faces in pixels.", low=16, high=512, group="Network")
    width: int = option(48, "Width of the faces in pixels.", low=16, high=512, group="Network")
    channels: int = option(1, "1 for grey, 3 for colour.", choices=(1, 3), group="Network")
    start_from: str = option(
        "",
        "A model to start from (fine-tuning).",
        group="Network",
        source="models",
        empty="From scratch",
    )
    widen: float = option(
        1.0,
        "How many times wider than the model it starts from (Net2Net, Chen et al. 2016).",
        low=1,
        high=8,
        group="Network",
    )
    frozen_layers: int = option(
        0,
        "Layers with weights, counted from the input, that are not trained.",
        low=0,
        high=1000,
        group="Network",
    )
    epochs: int = option(
        30, "Passes over the training faces.", low=1, high=10_000, group="Learning"
    )
    batch_size: int = option(128, "Faces per step.", low=1, high=8192, group="Learning")
    optimizer: str = option(
        "sgd", "Optimizer; sgd has Nesterov momentum 0.9.", choices=OPTIMIZERS, group="Learning"
    )
    learning_rate: float = option(
        0.1, "Peak of the learning rate.", low=1e-7, high=10, group="Learning"
    )
    schedule: str = option(
        "cosine", "Course of the learning rate.", choices=SCHEDULES, group="Learning"
    )
    warmup_epochs: float = option(
        2.0,
        "Epochs of linear rise to the peak (cosine, constant).",
        low=0,
        high=10_000,
        group="Learning",
    )
    plateau_patience: int = option(
        5,
        "Epochs without a better validation loss before the rate falls (plateau).",
        low=1,
        high=1000,
        group="Learning",
    )
    plateau_factor: float = option(
        0.5, "Factor by which the rate then falls.", low=0.01, high=0.99, group="Learning"
    )
    weight_decay: float = option(
        5e-4,
        "Decoupled weight decay, per step times the learning rate; biases have none.",
        low=0,
        high=1,
        group="Learning",
    )
    early_stopping: int = option(
        0,
        "Stop after this many epochs without a better one; 0: never.",
        low=0,
        high=10_000,
        group="Learning",
    )
    loss: str = option(
        "cross-entropy",
        "Focal loss down-weights well-classified faces.",
        choices=("cross-entropy", "focal"),
        group="Loss and averaging",
    )
    focal_gamma: float = option(
        2.0, "How strongly focal loss does so.", low=0, high=10, group="Loss and averaging"
    )
    label_smoothing: float = option(
        0.1,
        "Share of every target that is spread over all classes.",
        low=0,
        high=0.9,
        group="Loss and averaging",
    )
    ema: float = option(
        0.998,
        "Decay per step of the average of the weights, which is what is kept; 0: no average.",
        low=0,
        high=0.99999,
        group="Loss and averaging",
    )
    select_on: str = option(
        "validation",
        "Keep the epoch that is best on validation, or the last one.",
        choices=("validation", "last"),
        group="Loss and averaging",
    )
    precision: str = option(
        "float32",
        "Mixed precision is for GPUs; it slows most CPUs.",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
        group="Machine",
    )
    seed: int = option(
        0,
        "Seed of weights, order, augmentation and held-out faces.",
        low=0,
        high=2**32 - 1,
        group="Machine",
    )
    tensorboard: bool = option(
        False, "Write TensorBoard logs, too (needs TensorFlow).", group="Machine"
    )
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
        if self.widen != 1 and not self.start_from:
            raise ConfigError("widen needs start_from, the model to be widened.")
        for name, value in self.options.items():
            if type(value) not in (int, float):
                raise ConfigError(f"options.{name} is {value!r}; it must be a number.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the faces."""
        return self.height, self.width, self.channels

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainingConfig":
        """From plain values; what is not named keeps its default.

        Raises:
            ConfigError: If a name is unknown or a value impossible.
        """
        return options.from_mapping(cls, values)

    @classmethod
    def read(cls, path: Path) -> "TrainingConfig":
        """From a TOML or JSON file."""
        return cls.from_dict(options.read_file(path))

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
        return self.from_dict({**self.to_dict(), **values, "augmentation": augmentation})

    def resolved(self) -> "TrainingConfig":
        """With the architecture and size of the start model, widened where `widen` is set.

        Raises:
            ModelNotFoundError: If there is no such model.
            CardError: If its card is damaged.
        """
        if not self.start_from:
            return self
        card = read_card(models.find(self.start_from) / models.CARD_FILE)
        options = dict(card.config.get("options", {}))
        if self.widen != 1:
            options["width"] = options.get("width", 1.0) * self.widen
        return self.changed(
            {
                "architecture": card.config.get("architecture", self.architecture),
                "options": options,
                "height": card.height,
                "width": card.width,
                "channels": card.channels,
            }
        )


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
    return replace(PRESETS[name])
