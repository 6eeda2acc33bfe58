from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer import runs
from fer.data import annotations, load_dataset
from fer.errors import ConfigError, DatasetError, FerError
from fer.runs.estimate import faces_of, recorded_throughput
from fer.training.config import TrainingConfig


def draw(folder: Path, counts: dict[str, int]) -> None:
    """Write distinct faces of noise, this many of each class."""
    rng = np.random.default_rng(sum(counts.values()))
    for label, count in counts.items():
        (folder / label).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            face = rng.integers(0, 256, (24, 24), dtype=np.uint8)
            Image.fromarray(face).save(folder / label / f"{number}.png")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingConfig:
    """Of a data set with ten training faces of two classes and a note; a fifth is held out."""
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    draw(tmp_path / "set" / "train", {"happy": 5, "sad": 5})
    draw(tmp_path / "set" / "test", {"happy": 1, "sad": 1})
    (tmp_path / "set" / "train" / "sad" / "notes.txt").touch()
    return TrainingConfig(dataset=str(tmp_path / "set"))


def test_the_drawn_faces_are_counted_without_drawing_them() -> None:
    faces = faces_of(TrainingConfig())
    assert faces.train == 7 * 500 * 0.8
    assert faces.by_class is not None
    assert faces.by_class["disgust"] == (400, 100)


def test_the_files_of_a_folder_are_counted_less_the_share_held_out(config: TrainingConfig) -> None:
    faces = faces_of(config)
    assert (faces.train, faces.by_class) == (8, None)


def test_a_data_set_that_was_read_once_is_counted_by_class_though_never_trained_on(
    config: TrainingConfig,
) -> None:
    load_dataset(config.dataset, height=24, width=24)
    faces = faces_of(config)
    assert (faces.train, faces.by_class) == (8, {"happy": (4, 1), "sad": (4, 1)})
    half = faces_of(replace(config, validation_fraction=0.4))
    assert half.by_class == {"happy": (3, 2), "sad": (3, 2)}


def test_a_class_that_validation_lacks_or_nearly_lacks_is_named(config: TrainingConfig) -> None:
    draw(Path(config.dataset) / "train", {"disgust": 1, "fear": 60})
    load_dataset(config.dataset, height=24, width=24)
    caveats = list(faces_of(config).caveats())
    assert caveats[0].startswith("No validation face shows disgust: its recall is not measured")
    assert "only 1 happy face: the recall of happy is uncertain" in caveats[1]
    assert not any("fear" in caveat for caveat in caveats)


def test_an_epoch_has_the_extra_faces_and_the_share_that_is_replayed(
    config: TrainingConfig, tmp_path: Path
) -> None:
    draw(tmp_path / "more" / "train", {"happy": 3, "sad": 2, "fear": 4})
    load_dataset(config.dataset, height=24, width=24)
    own = faces_of(config).train
    assert own
    extra = replace(config, extra=str(tmp_path / "more"), extra_times=2, replay=0.5)
    assert faces_of(extra).train == round(own / 2)  # the extra one was never read
    load_dataset(extra.extra, height=24, width=24)
    assert faces_of(extra).train == round(own / 2) + 2 * 5  # `config` has no class fear


def test_an_extra_data_set_that_the_app_may_not_read_is_refused(
    config: TrainingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_dataset(config.dataset, height=24, width=24)
    with pytest.raises(DatasetError, match="not under a folder that this app may read"):
        faces_of(replace(config, extra="/etc"))


def test_where_the_votes_are_the_truth_they_are_counted(config: TrainingConfig) -> None:
    by_votes = replace(config, truth="votes", validation_fraction=0.5)
    load_dataset(config.dataset, height=24, width=24)
    with pytest.raises(DatasetError, match="truth is 'votes', and 'set' has none"):
        faces_of(by_votes)
    rows = [f"train/{label}/{n}.png,0,8,2" for label in ("happy", "sad") for n in (0, 1)]
    rows += [f"train/{label}/{n}.png,0,2,8" for label in ("happy", "sad") for n in (2, 3)]
    rows += [f"train/{label}/4.png,10,0,0" for label in ("happy", "sad")]
    others = "neutral,surprise,sad,angry,disgust,fear,unknown"
    text = f"path,not_face,happy,contempt,{others}\n" + ",0,0,0,0,0,0,0\n".join([*rows, ""])
    (Path(config.dataset) / "votes.csv").write_text(text)
    dataset = load_dataset(
        config.dataset, height=24, width=24, validation_fraction=0.5, truth="votes"
    )
    assert set(dataset.labels) == {"happy", "contempt"}
    splits = dataset.index.groupby("label")["split"].value_counts()
    faces = faces_of(by_votes)
    assert faces.by_class == {
        label: tuple(splits.get((label, split), 0) for split in ("train", "validation"))
        for label in dataset.labels
    }
    assert sum(train for train, _ in faces.by_class.values()) == faces.train < 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"truth": "votes"}, "truth is 'votes', and 'synthetic' has none"),
        ({"label_mode": "soft"}, "label_mode is 'soft', and 'synthetic' has no votes"),
    ],
)
def test_votes_that_the_drawn_faces_do_not_have_are_refused_before_a_run_waits(
    changes: dict[str, str], message: str
) -> None:
    with pytest.raises(FerError, match=message):
        faces_of(replace(TrainingConfig(), **changes))


def test_soft_labels_of_a_data_set_that_was_read_without_votes_are_refused(
    config: TrainingConfig,
) -> None:
    load_dataset(config.dataset, height=24, width=24)
    with pytest.raises(ConfigError, match="label_mode is 'blend', and 'set' has no votes"):
        faces_of(replace(config, label_mode="blend"))


def test_annotated_faces_count_in_train_and_as_given_in_validation(config: TrainingConfig) -> None:
    dataset = load_dataset(config.dataset, height=24, width=24)
    for split in ("train", "validation"):
        rows = dataset.index[(dataset.index["split"] == split) & (dataset.index["label"] == "sad")]
        annotations.annotate(dataset, [rows["path"].iloc[0]], label="happy")
    assert faces_of(config).by_class == {"happy": (5, 1), "sad": (3, 1)}


def test_one_class_or_no_training_face_is_refused_before_a_run_waits(
    config: TrainingConfig, tmp_path: Path
) -> None:
    load_dataset(config.dataset, height=24, width=24)
    with pytest.raises(DatasetError, match="only the class happy to learn"):
        faces_of(replace(config, labels=("happy",)))
    draw(tmp_path / "tests" / "test", {"happy": 3, "sad": 3})
    load_dataset(tmp_path / "tests", height=24, width=24)
    with pytest.raises(DatasetError, match="no faces in its split train"):
        faces_of(TrainingConfig(dataset=str(tmp_path / "tests")))


def test_a_data_set_that_is_not_there_or_not_allowed_is_refused(
    config: TrainingConfig, tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match="No data set"):
        faces_of(TrainingConfig(dataset=str(tmp_path / "gone")))
    with pytest.raises(DatasetError, match="not under a folder"):
        faces_of(TrainingConfig(dataset="/etc"))


def test_the_throughput_of_earlier_runs_is_scaled_by_what_a_face_costs() -> None:
    assert recorded_throughput("resnet", 100) is None
    other = runs.create(TrainingConfig(architecture="vgg"))
    other.write_status(**other.stored_status(), faces_per_s=80.0, multiply_adds=50)
    assert recorded_throughput("resnet", 100) == 40
    same = runs.create(TrainingConfig(architecture="resnet"))
    facts = {"finished_epochs": 2, "seconds": 10.0, "train_faces": 500, "multiply_adds": 200}
    same.write_status(**same.stored_status(), **facts)
    assert recorded_throughput("resnet", 100) == 200
    same.write_status(**same.stored_status() | {"faces_per_s": 150.0})
    assert recorded_throughput("resnet", 100) == 300
