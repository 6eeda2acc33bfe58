import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]


def test_kaggles_two_folders_give_the_official_three_way_split_back(make: MakeFaces) -> None:
    root = make(
        "train/happy/Training_1.png",
        "train/sad/Training_2.png",
        "test/happy/PublicTest_3.png",
        "test/sad/PrivateTest_4.png",
    )
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.splits == {"train": 2, "public_test": 1, "private_test": 1}
    assert len(dataset.select("test")) == 2
    assert list(dataset.select("PublicTest").index["path"]) == ["test/happy/PublicTest_3.png"]


def test_parts_are_found_at_any_depth_and_under_any_usual_name(make: MakeFaces) -> None:
    root = make("images/Training/Anger/a.png", "images/valid/AN/b.png", "images/test/angry/c.png")
    dataset = load_dataset(root)
    assert dataset.splits == {"train": 1, "validation": 1, "test": 1}
    assert dataset.labels == ("angry",)


def test_folders_above_the_classes_that_name_no_part_are_named(make: MakeFaces) -> None:
    root = make(*(f"all/{part}/{label}/{i}.png" for part in ("set A", "set B")
                  for label in ("happy", "sad") for i in range(2)))  # fmt: skip
    dataset = load_dataset(root)
    mixed = "8 images from 2 folders that name no part ('set A', 'set B')"
    assert dataset.source_format == f"class folders: {mixed}"
    make("all/train/happy/0.png")
    assert "no part" not in load_dataset(root).source_format


def test_plain_class_folders_are_split(make: MakeFaces) -> None:
    root = make(*(f"{label}/{i}.png" for label in ("happy", "sad") for i in range(10)))
    assert load_dataset(root).splits == {"train": 12, "validation": 4, "test": 4}


def test_images_of_any_size_and_colour_get_the_requested_shape(make: MakeFaces) -> None:
    make("train/happy/colour.png", size=(90, 120), mode="RGB")
    root = make("train/sad/grey.png", size=(20, 20))
    dataset = load_dataset(root, height=32, width=40, channels=3)
    assert dataset.pixels.shape == (2, 32, 40, 3)
    assert dataset.pixels.dtype == np.uint8
    assert dataset.index["width"].tolist() == [120, 20]


def test_pixels_labels_and_targets_stay_in_step(make: MakeFaces) -> None:
    root = make("train/sad/a.png", "train/happy/b.png", "train/sad/c.png")
    dataset = load_dataset(root, validation_fraction=0)
    for row, name in enumerate(dataset.index["path"]):
        assert (dataset.pixels[row, :, :, 0] == np.asarray(Image.open(root / name))).all()
        assert dataset.labels[dataset.targets[row]] in name


def test_a_damaged_image_is_skipped_and_listed(make: MakeFaces) -> None:
    root = make("train/sad/a.png", "train/happy/b.png")
    (root / "train/sad/broken.png").write_bytes(b"not a picture")
    dataset = load_dataset(root, validation_fraction=0)
    assert len(dataset) == 2
    [(name, reason)] = dataset.skipped
    assert name == "train/sad/broken.png"
    assert reason


def test_equal_images_have_equal_hashes_and_others_do_not(make: MakeFaces) -> None:
    root = make("train/sad/a.png", "train/happy/b.png")
    (root / "train/happy/copy.png").write_bytes((root / "train/sad/a.png").read_bytes())
    by_path = load_dataset(root, validation_fraction=0).index.set_index("path")["hash"]
    assert by_path["train/happy/copy.png"] == by_path["train/sad/a.png"]
    assert by_path["train/happy/b.png"] != by_path["train/sad/a.png"]


def test_an_unknown_class_is_named_with_those_that_are_known(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/hungry/b.png")
    with pytest.raises(DatasetError, match=r"hungry.*angry, disgust"):
        load_dataset(root)


def test_the_error_for_an_empty_or_missing_folder_names_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no images in class folders.*angry"):
        load_dataset(tmp_path)
    with pytest.raises(DatasetError, match=r"No data set at.*train/<emotion>"):
        load_dataset(tmp_path / "nothing")


def test_a_split_that_is_not_there_is_an_error_that_lists_those_that_are(make: MakeFaces) -> None:
    dataset = load_dataset(make("train/sad/a.png", "train/happy/b.png"), validation_fraction=0)
    with pytest.raises(DatasetError, match=r"no faces in split 'test'.*train \(2\)"):
        dataset.select("test")
    with pytest.raises(DatasetError, match="Unknown split 'tset'"):
        dataset.select("tset")


def test_the_fingerprint_follows_content_and_label_but_not_order(make: MakeFaces) -> None:
    root = make("train/sad/a.png", "train/happy/b.png")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.take(np.array([1, 0])).fingerprint() == dataset.fingerprint()
    assert dataset.take(np.array([0])).fingerprint() != dataset.fingerprint()


def test_every_format_is_read_and_a_grey_jpeg_gives_what_pillow_gives(make: MakeFaces) -> None:
    suffixes = ("jpg", "png", "bmp", "gif", "tiff", "webp")
    root = make(*(f"train/sad/face.{suffix}" for suffix in suffixes))
    dataset = load_dataset(root, validation_fraction=0)
    assert len(dataset) == len(suffixes)
    row = dataset.index["path"].tolist().index("train/sad/face.jpg")
    seen = np.asarray(Image.open(root / "train/sad/face.jpg"))
    np.testing.assert_array_equal(dataset.pixels[row, :, :, 0], seen)


def test_a_truncated_jpeg_is_skipped_though_its_header_is_complete(make: MakeFaces) -> None:
    root = make("train/sad/a.jpg", "train/sad/b.jpg")
    file = root / "train/sad/a.jpg"
    file.write_bytes(file.read_bytes()[:-300])
    dataset = load_dataset(root, validation_fraction=0)
    assert [path for path, _ in dataset.skipped] == ["train/sad/a.jpg"]


def test_unknown_classes_are_kept_when_asked_for(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/Very Hungry/b.png")
    dataset = load_dataset(root, custom_classes=True, validation_fraction=0)
    assert dataset.labels == ("happy", "very_hungry")


def test_images_outside_class_folders_are_skipped_and_listed(make: MakeFaces) -> None:
    root = make("logo.png", "train/loose.png", "train/happy/a.png")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["train/happy/a.png"]
    assert {path for path, _ in dataset.skipped} == {"logo.png", "train/loose.png"}


def test_links_that_leave_the_folder_are_not_followed(make: MakeFaces, tmp_path: Path) -> None:
    outside = make("secret/happy/a.png", root=tmp_path / "outside")
    root = make("train/happy/a.png")
    (root / "train/happy/link.png").symlink_to(outside / "secret/happy/a.png")
    (root / "test").symlink_to(outside / "secret")
    (root / "train/happy/inside.png").symlink_to(root / "train/happy/a.png")
    dataset = load_dataset(root, validation_fraction=0)
    assert sorted(dataset.index["path"]) == ["train/happy/a.png", "train/happy/inside.png"]
    assert {path for path, _ in dataset.skipped} == {"test", "train/happy/link.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_text_and_things_that_are_not_files_are_skipped(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/happy/ä.png")
    os.mkfifo(root / "train/happy/pipe.png")
    (root / "train/happy/b.png").write_bytes((root / "train/happy/a.png").read_bytes())
    (root / "train/happy/b.png").rename(root / "train/happy" / os.fsdecode(b"bad\xff.png"))
    dataset = load_dataset(root, validation_fraction=0)
    assert sorted(dataset.index["path"]) == ["train/happy/a.png", "train/happy/ä.png"]
    reasons = dict(dataset.skipped)
    assert "not UTF-8" in reasons["train/happy/bad\ufffd.png"]
    assert "not a file" in reasons["train/happy/pipe.png"]


def test_enterface_gives_six_classes_in_colour_with_the_person_of_each_face(
    make: MakeFaces, tmp_path: Path
) -> None:
    names = [
        f"{part}/{emotion}/s{person}_{emotion[:2].lower()}_1_{part}.jpg"
        for part, person in (("train", 1), ("val", 2), ("test", 3))
        for emotion in ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
    ]
    root = make(*names, root=tmp_path / "eINTERFACE_2021_Image", size=(90, 80), mode="RGB")
    dataset = load_dataset(root, height=128, width=128, channels=3)
    assert dataset.pixels.shape == (18, 128, 128, 3)
    assert dataset.labels == ("angry", "disgust", "fear", "happy", "sad", "surprise")
    assert dataset.splits == {"train": 6, "validation": 6, "test": 6}
    assert set(dataset.select("test").index["subject"]) == {"s3"}
    assert "eNTERFACE" in dataset.source_format


def test_votes_beside_folders_belong_to_the_path_they_name(make: MakeFaces) -> None:
    root = make("train/happy/a.png", "train/sad/b.png")
    (root / "votes.csv").write_text(
        "path,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"
        "train/sad/b.png,4,0,0,5,0,0,0,0,1,0\n"
        "train/sad/gone.png,10,0,0,0,0,0,0,0,0,0\n"
    )
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.votes is not None
    assert np.isnan(dataset.votes[0]).all()
    assert dataset.votes[1].tolist() == [4, 0, 0, 5, 0, 0, 0, 0, 1, 0]
    assert ("votes.csv", "1 of its rows name no image of this data set") in dataset.skipped


def test_a_folder_beside_train_that_is_not_understood_is_left_out_and_never_mixed_in(
    make: MakeFaces,
) -> None:
    root = make("train_set/sad/a.png", "test_set/sad/b.png", "misc/sad/c.png", "misc/logo/d.png")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.splits == {"train": 1, "test": 1}
    reason = "the folder 'misc' is no known part, but beside 'test_set' and 'train_set'"
    assert dataset.skipped == (("misc/logo/d.png", reason), ("misc/sad/c.png", reason))


def test_parts_below_the_classes_are_splits(make: MakeFaces) -> None:
    root = make("angry/train/a.png", "angry/test/b.png", "1_sad/train/c.png", "1_sad/dev/d.png")
    dataset = load_dataset(root)
    assert dataset.splits == {"train": 2, "validation": 1, "test": 1}
    assert dataset.labels == ("angry", "sad")


def test_every_picture_that_pillow_reads_is_a_face_whatever_its_suffix(make: MakeFaces) -> None:
    root = make("happy/a.png", mode="RGB")
    picture = Image.open(root / "happy" / "a.png")
    suffixes = {
        "jfif": "JPEG", "jpe": "JPEG", "avif": "AVIF", "pgm": "PPM", "ppm": "PPM",
        "jp2": "JPEG2000", "JPG": "JPEG", "tga": "TGA", "webp": "WEBP",
    }  # fmt: skip
    for suffix, image_format in suffixes.items():
        picture.save(root / "happy" / f"b.{suffix}", image_format)
    picture.save(root / "happy" / "subject01.happy", "GIF")  # as in the Yale faces
    picture.save(root / "happy" / "without suffix", "JPEG")
    picture.save(root / "happy" / "wrong.png", "BMP")
    dataset = load_dataset(root, validation_fraction=0)
    assert len(dataset) == 1 + len(suffixes) + 3
    assert dataset.skipped == ()


def test_a_file_that_is_no_picture_is_skipped_by_name_unless_a_system_left_it(
    make: MakeFaces,
) -> None:
    root = make("happy/a.png", "sad/b.png")
    (root / "README").write_text("About the faces")
    (root / "happy" / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    (root / "happy" / "Thumbs.db").write_bytes(b"\xd0\xcf")
    (root / "happy" / "._a.png").write_bytes(b"\0\5\x16\7")
    dataset = load_dataset(root, validation_fraction=0)
    assert len(dataset) == 2
    assert dict(dataset.skipped) == {"README": "text", "happy/clip.mp4": "a video"}


def test_when_no_image_can_be_read_the_reason_is_that_of_an_image(make: MakeFaces) -> None:
    root = make("happy/a.png")
    (root / "README").write_text("About the faces")
    (root / "happy" / "a.png").write_bytes(b"\x89PNG cut")
    with pytest.raises(DatasetError, match=r"The first: .*damaged PNG"):
        load_dataset(root)


def test_where_no_face_is_found_the_error_names_what_the_folder_holds(make: MakeFaces) -> None:
    root = make("happy_1.png", "sad_1.png")
    (root / "data.rds").write_bytes(b"RDX3\nX\n\0\x01\x02")
    with pytest.raises(DatasetError) as error:
        load_dataset(root)
    assert "happy_1.png, sad_1.png (not in a class folder)" in str(error.value)
    assert "data.rds (" in str(error.value)
