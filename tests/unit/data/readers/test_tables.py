"""The tables that people really have; each is written here as its public source has it."""

import pickle
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from fer.data import Dataset, load_dataset
from fer.data.classes import UnknownClassesError
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]
SIDE = 48
FACES = np.random.default_rng(0).integers(0, 256, (4, SIDE * SIDE))
CODES = (0, 3, 6, 4)
LABELS = ["angry", "happy", "neutral", "sad"]
MEANINGS = dict(zip(map(str, CODES), LABELS, strict=True))
USAGES = ("Training", "Training", "PublicTest", "PrivateTest")


def read(path: Path, **options: object) -> Dataset:
    return load_dataset(path, validation_fraction=0, **options)  # type: ignore[arg-type]


def joined(values: Iterable[object], separator: str = " ") -> str:
    return separator.join(map(str, values))


def rows(
    *, separator: str = ",", quote: str = "", header: str = "emotion,pixels,Usage"
) -> list[str]:
    """The lines of a fer2013.csv with four faces."""
    lines = [separator.join(f"{quote}{name}{quote}" for name in header.split(","))]
    for code, face, usage in zip(CODES, FACES, USAGES, strict=True):
        cells = (code, joined(face), usage)
        lines.append(separator.join(f"{quote}{cell}{quote}" for cell in cells))
    return lines


def check(dataset: Dataset) -> None:
    assert dataset.index["label"].tolist() == LABELS
    assert dataset.splits == {"train": 2, "public_test": 1, "private_test": 1}
    np.testing.assert_array_equal(dataset.pixels.reshape(4, -1), FACES)


PLAIN = "\n".join(rows()) + "\n"
WRITTEN = {
    "semicolons.csv": "\n".join(rows(separator=";")).encode(),
    "tabs.tsv": "\n".join(rows(separator="\t")).encode(),
    "bars.txt": "\n".join(rows(separator="|")).encode(),
    "excel.csv": "\r\n".join(["sep=;", *rows(separator=";", quote='"')]).encode("utf-8-sig"),
    "quoted.csv": "\n".join(rows(quote='"')).encode(),
    "utf16.csv": PLAIN.encode("utf-16"),
    "utf16-without-mark.csv": PLAIN.encode("utf-16-be"),
    "utf32.csv": PLAIN.encode("utf-32"),
    "utf32-without-mark.csv": PLAIN.encode("utf-32-be"),
    "utf32-little-without-mark.csv": PLAIN.encode("utf-32-le"),
    "old-mac.csv": PLAIN.replace("\n", "\r").encode(),
    "fer2013": PLAIN.encode(),
    "shouting.CSV": PLAIN.encode(),
    "headless.csv": "\n".join(rows()[1:]).encode(),
    "comments.csv": ("# made in 2020, by hand\n#\n\n" + PLAIN).encode(),
    "fer2013.dat": PLAIN.encode(),
    "floats.csv": "\n".join(
        ["emotion,pixels,Usage"]
        + [
            f"{code}.0,{joined(float(value) for value in face)},{usage}"
            for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
        ]
    ).encode(),
    "lists.csv": "\n".join(
        ["emotion,pixels,Usage"]
        + [
            f'{code},"[{joined(face, ", ")}]",{usage}'
            for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
        ]
    ).encode(),
    "lists-without-quotes.csv": "\n".join(
        ["emotion,pixels,Usage"]
        + [
            f"{code},[{joined(face, ', ')}],{usage}"
            for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
        ]
    ).encode(),
    "lines-in-quotes.csv": "\n".join(
        ["emotion,pixels,Usage"]
        + [
            f'{code},"[{chr(10).join(joined(line) for line in face.reshape(SIDE, SIDE))}]",{usage}'
            for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
        ]
    ).encode(),
    "comma-beside.csv": "\n".join(
        ["source,emotion,pixels,Usage"] + [f'"Smith, J.",{line}' for line in rows()[1:]]
    ).encode(),
    "wide.csv": "\n".join(
        ["emotion," + joined((f"pixel{at}" for at in range(SIDE * SIDE)), ",") + ",Usage"]
        + [
            f"{code},{joined(face, ',')},{usage}"
            for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
        ]
    ).encode(),
    "headless-wide.csv": "\n".join(
        f"{code},{joined(face, ',')},{usage}"
        for code, face, usage in zip(CODES, FACES, USAGES, strict=True)
    ).encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_pixels_are_read_however_the_table_is_written(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(WRITTEN[name])
    dataset = read(file)
    check(dataset)
    assert dataset.skipped == ()
    assert len(read(tmp_path)) == 4  # found in its folder


def test_columns_of_pixels_that_are_sorted_as_text_are_put_in_order(tmp_path: Path) -> None:
    order = sorted(range(SIDE * SIDE), key=str)
    lines = ["label," + joined((f"pixel_{at}" for at in order), ",")]
    lines += [f"{code},{joined(face[order], ',')}" for code, face in zip(CODES, FACES, strict=True)]
    (tmp_path / "sorted.csv").write_text("\n".join(lines))
    dataset = read(tmp_path / "sorted.csv", classes=MEANINGS)
    np.testing.assert_array_equal(dataset.pixels.reshape(4, -1), FACES)


def test_other_sizes_and_values_up_to_1_are_scaled(tmp_path: Path) -> None:
    large = np.repeat(np.linspace(0, 1, 64), 64).reshape(64, 64).T
    lines = ["label,pixels", *(f"{code},{joined(large.ravel())}" for code in CODES)]
    (tmp_path / "large.csv").write_text("\n".join(lines))
    dataset = read(tmp_path / "large.csv", height=64, width=64, classes=MEANINGS)
    assert dataset.index["width"].tolist() == [64] * 4
    np.testing.assert_array_equal(dataset.pixels[0, :, :, 0], np.rint(large * 255))


def test_pixels_that_resizing_carried_a_little_beyond_1_are_not_black(tmp_path: Path) -> None:
    shares = FACES / 255
    shares[2, 7] = 1.004
    lines = ["emotion,pixels", *(f"0,{joined(face)}" for face in shares)]
    (tmp_path / "fer2013.csv").write_text("\n".join(lines))
    expected = FACES.copy()
    expected[2, 7] = 255
    np.testing.assert_array_equal(read(tmp_path).pixels.reshape(4, -1), expected)
    lines = ["emotion,pixels", *(f"0,{joined(face * 2.5)}" for face in shares)]
    (tmp_path / "fer2013.csv").write_text("\n".join(lines))
    with pytest.raises(DatasetError, match=r"'fer2013.csv'.*reach 2\.5.*Expected 0 to 1"):
        read(tmp_path)


def test_a_quotation_mark_that_is_never_closed_takes_no_other_row_with_it(tmp_path: Path) -> None:
    lines = rows()
    lines[2] = '"' + lines[2]
    (tmp_path / "open.csv").write_text("\n".join(lines))
    dataset = read(tmp_path)
    assert dataset.index["path"].tolist() == ["open.csv:2", "open.csv:4", "open.csv:5"]
    assert [where for where, _ in dataset.skipped] == ["open.csv:3"]


@pytest.mark.parametrize(
    ("encoding", "header", "names"),
    [
        ("gbk", "表情", "生气 高兴 中性 悲伤"),
        ("big5", "表情", "生氣 高興 中性 悲傷"),
        ("shift_jis", "感情", "怒り 喜び 無表情 悲しみ"),
        ("euc_kr", "감정", "분노 행복 중립 슬픔"),
        ("cp1251", "эмоция", "злость радость нейтральное грусть"),
        ("cp1254", "duygu", "kızgın mutlu nötr üzgün"),
        ("cp1252", "Gefühl", "Ärger glücklich Neutralität Traurigkeit"),
    ],
)
def test_words_in_the_encodings_from_before_unicode_are_understood(
    tmp_path: Path, encoding: str, header: str, names: str
) -> None:
    lines = [
        f"{name},{joined(face)},{usage}"
        for name, face, usage in zip(names.split(), FACES, USAGES, strict=True)
    ]
    (tmp_path / "faces.csv").write_text(
        "\n".join([f"{header},pixels,Usage", *lines]), encoding=encoding
    )
    check(read(tmp_path))


def test_a_list_of_files_with_comments_above_it_is_read(make: MakeFaces) -> None:
    root = make("images/a.png", "images/b.png")
    (root / "train.lst").write_text("# faces and labels\nimages/a.png happy\nimages/b.png sad\n")
    assert read(root).index["label"].tolist() == ["happy", "sad"]
    (root / "train.lst").write_text("#path,label\nimages/a.png,happy\nimages/b.png,sad\n")
    assert read(root).index["label"].tolist() == ["happy", "sad"]


@pytest.mark.parametrize("head", [b"Rar!\x1a\x07\x01\x00", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_that_is_not_unpacked_here_is_named_as_such(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "faces.bin").write_bytes(head + bytes(40))
    with pytest.raises(DatasetError, match=r"archive of RAR or 7-Zip. Unpack it"):
        read(tmp_path / "faces.bin")


def test_codes_that_a_mapping_names_go_before_those_of_fer2013(tmp_path: Path) -> None:
    (tmp_path / "fer2013.csv").write_text(PLAIN.replace("\n0,", "\n7,"))
    dataset = read(tmp_path, classes={"7": "contempt", "3": None})
    assert dataset.index["label"].tolist() == ["contempt", "neutral", "sad"]
    assert dataset.skipped == (("fer2013.csv:3", "of a class that is left out"),)


def test_a_table_without_labels_is_refused_by_that_name(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text("pixels\n" + "\n".join(joined(face) for face in FACES))
    with pytest.raises(
        DatasetError, match=r"'test.csv'.*pixels, but no labels.*columns are pixels"
    ):
        read(tmp_path / "test.csv")
    (tmp_path / "train.csv").write_text(
        "emotion,pixels\n"
        + "\n".join(rows()[1:])
        .replace(",Training", "")
        .replace(",PublicTest", "")
        .replace(",PrivateTest", "")
    )
    dataset = read(tmp_path)
    assert len(dataset) == 4
    [(name, reason)] = dataset.skipped
    assert name == "test.csv"
    assert "no labels" in reason


def test_a_refused_table_is_named_with_its_columns_and_the_first_reason(make: MakeFaces) -> None:
    root = make("images/a.png", "images/b.png")
    (root / "list.csv").write_text("image,mood;strength\nimages/a.png,7\n")
    with pytest.raises(DatasetError) as refused:
        read(root)
    assert "'list.csv'" in str(refused.value)
    assert "columns are image, mood;strength" in str(refused.value)
    assert "class folders" not in str(refused.value)
    (root / "list.csv").write_text("emotion,pixels,Usage\n0,1 2 x,Training\n9,1 2 3,Training\n")
    with pytest.raises(DatasetError, match="found 'x' among the pixels"):
        read(root)
    (root / "list.csv").write_text("emotion,pixels,Usage\n0,Training\n")
    with pytest.raises(DatasetError, match=r"list\.csv:2: 2 fields; expected 3.*emotion, pixels"):
        read(root)


def test_a_table_beside_class_folders_that_is_none_is_skipped_by_name(make: MakeFaces) -> None:
    root = make("happy/a.png", "sad/b.png")
    (root / "prices.csv").write_text("day,price\n1,2\n")
    dataset = read(root)
    assert len(dataset) == 2
    assert dataset.skipped == (
        ("prices.csv", "it holds neither labels nor images (its columns are day, price)"),
    )


def test_tables_named_after_splits_are_read_together(make: MakeFaces) -> None:
    root = make("a.png", "b.png", "c.png")
    for part, line in (("train", "a.png,happy"), ("val", "b.png,sad"), ("test", "c.png,sad")):
        (root / f"{part}.csv").write_text(f"path,label\n{line}\n")
    dataset = read(root)
    assert dataset.splits == {"train": 1, "validation": 1, "test": 1}
    assert dataset.index["path"].tolist() == ["c.png", "a.png", "b.png"]


FLAGS = {
    "is_train": ("1", "0", "1"),
    "Is Training": ("True", "False", "True"),
    "is_test": ("0.0", "1.0", "0.0"),
    "train": ("yes", "no", "yes"),
}


@pytest.mark.parametrize("header", FLAGS)
def test_a_column_of_0_and_1_that_is_called_after_a_part_gives_the_split(
    make: MakeFaces, header: str
) -> None:
    root = make("a.png", "b.png", "c.png")
    rows = zip(("a.png", "b.png", "c.png"), ("happy", "sad", "sad"), FLAGS[header], strict=True)
    (root / "t.csv").write_text("\n".join([f"path,label,{header}", *map(",".join, rows)]))
    dataset = read(root)
    assert dict(zip(dataset.index["path"], dataset.index["split"], strict=True)) == {
        "a.png": "train",
        "b.png": "test",
        "c.png": "train",
    }
    assert dataset.skipped == ()


def test_a_column_of_0_and_1_gives_the_split_of_pixels_too(tmp_path: Path) -> None:
    text = "\n".join(rows(header="emotion,pixels,is_train"))
    for usage in USAGES:
        text = text.replace(f",{usage}", f",{int(usage == 'Training')}")
    (tmp_path / "t.csv").write_text(text)
    assert read(tmp_path).splits == {"train": 2, "test": 2}


def test_parts_that_several_columns_mark_are_not_guessed(make: MakeFaces) -> None:
    root = make("a.png")
    (root / "t.csv").write_text("path,label,is_train,is_val,is_test\na.png,happy,0,1,0\n")
    with pytest.raises(DatasetError, match=r"is_train, is_val, is_test. Put the part of each row"):
        read(root)


def test_prose_beside_class_folders_is_no_table(make: MakeFaces) -> None:
    root = make("happy/a.png", "sad/b.png")
    (root / "README.txt").write_text("Each image has a label.\nIt was drawn.\n\nSee the paper.\n")
    (root / "LICENSE").write_text("image label\nis free to use by all\n")
    assert len(read(root)) == 2


def test_a_pickle_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "faces.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DatasetError, match=r"'faces.pkl'.*any program.*numpy\.savez"):
        read(tmp_path / "faces.pkl")


def test_numbers_beside_image_files_are_never_guessed(make: MakeFaces) -> None:
    root = make("a.png", "b.png")
    (root / "labels.csv").write_text("file,label\na.png,0\nb.png,1\n")
    with pytest.raises(UnknownClassesError) as unknown:
        read(root)
    assert [one.name for one in unknown.value.classes] == ["0", "1"]
    assert len(unknown.value.classes[0].examples) == 1
    dataset = read(root, classes={"0": "sad", "1": "fear"})
    assert dataset.index["label"].tolist() == ["sad", "fear"]


def test_codes_from_1_are_not_taken_as_those_of_fer2013_which_begin_at_0(tmp_path: Path) -> None:
    lines = [f"{code},{joined(face)}" for code, face in zip((1, 2, 6, 7), FACES, strict=True)]
    (tmp_path / "own.csv").write_text("\n".join(["emotion,pixels", *lines]))
    with pytest.raises(UnknownClassesError) as unknown:
        read(tmp_path)
    assert [one.name for one in unknown.value.classes] == ["1", "2", "6", "7"]


NUMBERED = {
    "label,pixels": ("label,pixels", " "),
    "wide": ("emotion," + joined((f"pixel{at}" for at in range(SIDE * SIDE)), ","), ","),
    "without a header": ("", " "),
    "wide without a header": ("", ","),
    "other splits": ("label,pixels,split", " "),
}


@pytest.mark.parametrize("form", NUMBERED)
def test_numbers_in_a_table_that_is_not_of_fer2013s_own_form_are_asked_about(
    tmp_path: Path, form: str
) -> None:
    header, separator = NUMBERED[form]
    end = ",train" if header.endswith("split") else ""
    lines = [
        f"{code},{joined(face, separator)}{end}" for code, face in zip(CODES, FACES, strict=True)
    ]
    (tmp_path / "own.csv").write_text("\n".join([header, *lines]))
    with pytest.raises(UnknownClassesError) as unknown:
        read(tmp_path)
    asked = unknown.value.classes
    assert [(one.name, one.faces) for one in asked] == [("0", 1), ("3", 1), ("4", 1), ("6", 1)]
    np.testing.assert_array_equal(asked[0].examples[0].ravel(), FACES[0])
    dataset = read(tmp_path, classes=MEANINGS)
    assert dataset.index["label"].tolist() == LABELS


def test_kaggles_competition_is_read_without_its_test_set_and_its_sample(tmp_path: Path) -> None:
    lines = [f"{code},{joined(face)}" for code, face in zip(CODES, FACES, strict=True)]
    (tmp_path / "train.csv").write_text("\n".join(["emotion,pixels", *lines]))
    (tmp_path / "test.csv").write_text("\n".join(["pixels", *map(joined, FACES)]))
    (tmp_path / "example_submission.csv").write_text("Id,Emotion\n1,0\n2,0\n")
    dataset = read(tmp_path)
    assert len(dataset) == 4
    assert [name for name, _ in dataset.skipped] == ["example_submission.csv", "test.csv"]


def test_a_spreadsheet_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "labels.xlsx", "w") as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(DatasetError, match=r"'labels\.xlsx'.*a spreadsheet\. Save it as CSV"):
        load_dataset(tmp_path / "labels.xlsx")


def test_a_pointer_of_git_lfs_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_text("version https://git-lfs.github.com/spec/v1\nsize 3\n")
    with pytest.raises(DatasetError, match=r"'train\.parquet'.*git lfs pull"):
        read(tmp_path)


def test_class_folders_are_read_where_the_numbers_in_a_table_beside_them_mean_nothing(
    make: MakeFaces,
) -> None:
    root = make("train/happy/a.png", "train/sad/b.png")
    (root / "labels.csv").write_text("file,label\ntrain/happy/a.png,0\ntrain/sad/b.png,1\n")
    dataset = read(root)
    assert dataset.index["label"].tolist() == ["happy", "sad"]
    assert "the meaning of its classes is not known" in dict(dataset.skipped)["labels.csv"]
    make("train/sad/c.png", root=root)
    assert len(read(root)) == 3
    mapped = read(root, classes={"0": "fear", "1": "angry"})
    assert mapped.index["label"].tolist() == ["fear", "angry"]


def test_a_table_with_splits_that_is_cut_into_parts_is_read_whole(tmp_path: Path) -> None:
    pixels = [" ".join(str((7 * row + at) % 256) for at in range(48 * 48)) for row in range(4)]
    for name, usage, rows in (
        ("train", "Training", (0, 1)),
        ("public_test", "PublicTest", (2,)),
        ("private_test", "PrivateTest", (3,)),
    ):
        lines = [f"{row % 2},{pixels[row]},{usage}\n" for row in rows]
        (tmp_path / f"{name}.csv").write_text("emotion,pixels,Usage\n" + "".join(lines))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.splits == {"train": 2, "public_test": 1, "private_test": 1}
    assert dataset.skipped == ()


def test_a_row_that_is_skipped_takes_no_image_from_the_next(make: MakeFaces) -> None:
    root = make("a.png", "b.png")
    (root / "labels.csv").write_text("path,label\na.png,\na.png,happy\nb.png,sad\nb.png,happy\n")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["happy", "sad"]
    assert [reason for _, reason in dataset.skipped] == [
        "no label", "named twice; the first row counts"
    ]  # fmt: skip


def test_images_that_no_table_names_are_counted(make: MakeFaces) -> None:
    root = make("a.png", "b.png", "more/c.png")
    (root / "labels.csv").write_text("path,label\na.png,happy\n")
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.skipped == (
        ("b.png", "no table that is read names it"),
        ("more/c.png", "no table that is read names it"),
    )


def test_the_answers_of_a_model_are_never_taken_for_labels(make: MakeFaces) -> None:
    root = make("happy/a.png", "sad/b.png")
    columns = "file,face,emotion,model,detector"
    (root / "results.csv").write_text(
        f"{columns}\nhappy/a.png,1,sad,ferplus,yunet\nsad/b.png,1,happy,ferplus,yunet\n"
    )
    dataset = load_dataset(root, validation_fraction=0)
    labels = dict(zip(dataset.index["path"], dataset.index["label"], strict=True))
    assert labels == {"happy/a.png": "happy", "sad/b.png": "sad"}
    assert dataset.skipped == (("results.csv", "it holds a model's answers, which are no labels"),)


def test_columns_with_endless_names_make_no_endless_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",".join(("n" * 5000, "\x1b" * 50, "happy")) + "\n1,2,3\n")
    with pytest.raises(DatasetError) as caught:
        read(tmp_path / "t.csv")
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()
