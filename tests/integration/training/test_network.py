from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer import api, models
from fer.data import Dataset
from fer.errors import ConfigError
from fer.training import network
from fer.training.config import TrainingConfig
from fer.training.fit import fit


def test_logit_adjustment_raises_rare_classes_by_their_share(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    index = tiny_dataset.index
    happy = np.flatnonzero((index["split"] == "train") & (index["label"] == "happy"))
    part = tiny_dataset.take(np.delete(np.arange(len(tiny_dataset)), happy[5:]))
    shares = part.index["label"][part.index["split"] == "train"].value_counts(normalize=True)
    answers = []
    for amount in (0.0, 0.5):
        done = fit(tiny_config.changed({"logit_adjustment": amount}), part)
        answers.append(np.asarray(done.model(part.pixels[:5])))
    expected = answers[0] * np.array([shares[label] for label in done.labels]) ** -0.5
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(answers[1], expected, atol=1e-5)
    assert shares.max() > 3 * shares.min()


def test_fine_tuning_keeps_frozen_layers_and_the_known_part_of_the_head(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path
) -> None:
    index = tiny_dataset.index.copy()
    index.loc[index["label"] == "surprise", "label"] = "sad"
    other = replace(tiny_dataset, index=index, labels=("happy", "sad"))
    start = models.load(tiny_folder)
    before = [layer.get_weights() for layer in start.network.layers if layer.weights]
    config = replace(
        tiny_config, start_from=str(tiny_folder), frozen_layers=3, learning_rate=1e-7, epochs=1
    )
    fitted = fit(config, other)
    after = [layer.get_weights() for layer in fitted.model.layers if layer.weights]
    assert fitted.labels == ("happy", "sad")
    for number in range(3):
        assert all((a == b).all() for a, b in zip(before[number], after[number], strict=True))
    kernel, fresh = before[-1][0], after[-1][0]
    np.testing.assert_allclose(fresh[:, 0], kernel[:, 0], atol=1e-4)
    assert np.abs(fresh[:, 1] - kernel[:, 1]).max() > 0.01


def test_fine_tuning_with_the_same_seed_gives_the_same_weights(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path
) -> None:
    config = replace(tiny_config, start_from=str(tiny_folder), epochs=1)  # it has dropout
    one, other = (fit(config, tiny_dataset).model.get_weights() for _ in range(2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))


def test_the_share_of_the_start_models_weights_is_kept_also_by_a_resumed_run(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path, tmp_path: Path
) -> None:
    start = models.load(tiny_folder).network.get_weights()
    # SGD: where gradients are all but zero, Adam turns their rounding into whole steps.
    tuned = {"optimizer": "sgd", "learning_rate": 0.05, "ema": 0.9, "epochs": 2}
    config = tiny_config.changed({"start_from": str(tiny_folder), **tuned})

    def trained(change: dict[str, object], checkpoints: Path | None = None) -> list[np.ndarray]:
        weights: list[np.ndarray] = fit(
            config.changed(change), tiny_dataset, checkpoints=checkpoints
        ).model.get_weights()
        return weights

    for select_on in ("last", "validation"):
        wholly = trained({"select_on": select_on, "epochs": 1})
        partly = trained({"select_on": select_on, "epochs": 1, "start_share": 0.75})
        for new, kept, before in zip(wholly, partly, start, strict=True):
            np.testing.assert_allclose(kept, 0.25 * new + 0.75 * before, atol=1e-5)
        assert any(np.abs(a - b).max() > 0.001 for a, b in zip(wholly, start, strict=True))
    asked = {"select_on": "last", "start_share": 0.75, "schedule": "constant", "warmup_epochs": 0}
    at_once = trained(asked)
    trained({**asked, "epochs": 1}, tmp_path)
    resumed = trained(asked, tmp_path)
    for one, other in zip(at_once, resumed, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_fine_tuning_needs_the_models_own_size_and_something_to_learn(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path
) -> None:
    config = replace(tiny_config, start_from=str(tiny_folder))
    with pytest.raises(ConfigError, match="Set them to the model's"):
        fit(replace(config, height=32), tiny_dataset)
    with pytest.raises(ConfigError, match="Leave at least the last one to be trained"):
        fit(replace(config, frozen_layers=99), tiny_dataset)


def test_a_widened_network_starts_with_the_answers_of_its_original(
    tiny_dataset: Dataset,
    tiny_config: TrainingConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = tiny_config.changed({"architecture": "resnet", "options": {"width": 0.3}, "epochs": 1})
    api.train(tiny_dataset, config=small, out=tmp_path / "small")
    start = models.load(tmp_path / "small")
    wanted = small.changed({"start_from": str(tmp_path / "small"), "widen": 2})
    config = wanted.resolved()
    assert config.options == {"width": 0.6}
    assert config.resolved() == config
    monkeypatch.setattr(network, "_WIDENING_NOISE", 0)
    wide = network.build(config, start.card.labels, start)
    assert wide.count_params() > 3 * start.network.count_params()
    faces = tiny_dataset.pixels[:20]
    np.testing.assert_allclose(wide(faces), start.network(faces), atol=1e-5)

    made = api.train(tiny_dataset, config=wanted, out=tmp_path / "wide")
    assert made.card.config["options"] == {"width": 0.6}
    assert made.card.parameters == wide.count_params()


def test_a_network_can_start_from_one_that_sees_less_of_the_frame(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tmp_path: Path
) -> None:
    middle = tiny_config.changed({"architecture": "resnet", "options": {"width": 0.3}, "epochs": 1})
    api.train(tiny_dataset, config=middle, out=tmp_path / "middle")
    start = models.load(tmp_path / "middle")
    wanted = {"start_from": str(tmp_path / "middle"), "options": {"view": 1.0, "dropout": 0.1}}
    config = middle.changed(wanted).resolved()
    assert config.options == {"width": 0.3, "view": 1.0}
    whole = network.build(config, start.card.labels, start)
    for new, old in zip(whole.get_weights(), start.network.get_weights(), strict=True):
        assert (new == old).all()
    faces = tiny_dataset.pixels[:5].copy()
    answers = np.asarray(whole(faces)), np.asarray(start.network(faces))
    faces[:, 0] = faces[:, :, 0] = 0
    assert (np.asarray(start.network(faces)) == answers[1]).all()
    assert (np.asarray(whole(faces)) != answers[0]).any()

    api.train(tiny_dataset, config=config, out=tmp_path / "whole")
    again = middle.changed({"start_from": str(tmp_path / "whole")}).resolved()
    assert again.options == {"width": 0.3, "view": 1.0}


def test_a_network_that_depends_on_positions_cannot_be_widened(
    tiny_dataset: Dataset, tiny_config: TrainingConfig, tiny_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="widen needs start_from"):
        tiny_config.changed({"widen": 2})
    config = tiny_config.changed({"start_from": str(tiny_folder), "widen": 2})
    with pytest.raises(ConfigError, match="dense layer depends on positions"):
        api.train(tiny_dataset, config=config, out=tmp_path / "never")


def test_balanced_softmax_does_not_adjust_the_finished_network_again(
    tiny_dataset: Dataset, tiny_config: TrainingConfig
) -> None:
    changes = {"loss": "balanced-softmax", "logit_adjustment": 1.0, "select_on": "last"}
    fitted = fit(tiny_config.changed(changes), tiny_dataset)
    validation = tiny_dataset.select("validation")
    answers = np.asarray(fitted.model(validation.pixels, training=False))
    own = answers[np.arange(len(validation)), validation.targets]
    assert -np.log(own).mean() == pytest.approx(fitted.history[-1].val_loss, rel=1e-5)
