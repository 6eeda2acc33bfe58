"""Networks by name. Each takes uint8 0–255 and scales inside, and ends in softmax.

Parameters and multiply-adds in the docstrings are for the input and classes that they name.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import keras
from keras import layers

from fer.errors import ConfigError

Tensor: TypeAlias = Any
"""A symbolic tensor of Keras; its shape is (batch, height, width, channels) or (batch, n)."""


def build(
    name: str,
    shape: tuple[int, int, int],
    *,
    classes: int,
    options: Mapping[str, float] | None = None,
) -> keras.Model:
    """Build a network by name.

    Args:
        name: One of `NAMES`.
        shape: Height and width of its input in pixels, and channels: 1 for grey, 3 for RGB.
        classes: Number of classes.
        options: Some of those in `options_of`; the others keep their defaults.

    Returns:
        A model from uint8 (n, height, width, channels) to probabilities (n, classes), float32.

    Raises:
        ConfigError: If the name or an option is unknown, or the input too small.
    """
    chosen = {**options_of(name), **check_options(name, options or {})}
    height, width, _ = shape
    if min(height, width) < 16:
        raise ConfigError(f"A network needs at least 16×16 pixels, not {width}×{height}.")
    inputs = layers.Input(shape, dtype="uint8", name="face")
    x = layers.Rescaling(1 / 127.5, offset=-1, name="scale")(inputs)
    features = _BUILDERS[name](x, **chosen)
    return keras.Model(inputs, _head(features, classes), name=name.replace("-", "_"))


def options_of(name: str) -> dict[str, float]:
    """The options of an architecture with their defaults.

    Raises:
        ConfigError: If the architecture is unknown.
    """
    if name not in _BUILDERS:
        raise ConfigError(f"Unknown architecture '{name}'. Known: {', '.join(NAMES)}.")
    parameters = inspect.signature(_BUILDERS[name]).parameters.values()
    return {item.name: item.default for item in parameters if item.default is not item.empty}


def check_options(name: str, options: Mapping[str, float]) -> Mapping[str, float]:
    """Return the options if they suit the architecture.

    Raises:
        ConfigError: If one is unknown or outside its range.
    """
    known = options_of(name)
    for option, value in options.items():
        if option not in known:
            listed = ", ".join(known) or "none"
            raise ConfigError(f"'{name}' has no option '{option}'. It has: {listed}.")
        low, high = OPTION_RANGES[option]
        if not low <= value <= high:
            raise ConfigError(f"options.{option} is {value:g}; it must be {low:g} to {high:g}.")
    return options


def describe(name: str) -> str:
    """A description of an architecture, with its source and its cost.

    Raises:
        ConfigError: If it is unknown.
    """
    options_of(name)
    return inspect.getdoc(_BUILDERS[name]) or ""


def with_head(model: keras.Model, classes: int) -> keras.Model:
    """The same network, weights included, with a fresh last layer for other classes."""
    features = model.get_layer(HEAD).input
    return keras.Model(model.inputs, _head(features, classes), name=model.name)


HEAD = "emotion"
"""Name of the last layer with weights, the only one that depends on the classes."""


def _head(features: Tensor, classes: int) -> Tensor:
    if len(features.shape) == 2:
        return layers.Dense(classes, activation="softmax", dtype="float32", name=HEAD)(features)
    maps = layers.Conv2D(classes, 3, padding="same", dtype="float32", name=HEAD)(features)
    return layers.Softmax(dtype="float32")(layers.GlobalAveragePooling2D(dtype="float32")(maps))


def simple(x: Tensor, *, dropout: float = 0.5) -> Tensor:
    """Convolutions, max pooling, dropout and dense layers.

    After the classic Keras tutorials (Chollet, "Building powerful image classification models
    using very little data", 2016). At 48×48 grey and seven classes: 683,527 parameters,
    22.5 million multiply-adds.
    """
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(dropout / 2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu")(x)
    return layers.Dropout(dropout)(x)


def batchnorm(x: Tensor, *, width: float = 1.0, dropout: float = 0.5) -> Tensor:
    """`simple` with two convolutions a stage and batch normalisation, dropout before the end.

    Batch normalisation: Ioffe & Szegedy 2015. At 48×48 grey and seven classes: 879,015
    parameters, 86.2 million multiply-adds.
    """
    for filters in (32, 64, 128):
        x = _conv_bn(_conv_bn(x, _scaled(filters, width)), _scaled(filters, width))
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dense(128, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    return layers.Dropout(dropout)(x)


def two_conv(x: Tensor, *, dropout: float = 0.25) -> Tensor:
    """Two convolutions, pooling, flatten, dense.

    After student systems for eNTERFACE'05 (Martin et al. 2006). At 128×128 colour and
    six classes: 8,408,902 parameters, 98.0 million multiply-adds.
    """
    for filters in (32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Flatten()(x)
    return layers.Dense(128, activation="relu")(x)


def mini_xception(x: Tensor) -> Tensor:
    """Four residual modules of depthwise-separable convolutions, without a dense layer.

    After Arriaga, Valdenegro-Toro & Plöger 2017 (arXiv:1710.07557). At 64×64 grey and seven
    classes: 58,423 parameters, 10.2 million multiply-adds.
    """
    for _ in range(2):
        x = _conv_bn(x, 8, padding="valid")
    for filters in (16, 32, 64, 128):
        shortcut = _conv_bn(x, filters, size=1, stride=2, relu=False)
        for last in (False, True):
            x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
            x = layers.BatchNormalization()(x)
            x = x if last else layers.ReLU()(x)
        x = layers.MaxPooling2D(3, 2, padding="same")(x)
        x = layers.Add()([x, shortcut])
    return x


def vgg(x: Tensor, *, width: float = 1.0, depth: float = 2, dropout: float = 0.4) -> Tensor:
    """Stages of 3×3 convolutions with squeeze-and-excitation, then global pooling.

    After Simonyan & Zisserman 2015, Hu et al. 2018, and the small VGG of Pramerdorfer & Kampel
    2016. `width` scales the filters, `depth` is the number of convolutions a stage. At 48×48
    grey and seven classes: 1,198,659 parameters, 117.5 million multiply-adds.
    """
    for filters in (32, 64, 128, 256):
        for _ in range(round(depth)):
            x = _conv_bn(x, _scaled(filters, width))
        x = _squeeze_excite(x)
        if filters < 256:
            x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dropout(dropout)(x)


def resnet(
    x: Tensor, *, width: float = 1.0, depth: float = 1, dropout: float = 0.3, view: float = 5 / 6
) -> Tensor:
    """A small squeeze-and-excitation ResNet (He et al. 2016; Hu et al. 2018).

    It sees the middle 5/6 of the frame (40×40 of 48×48), so that shifted training faces act as
    random crops; `view` is that share. The stem works at full resolution, the residual stages at
    1/2, 1/4 and 1/8 of it, where the same arithmetic buys wider layers. `width` scales the
    filters, `depth` the number of blocks. At 48×48 grey and seven classes: 763,045 parameters,
    54.1 million multiply-adds (77.8 million with `view` 1).
    """
    x = layers.CenterCrop(round(x.shape[1] * view), round(x.shape[2] * view))(x)
    x = _conv_bn(x, _scaled(24, width))
    for filters, blocks in ((40, 2), (80, 2), (192, 1)):
        for number in range(max(1, round(blocks * depth))):
            x = _residual(x, _scaled(filters, width), stride=2 if number == 0 else 1)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dropout(dropout)(x)


def _scaled(filters: int, width: float) -> int:
    return max(8, round(filters * width / 8) * 8)


def _conv_bn(
    x: Tensor,
    filters: int,
    *,
    size: int = 3,
    stride: int = 1,
    relu: bool = True,
    padding: str = "same",
) -> Tensor:
    x = layers.Conv2D(
        filters, size, stride, padding=padding, use_bias=False, kernel_initializer="he_normal"
    )(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if relu else x


def _residual(x: Tensor, filters: int, *, stride: int) -> Tensor:
    shortcut = x
    if stride > 1:
        shortcut = layers.AveragePooling2D(stride, padding="same")(shortcut)
    if x.shape[-1] != filters:
        shortcut = _conv_bn(shortcut, filters, size=1, relu=False)
    x = _conv_bn(x, filters, stride=stride)
    x = _squeeze_excite(_conv_bn(x, filters, relu=False))
    return layers.ReLU()(layers.Add()([shortcut, x]))


def _squeeze_excite(x: Tensor) -> Tensor:
    channels = x.shape[-1]
    weight = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weight = layers.Dense(channels // 8, activation="relu")(weight)
    weight = layers.Dense(channels, activation="sigmoid")(weight)
    return layers.Multiply()([x, weight])


_BUILDERS: dict[str, Callable[..., Tensor]] = {
    builder.__name__.replace("_", "-"): builder
    for builder in (simple, batchnorm, two_conv, mini_xception, vgg, resnet)
}

NAMES: tuple[str, ...] = tuple(_BUILDERS)

OPTION_RANGES = {
    "width": (0.1, 8.0),
    "depth": (1.0, 8.0),
    "dropout": (0.0, 0.9),
    "view": (0.5, 1.0),
}

NATIVE_INPUTS = {"two-conv": (128, 128, 3), "mini-xception": (64, 64, 1)}
"""Height, width and channels that an architecture was designed for, where not (48, 48, 1)."""
