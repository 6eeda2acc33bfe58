from dataclasses import replace
from pathlib import Path

import pytest

from fer.data import Dataset
from fer.evaluation.lineage import is_of, training_data
from fer.models.card import ModelCard


def card(name: str, *, data: str, start_from: str = "") -> ModelCard:
    return ModelCard(
        name=name, labels=("happy", "sad"), height=48, width=48, channels=1, framing={},
        data={"name": data}, config={"start_from": start_from},
    )  # fmt: skip


def test_a_data_set_is_recognised_under_another_name_whatever_its_labels_and_validation_part(
    tiny_dataset: Dataset,
) -> None:
    data = {"name": "before", "faces": tiny_dataset.faces_to_learn()}
    assert is_of(data, tiny_dataset)
    moved = tiny_dataset.index["split"].replace("validation", "train")
    index = tiny_dataset.index.assign(split=moved, label="happy")
    assert is_of(data, replace(tiny_dataset, index=index))
    index = tiny_dataset.index.assign(hash="other " + tiny_dataset.index["hash"])
    assert not is_of(data, replace(tiny_dataset, index=index))
    assert is_of({"name": "tiny"}, replace(tiny_dataset, index=index))
    assert not is_of({}, tiny_dataset)


def test_a_card_without_a_hash_of_the_faces_is_recognised_by_its_fingerprint(
    tiny_dataset: Dataset,
) -> None:
    assert is_of({"name": "before", "fingerprint": tiny_dataset.fingerprint()}, tiny_dataset)


def test_a_model_learnt_from_the_data_of_every_model_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    first, second = card("a", data="one"), card("b", data="two", start_from="a")
    for made in (first, second):
        (tmp_path / made.name).mkdir()
        (tmp_path / made.name / "card.json").write_text(made.to_json())
        (tmp_path / made.name / "model.keras").touch()
    third = card("c", data="three", start_from="b")
    assert [data["name"] for data in training_data(third)] == ["three", "two", "one"]
    assert [data["name"] for data in training_data(first)] == ["one"]


def test_a_model_that_is_gone_ends_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    assert [data["name"] for data in training_data(card("c", data="x", start_from="b"))] == ["x"]


def test_a_model_learnt_from_its_extra_data_set_too() -> None:
    own = card("a", data="one")
    with_extra = replace(own, data={"name": "one", "extra": {"name": "more"}})
    assert [data["name"] for data in training_data(with_extra)] == ["one", "more"]
