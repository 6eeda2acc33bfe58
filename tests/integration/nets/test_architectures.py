import re

import numpy as np
import pytest

from fer.errors import ConfigError
from fer.nets import architectures
from fer.nets.cost import multiply_adds
from fer.training.config import PRESETS


@pytest.mark.parametrize("name", architectures.NAMES)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_architecture_takes_bytes_and_gives_probabilities(name: str, channels: int) -> None:
    model = architectures.build(name, (24, 32, channels), classes=5)
    faces = np.random.default_rng(0).integers(0, 256, (3, 24, 32, channels), dtype=np.uint8)
    probabilities = np.asarray(model(faces))
    assert probabilities.shape == (3, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_scaling_is_inside_the_network() -> None:
    model = architectures.build("simple", (24, 24, 1), classes=2)
    scaled = model.get_layer("scale")(np.array([[[[0]], [[255]]]], np.uint8))
    assert np.asarray(scaled).ravel().tolist() == [-1.0, 1.0]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'lenet'.*simple, batchnorm, .*resnet"):
        architectures.build("lenet", (48, 48, 1), classes=7)


def test_an_input_that_is_too_small_is_refused() -> None:
    with pytest.raises(ConfigError, match="16×16"):
        architectures.build("simple", (8, 48, 1), classes=7)


@pytest.mark.parametrize("name", architectures.NAMES)
def test_the_docstring_gives_the_true_cost(name: str) -> None:
    shape = architectures.NATIVE_INPUTS.get(name, (48, 48, 1))
    model = architectures.build(name, shape, classes=6 if name == "two-conv" else 7)
    text = " ".join(architectures.describe(name).split())
    assert f"{model.count_params():,} parameters" in text
    assert f"{multiply_adds(model) / 1e6:.1f} million multiply-adds" in text
    assert re.search(r"(19|20)\d\d", text), "a source with its year"


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_width_and_depth_size_a_family(name: str) -> None:
    def parameters(**options: float) -> int:
        return architectures.build(name, (24, 24, 1), classes=2, options=options).count_params()

    assert parameters(width=0.5) < parameters() / 2
    assert parameters(depth=3) > parameters()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mini-xception", {"width": 2}, "'mini-xception' has no option 'width'. It has: none"),
        ("resnet", {"width": 99}, r"options.width is 99; it must be 0\.1 to 8"),
    ],
)
def test_an_option_that_a_network_lacks_is_refused(
    name: str, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        architectures.build(name, (48, 48, 1), classes=7, options=options)


@pytest.mark.parametrize("name", ["resnet", "mini-xception"])
def test_a_new_head_keeps_the_rest(name: str) -> None:
    model = architectures.build(name, (24, 24, 1), classes=7)
    before = model.get_weights()
    other = architectures.with_head(model, 3)
    assert other.output_shape == (None, 3)
    kept = sum(any(a is b or np.array_equal(a, b) for b in before) for a in other.get_weights())
    assert kept >= len(before) - 2


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_gives_its_architecture_options_that_it_has(name: str) -> None:
    config = PRESETS[name]
    architectures.check_options(config.architecture, config.options)
