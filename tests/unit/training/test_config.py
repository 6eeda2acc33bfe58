import json
from pathlib import Path

import pytest

from fer.errors import ConfigError
from fer.nets.augmentation import Augmentation
from fer.training.config import PRESETS, TrainingConfig, preset


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochs": 0}, "epochs is 0; it must be 1 to 10000"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"channels": 4}, "channels is 4; it must be one of 1, 3"),
        ({"optimizer": "lbfgs"}, "optimizer is 'lbfgs'; it must be one of sgd, adam, adamw"),
        ({"validation_fraction": 0}, "validation_fraction is 0"),
        ({"truth": "crowd"}, "truth is 'crowd'; it must be one of label, votes"),
        ({"label_mode": "mean"}, "label_mode is 'mean'; it must be one of hard, soft, blend"),
        ({"ema": float("nan")}, "ema is nan; it must be 0 to 0.99999"),
        (
            {"loss": "hinge"},
            "loss is 'hinge'; it must be one of cross-entropy, focal, balanced-softmax",
        ),
        ({"options": {"width": "wide"}}, "options.width is 'wide'; it must be a number"),
        ({"loss": "balanced-softmax"}, "logit_adjustment is 0, which is plain cross-entropy"),
        ({"start_from": "a", "precision": "mixed_bfloat16"}, "precision must be float32"),
    ],
)
def test_an_impossible_value_is_refused_by_name(values: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingConfig(**values)  # type: ignore[arg-type]


def test_a_configuration_is_plain_values() -> None:
    values = json.loads(json.dumps(TrainingConfig(seed=3).to_dict()))
    assert values["seed"] == 3
    assert values["augmentation"]["flip"] is True


@pytest.mark.parametrize("split", ["test", "public_test", "private_test"])
def test_an_epoch_is_never_picked_on_a_test_split(split: str) -> None:
    with pytest.raises(ConfigError, match="worthless"):
        TrainingConfig(select_on=split)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_its_file_and_names_a_network_that_exists(
    name: str, tmp_path: Path
) -> None:
    config = preset(name)
    (tmp_path / "config.toml").write_text(config.to_toml(), encoding="utf-8")
    assert TrainingConfig.read(tmp_path / "config.toml") == config


def test_changing_one_part_of_the_augmentation_keeps_the_others() -> None:
    config = TrainingConfig(augmentation=Augmentation(zoom=0.3))
    changed = config.changed({"epochs": 3, "augmentation": {"erase": 0.1}})
    assert (changed.epochs, changed.augmentation.zoom, changed.augmentation.erase) == (3, 0.3, 0.1)
    with pytest.raises(ConfigError, match=r"Unknown option 'augmentation\.haze'"):
        config.changed({"augmentation": {"haze": 1}})


def test_an_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="quick, classic, strong"):
        preset("fast")


def test_a_value_where_a_table_belongs_is_refused() -> None:
    with pytest.raises(ConfigError, match="augmentation is 3; it must be a table"):
        TrainingConfig().changed({"augmentation": 3})
