"""Everything that decides how a network is trained."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fer import models, options
from fer.data import TEST_SPLITS
from fer.data.votes import TRUTHS
from fer.errors import ConfigError
from fer.models.card import read_card
from fer.nets.augmentation import Augmentation
from fer.options import option

OPTIMIZERS = ("sgd", "adam", "adamw")
SCHEDULES = ("cosine", "one-cycle", "plateau", "constant")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A training run, in full; checked when it is made. Each option says what it does."""

    dataset: str = option("synthetic", "A data set's folder or name, or 'synthetic'.")
    validation_fraction: float = option(
        0.2, "Share of train held out where there is no validation part.", low=0.01, high=0.9
    )
    truth: str = option(
        "label", "What counts as right: the label, or what most annotators chose.", choices=TRUTHS
    )
    label_mode: str = option(
        "hard",
        "Learn one label a face, the annotators' votes, or the mean of both.",
        choices=("hard", "soft", "blend"),
    )
    teachers: tuple[str, ...] = option(
        (), "Models whose mean answer is part of every target (distillation)."
    )
    teacher_share: float = option(0.5, "How much of the target they give.", low=0, high=1)
    labels: tuple[str, ...] = option((), "Classes to learn; none named: all of the data set.")
    use_excluded: bool = option(False, "Learn from faces that were marked as excluded, too.")
    select_on: str = option(
        "validation", "Keep the epoch that is best on validation, or the last one."
    )
    architecture: str = option("resnet", "The network's name.")
    options: dict[str, float] = option({}, "Size of the network, as its family names it.")
    start_from: str = option("", "A model to go on from (fine-tuning); empty: from scratch.")
    widen: float = option(
        1.0,
        "How many times wider than the model it goes on from (Net2Net, Chen et al. 2016).",
        low=1,
        high=8,
    )
    frozen_layers: int = option(
        0, "Layers with weights, from the input, that stay as they are.", low=0, high=1000
    )
    height: int = option(48, "Height of the faces in pixels.", low=16, high=512)
    width: int = option(48, "Width of the faces in pixels.", low=16, high=512)
    channels: int = option(1, "1 for grey, 3 for colour.", choices=(1, 3))
    epochs: int = option(30, "Passes over the training faces.", low=1, high=10_000)
    batch_size: int = option(128, "Faces a step.", low=1, high=8192)
    optimizer: str = option(
        "sgd", "How weights are moved; sgd has Nesterov momentum 0.9.", choices=OPTIMIZERS
    )
    learning_rate: float = option(0.1, "Its peak.", low=1e-7, high=10)
    weight_decay: float = option(
        5e-4, "Decoupled, a step times the learning rate; not on biases.", low=0, high=1
    )
    schedule: str = option("cosine", "How the learning rate moves.", choices=SCHEDULES)
    warmup_epochs: float = option(
        2.0, "Epochs of linear rise to the peak (cosine, constant).", low=0, high=10_000
    )
    plateau_patience: int = option(
        5, "Epochs without a better validation loss before the rate falls.", low=1, high=1000
    )
    plateau_factor: float = option(0.5, "What the rate is then multiplied by.", low=0.01, high=0.99)
    loss: str = option(
        "cross-entropy",
        "Focal looks less at faces that are learnt already.",
        choices=("cross-entropy", "focal"),
    )
    focal_gamma: float = option(2.0, "How much less.", low=0, high=10)
    label_smoothing: float = option(
        0.1, "Share of every target that is spread over all classes.", low=0, high=0.9
    )
    class_weights: str = option(
        "none",
        "Weigh rare classes more: fully, or by the root.",
        choices=("none", "root", "balanced"),
    )
    logit_adjustment: float = option(
        0.0,
        "Raise rare classes in the finished network: each logit by so many times −log of the "
        "class's share (Menon et al. 2021).",
        low=0,
        high=2,
    )
    ema: float = option(
        0.998, "Decay a step of the averaged weights that are kept; 0: none.", low=0, high=0.99999
    )
    early_stopping: int = option(
        0, "End after so many epochs without a better one; 0: never.", low=0, high=10_000
    )
    precision: str = option(
        "float32",
        "Mixed precision is for GPUs; it slows most CPUs.",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    tensorboard: bool = option(False, "Write TensorBoard logs too (needs TensorFlow).")
    seed: int = option(
        0, "Seed of weights, order, variation and held-out part.", low=0, high=2**32 - 1
    )
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        options.check(self)
        if self.select_on in TEST_SPLITS:
            raise ConfigError(
                f"select_on is '{self.select_on}'; an epoch that a test part has picked makes "
                "that part's figure worthless. It must be one of validation, last."
            )
        if self.select_on not in ("validation", "last"):
            raise ConfigError(
                f"select_on is '{self.select_on}'; it must be one of validation, last."
            )
        if self.start_from and self.precision != "float32":
            raise ConfigError("precision must be float32 where start_from names a model.")
        if self.widen != 1 and not self.start_from:
            raise ConfigError("widen needs start_from, the model to be widened.")
        for name, value in self.options.items():
            if type(value) not in (int, float):
                raise ConfigError(f"options.{name} is {value!r}; it must be a number.")

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
"""By name: two minutes; as the tutorials do it; what reaches most on FER-2013."""


def preset(name: str) -> TrainingConfig:
    """A preset by name.

    Raises:
        ConfigError: If there is none of that name.
    """
    if name not in PRESETS:
        raise ConfigError(f"Unknown preset '{name}'. Known: {', '.join(PRESETS)}.")
    return replace(PRESETS[name])
