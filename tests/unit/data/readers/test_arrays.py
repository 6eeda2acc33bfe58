from pathlib import Path

import h5py
import numpy as np
import pytest

from fer.data import load_dataset
from fer.data.classes import UnknownClassesError
from fer.errors import DatasetError

FACES = np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)
WORDS = np.array(["happy", "sad"] * 3)
CODES = np.array([0, 1] * 3)


@pytest.mark.parametrize(
    "faces",
    [
        FACES,
        FACES[..., None],
        FACES[:, None],
        FACES.reshape(6, -1),
        FACES.astype(np.float32),
        FACES / 255,
        (FACES / 255).astype(np.float32),
        FACES.astype(np.int64),
    ],
    ids=["uint8", "channel last", "channel first", "flat", "floats", "0-1", "0-1 single", "int64"],
)
def test_images_are_read_in_every_usual_form(tmp_path: Path, faces: np.ndarray) -> None:
    np.savez(tmp_path / "faces.npz", images=faces, labels=WORDS)
    dataset = load_dataset(tmp_path / "faces.npz", validation_fraction=0)
    assert dataset.index["label"].tolist() == WORDS.tolist()
    np.testing.assert_array_equal(dataset.pixels[..., 0], FACES)


def test_colour_is_kept_whether_the_channel_is_first_or_last(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), dtype=np.uint8)
    for name, images in (("last", colour), ("first", np.moveaxis(colour, 3, 1))):
        np.savez(tmp_path / f"{name}.npz", images=images, labels=WORDS[:2])
        dataset = load_dataset(tmp_path / f"{name}.npz", channels=3, validation_fraction=0)
        np.testing.assert_array_equal(dataset.pixels, colour)


@pytest.mark.parametrize(
    ("images", "labels"), [("X_{}.npy", "y_{}.npy"), ("{}_images.npy", "{}_labels.npy"),
                           ("modX{}.npy", "mody{}.npy")]
)  # fmt: skip
def test_pairs_of_files_are_matched_by_their_split(
    tmp_path: Path, images: str, labels: str
) -> None:
    for split, rows in (("train", slice(0, 3)), ("test", slice(3, 6))):
        np.save(tmp_path / images.format(split), FACES[rows])
        np.save(tmp_path / labels.format(split), WORDS[rows])
    np.save(tmp_path / "embeddings.npy", np.zeros((9, 512)))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.splits == {"train": 3, "test": 3}
    order = np.argsort(dataset.index["split"].to_numpy() != "train", kind="stable")
    np.testing.assert_array_equal(dataset.pixels[order, :, :, 0], FACES)
    assert dataset.index["label"].to_numpy()[order].tolist() == WORDS.tolist()


def test_one_hot_rows_and_numbers_mean_what_the_names_beside_them_give(tmp_path: Path) -> None:
    names = np.array(["sad", "happy"])
    for labels in (CODES, np.eye(2)[CODES], CODES[:, None], CODES.astype(np.float32)):
        np.savez(tmp_path / "named.npz", x=FACES, y=labels, class_names=names)
        dataset = load_dataset(tmp_path / "named.npz", validation_fraction=0)
        assert dataset.index["label"].tolist() == ["sad", "happy"] * 3


def test_bare_numbers_are_not_guessed(tmp_path: Path) -> None:
    np.savez(tmp_path / "bare.npz", x_train=FACES, y_train=CODES)
    with pytest.raises(UnknownClassesError) as unknown:
        load_dataset(tmp_path / "bare.npz")
    assert [(one.name, one.faces) for one in unknown.value.classes] == [("0", 3), ("1", 3)]
    dataset = load_dataset(tmp_path / "bare.npz", classes={"0": "fear", "1": "happy"})
    assert dataset.labels == ("fear", "happy")


def test_ck_data_h5_is_read_in_the_order_that_its_authors_wrote(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "CK_data.h5", "w") as file:
        file.create_dataset("data_pixel", data=FACES, dtype="uint8")
        file.create_dataset("data_label", data=[0, 1, 2, 4, 5, 6], dtype="int64")
    index = load_dataset(tmp_path / "CK_data.h5", validation_fraction=0).index
    assert index["label"].tolist() == ["angry", "disgust", "fear", "sad", "surprise", "contempt"]


def test_the_parts_of_fer2013_in_hdf5_keep_their_splits_and_codes(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "data.h5", "w") as file:
        for at, part in enumerate(("Training", "PublicTest", "PrivateTest")):
            file[f"{part}_pixel"] = FACES[2 * at : 2 * at + 2].reshape(2, -1)
            file[f"{part}_label"] = [3, 6]
    dataset = load_dataset(tmp_path / "data.h5", validation_fraction=0)
    assert dataset.splits == {"train": 2, "public_test": 2, "private_test": 2}
    assert set(dataset.index["label"]) == {"happy", "neutral"}


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"images": FACES}, r"no array has 6 labels for its 6 images \('images'\)"),
        ({"images": FACES, "labels": WORDS[:5]}, "no array has 6 labels"),
        ({"images": FACES, "a": CODES, "b": CODES}, "2 arrays have 6 labels"),
        ({"images": FACES[:, :5], "labels": WORDS}, r"no array in it holds images .*\(6, 5, 48\)"),
        ({"images": FACES / 127.5 - 1, "labels": WORDS}, "values from -1 to 1"),
        ({"images": FACES * np.nan, "labels": WORDS}, "not finite"),
        ({"images": FACES, "labels": WORDS.astype(object)}, r"any program.*numpy\.savez"),
        ({"images": FACES, "labels": np.ones((6, 3))}, "do not add up to 1"),
    ],
)
def test_arrays_that_are_no_data_set_are_refused_with_the_reason(
    tmp_path: Path, arrays: dict[str, np.ndarray], reason: str
) -> None:
    np.savez(tmp_path / "faces.npz", **arrays)
    with pytest.raises(DatasetError, match=reason):
        load_dataset(tmp_path / "faces.npz")


def test_an_array_of_python_objects_is_not_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", FACES.astype(object))
    np.save(tmp_path / "y.npy", WORDS)
    with pytest.raises(DatasetError, match=r"any program.*numpy\.savez"):
        load_dataset(tmp_path / "X.npy")


def test_values_that_lie_in_other_files_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(6 * 48 * 48))
    for how in ("external", "virtual"):
        file = tmp_path / f"{how}.h5"
        with h5py.File(file, "w") as made:
            made["labels"] = CODES
            if how == "external":
                made.create_dataset(
                    "images", (6, 48, 48), "u1", external=[(str(secret), 0, 6 * 48 * 48)]
                )
            else:
                layout = h5py.VirtualLayout((6, 48, 48), "u1")
                layout[:] = h5py.VirtualSource(str(secret), "images", (6, 48, 48))
                made.create_virtual_dataset("images", layout)
        with pytest.raises(DatasetError, match="takes its values from other files"):
            load_dataset(file)


def test_a_small_file_that_holds_a_huge_array_is_refused_before_it_is_unpacked(
    tmp_path: Path,
) -> None:
    with h5py.File(tmp_path / "huge.h5", "w") as made:
        made["labels"] = CODES
        made.create_dataset("images", (1000, 50_000, 50_000), "u1", chunks=True)
    with pytest.raises(DatasetError, match=r"has 2,500 GB; at most 10 can be read"):
        load_dataset(tmp_path / "huge.h5")


def test_images_never_take_the_labels_of_another_part(tmp_path: Path) -> None:
    for part in ("val", "test"):
        np.save(tmp_path / f"X_{part}.npy", FACES)
    np.save(tmp_path / "y_test.npy", WORDS)
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.splits == {"test": 6}
    assert [path for path, _ in dataset.skipped] == ["X_val.npy"]


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_whether_numbers_count_from_1_is_decided_by_all_parts_together(
    tmp_path: Path, suffix: str
) -> None:
    names = np.array(["sad", "happy", "fear"], dtype="S5")
    parts = {
        "X_train": FACES[:3], "y_train": np.array([1, 2, 3]),
        "X_test": FACES[3:], "y_test": np.array([1, 2, 1]),
    }  # fmt: skip
    file = tmp_path / f"named{suffix}"
    if suffix == ".npz":
        np.savez(file, class_names=names, **parts)
    else:
        with h5py.File(file, "w") as made:
            for name, values in {"class_names": names, **parts}.items():
                made[name] = values
    index = load_dataset(file, validation_fraction=0).index
    by_split = {split: rows["label"].tolist() for split, rows in index.groupby("split")}
    assert by_split == {"train": ["sad", "happy", "fear"], "test": ["sad", "happy", "sad"]}


def test_one_hot_rows_count_from_0_beside_numbers_from_1(tmp_path: Path) -> None:
    parts = {
        "X_train": FACES[:3], "y_train": np.array([1, 2, 3]),
        "X_test": FACES[3:], "y_test": np.eye(3)[[0, 1, 2]],
    }  # fmt: skip
    np.savez(tmp_path / "named.npz", class_names=np.array(["sad", "happy", "fear"]), **parts)
    index = load_dataset(tmp_path / "named.npz", validation_fraction=0).index
    assert index["label"].tolist() == ["sad", "happy", "fear"] * 2
