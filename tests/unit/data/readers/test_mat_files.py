from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from fer.data import load_dataset
from fer.data.classes import UnknownClassesError
from fer.data.readers import array_files
from fer.data.synthetic import draw_face
from fer.errors import DatasetError

LABELS = ["happy", "sad", "fear"] * 2
FACES = np.stack([draw_face(label, seed=at, size=48) for at, label in enumerate(LABELS)])
FACES = FACES.reshape(6, 48, 48)
CODES = np.array([1, 2, 3] * 2)
NAMES = np.array(["happy", "sad", "fear"], dtype=object)
CELLS = np.array(LABELS, dtype=object)
IN_MATLAB = np.moveaxis(FACES, 0, 2)
FILES: dict[str, dict[str, Any]] = {
    "by Python": {"images": FACES, "labels": CELLS},
    "by MATLAB": {"images": IN_MATLAB, "labels": CELLS[:, None]},
    "names from 1": {"X": IN_MATLAB, "y": CODES[:, None].astype(float), "class_names": NAMES},
    "names from 0": {"X": IN_MATLAB, "y": CODES - 1, "class_names": NAMES},
    "flat by Python": {"X": FACES.reshape(6, -1), "labels": CELLS},
    "flat by MATLAB": {"X": FACES.swapaxes(1, 2).reshape(6, -1), "labels": CELLS},
    "flat in columns": {"X": FACES.swapaxes(1, 2).reshape(6, -1).T, "labels": CELLS},
    "0 to 1": {"X": IN_MATLAB / 255, "labels": CELLS},
    "characters": {"X": IN_MATLAB, "labels": np.array(LABELS)},
    "struct": {"data": {"images": IN_MATLAB, "labels": CELLS}},
    "one-hot": {"X": IN_MATLAB, "y": np.eye(3)[CODES - 1].T, "names": NAMES},
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("is_packed", [True, False])
def test_images_and_labels_are_read_as_matlab_and_python_write_them(
    tmp_path: Path, name: str, is_packed: bool
) -> None:
    scipy.io.savemat(tmp_path / "faces.mat", FILES[name], do_compression=is_packed)
    for source in (tmp_path, tmp_path / "faces.mat"):
        dataset = load_dataset(source, validation_fraction=0)
        assert dataset.index["label"].tolist() == LABELS
        np.testing.assert_array_equal(dataset.pixels[..., 0], FACES)


def test_version_7_3_is_read_with_its_axes_reversed(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "faces.mat", "w", userblock_size=512) as file:
        file["images"] = IN_MATLAB.T
        cells = []
        for at, label in enumerate(LABELS):
            text = file.create_dataset(f"#refs#/{at}", data=np.array([[ord(one)] for one in label]))
            text.attrs["MATLAB_class"] = np.bytes_("char")
            cells.append(text.ref)
        labels = file.create_dataset("labels", (1, 6), h5py.ref_dtype)
        labels[0] = cells
        labels.attrs["MATLAB_class"] = np.bytes_("cell")
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.index["label"].tolist() == LABELS
    np.testing.assert_array_equal(dataset.pixels[..., 0], FACES)


def test_numbers_without_names_are_asked_about(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "faces.mat", {"X": IN_MATLAB, "y": CODES})
    with pytest.raises(UnknownClassesError, match=r"'1' \(2 faces"):
        load_dataset(tmp_path)


def test_a_damaged_or_too_large_file_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "faces.mat"
    scipy.io.savemat(file, FILES["by MATLAB"], do_compression=True)
    whole = file.read_bytes()
    for end in (60, 130, len(whole) // 2, len(whole) - 3):
        file.write_bytes(whole[:end])
        with pytest.raises(DatasetError, match="'faces"):
            load_dataset(file)
    file.write_bytes(whole)
    monkeypatch.setattr(array_files, "MAX_BYTES", 1000)
    with pytest.raises(DatasetError, match="at most 0 can be read"):
        load_dataset(file)


def test_a_part_without_the_first_class_is_not_shifted(tmp_path: Path) -> None:
    parts = {
        "X_train": IN_MATLAB, "y_train": CODES - 1,
        "X_test": IN_MATLAB[..., 1:3], "y_test": np.array([1, 2]),
    }  # fmt: skip
    scipy.io.savemat(tmp_path / "faces.mat", {**parts, "class_names": NAMES})
    index = load_dataset(tmp_path, validation_fraction=0).index
    assert index.loc[index["split"] == "train", "label"].tolist() == LABELS
    assert index.loc[index["split"] == "test", "label"].tolist() == ["sad", "fear"]


def test_one_hot_rows_without_the_first_class_are_not_shifted(tmp_path: Path) -> None:
    one_hot = {"X": IN_MATLAB[..., 1:3], "y": np.eye(3)[[1, 2]], "names": NAMES}
    scipy.io.savemat(tmp_path / "faces.mat", one_hot)
    assert load_dataset(tmp_path, validation_fraction=0).index["label"].tolist() == ["sad", "fear"]


@pytest.mark.parametrize("form", ["grey", "colour"])
def test_faces_that_a_program_in_python_wrote_as_hdf5_do_not_lie_on_their_side(
    tmp_path: Path, form: str
) -> None:
    faces = FACES if form == "grey" else np.stack([FACES // 2, FACES, FACES], axis=3)
    with h5py.File(tmp_path / "faces.mat", "w") as file:
        file["images"] = faces
        file["labels"] = CODES
    channels = 1 if form == "grey" else 3
    classes = {"1": "happy", "2": "sad", "3": "fear"}
    dataset = load_dataset(tmp_path, classes=classes, channels=channels, validation_fraction=0)
    np.testing.assert_array_equal(np.squeeze(dataset.pixels), faces)


def test_faces_that_matlab_wrote_are_never_turned(tmp_path: Path) -> None:
    lying = FACES.swapaxes(1, 2)
    with h5py.File(tmp_path / "faces.mat", "w") as file:
        file["images"] = np.moveaxis(lying, 0, 2).T
        file["images"].attrs["MATLAB_class"] = np.bytes_("uint8")
        file["labels"] = CODES
    dataset = load_dataset(tmp_path, custom_classes=True, validation_fraction=0)
    np.testing.assert_array_equal(dataset.pixels[..., 0], lying)


def test_images_are_read_when_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scipy.io.savemat(tmp_path / "faces.mat", FILES["names from 1"])
    read: list[str] = []
    whole = scipy.io.loadmat

    def noted(file: Path, variable_names: list[str], **options: Any) -> dict[str, Any]:
        read.extend(variable_names)
        found: dict[str, Any] = whole(file, variable_names=variable_names, **options)
        return found

    monkeypatch.setattr(scipy.io, "loadmat", noted)
    load_dataset(tmp_path, validation_fraction=0)
    assert read.count("X") == 1
    load_dataset(tmp_path, validation_fraction=0)
    assert read.count("X") == 1


@pytest.mark.parametrize("version", ["7.3", "5"])
def test_the_bound_holds_for_all_arrays_together_and_for_those_in_structs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    parts = {"X_train": FACES, "y_train": CODES, "X_test": FACES, "y_test": CODES}
    if version == "7.3":
        with h5py.File(tmp_path / "faces.mat", "w") as file:
            for name, values in parts.items():
                file[name] = values
    else:
        scipy.io.savemat(tmp_path / "faces.mat", {"data": parts}, do_compression=True)
    load_dataset(tmp_path, custom_classes=True, validation_fraction=0)
    monkeypatch.setattr(array_files, "MAX_BYTES", int(1.5 * FACES.nbytes))
    with pytest.raises(DatasetError, match="at most 0 can be read"):
        load_dataset(tmp_path / "faces.mat", custom_classes=True)


def test_texts_that_lie_in_other_files_are_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * 5)
    with h5py.File(tmp_path / "faces.mat", "w") as file:
        file["images"] = IN_MATLAB.T
        place = [(str(tmp_path / "secret"), 0, 5)]
        text = file.create_dataset("#refs#/0", (5, 1), "u1", external=place)
        text.attrs["MATLAB_class"] = np.bytes_("char")
        labels = file.create_dataset("labels", (1, 6), h5py.ref_dtype)
        labels[0] = [text.ref] * 6
        labels.attrs["MATLAB_class"] = np.bytes_("cell")
    with pytest.raises(DatasetError, match="takes its values from other files"):
        load_dataset(tmp_path / "faces.mat", custom_classes=True)
