import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fer.data import load_dataset
from fer.data.classes import UnknownClassesError
from fer.data.readers import json_records
from fer.errors import DatasetError

MakeFaces = Callable[..., Path]
RECORDS = [
    {"file_name": "a.png", "label": "happy"},
    {"file_name": "sub/b.png", "label": "sad", "note": None},
]
FORMS: dict[str, Any] = {
    "lines.jsonl": "\n".join(json.dumps(one) for one in RECORDS) + "\n\n",
    "list.json": RECORDS,
    "member.json": {"version": 1, "samples": RECORDS},
    "by_name.json": {"a.png": "happy", "sub/b.png": "sad"},
    "by_name_too.json": {"a.png": {"emotion": "happy"}, "sub/b.png": {"emotion": "sad"}},
    "columns.json": {"image": ["a.png", "sub/b.png"], "emotion": ["happy", "sad"]},
    "pandas.json": {"image": {"0": "a.png", "1": "sub/b.png"}, "label": {"0": "happy", "1": "sad"}},
    "split.json": {
        "columns": ["path", "label"],
        "data": [["a.png", "happy"], ["sub/b.png", "sad"]],
    },
    "nested.json": [
        {"image": {"file_name": "a.png"}, "label": ["happy"]},
        {"image": {"file_name": "sub/b.png"}, "label": ["sad"]},
    ],
}


@pytest.mark.parametrize("name", FORMS)
def test_records_are_read_in_every_usual_form(make: MakeFaces, name: str) -> None:
    root = make("a.png", "sub/b.png")
    content = FORMS[name]
    (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
    for source in (root, root / name):
        index = load_dataset(source, validation_fraction=0).index
        assert index["path"].tolist() == ["a.png", "sub/b.png"]
        assert index["label"].tolist() == ["happy", "sad"]


def in_base64(face: np.ndarray, *, before: str = "") -> str:
    content = io.BytesIO()
    Image.fromarray(face).save(content, "PNG")
    return before + base64.b64encode(content.getvalue()).decode()


GREY = np.random.default_rng(0).integers(0, 256, (2, 48, 48), dtype=np.uint8)
COLOUR = np.repeat(GREY[..., None], 3, axis=3)
HELD: dict[str, list[Any]] = {
    "flat": [one.ravel().tolist() for one in GREY],
    "text": [" ".join(map(str, one.ravel())) for one in GREY],
    "rows": [one.tolist() for one in GREY],
    "shares": [(one / 255).tolist() for one in GREY],
    "one channel": [one[..., None].tolist() for one in GREY],
    "colour": [one.tolist() for one in COLOUR],
    "channels first": [one.transpose(2, 0, 1).tolist() for one in COLOUR],
    "base64": [in_base64(one) for one in GREY],
    "data URL": [in_base64(one, before="data:image/png;base64,") for one in GREY],
}


@pytest.mark.parametrize("form", HELD)
def test_images_inside_json_are_read_in_every_usual_form(tmp_path: Path, form: str) -> None:
    records = [
        {"emotion": label, "image": image}
        for label, image in zip(("happy", "sad"), HELD[form], strict=True)
    ]
    (tmp_path / "faces.json").write_text(json.dumps(records))
    dataset = load_dataset(tmp_path / "faces.json", validation_fraction=0)
    assert dataset.index["label"].tolist() == ["happy", "sad"]
    np.testing.assert_array_equal(dataset.pixels[..., 0], GREY)


def test_images_in_base64_are_read_in_a_text_table_too(tmp_path: Path) -> None:
    lines = [f"{in_base64(one)};{name}" for one, name in zip(GREY, ("fear", "sad"), strict=True)]
    lines.append(f"{in_base64(GREY[0])[:301]};sad")
    (tmp_path / "faces.csv").write_text("\n".join(["image;label", *lines]))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    np.testing.assert_array_equal(dataset.pixels[..., 0], GREY)
    [(where, reason)] = dataset.skipped
    assert where == "faces.csv:4"
    assert len(reason) < 120


def test_images_inside_json_that_are_none_are_skipped_with_the_reason(tmp_path: Path) -> None:
    shapes = [GREY[0].tolist(), GREY[:, :5].tolist(), [[1, 2], [3]], (GREY[0] * 2.5).tolist()]
    records = [{"label": "sad", "pixels": one} for one in shapes]
    (tmp_path / "faces.json").write_text(json.dumps(records))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert len(dataset) == 1
    assert [where for where, _ in dataset.skipped] == [f"faces.json:{row}" for row in (2, 3, 4)]


def test_metadata_beside_the_images_of_each_part_is_read_as_the_hub_has_it(
    make: MakeFaces,
) -> None:
    root = make("train/1.png", "train/2.png", "test/1.png")
    (root / "train/metadata.jsonl").write_text(
        '{"file_name": "1.png", "label": "happy"}\n{"file_name": "2.png", "label": "sad"}\n'
        '{"file_name": "3.png", "label": "sad"}\n'
    )
    (root / "test/metadata.jsonl").write_text('{"file_name": "1.png", "label": "sad"}\n')
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.splits == {"train": 2, "test": 1}
    assert dataset.skipped == (("train/metadata.jsonl:3 3.png", "no such file"),)


@pytest.mark.parametrize("form", ["text", "list", "rows"])
def test_pixels_in_json_are_read_and_its_numbers_are_those_of_fer2013(
    tmp_path: Path, form: str
) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (2, 48, 48))
    pixels = {
        "text": [" ".join(map(str, face.ravel())) for face in faces],
        "list": [face.ravel().tolist() for face in faces],
        "rows": faces.tolist(),
    }[form]
    records = [
        {"emotion": code, "pixels": face, "Usage": usage}
        for code, face, usage in zip((0, 3), pixels, ("Training", "PublicTest"), strict=True)
    ]
    (tmp_path / "fer2013.json").write_text(json.dumps(records))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.index["label"].tolist() == ["angry", "happy"]
    assert dataset.index["path"].tolist() == ["fer2013.json:1", "fer2013.json:2"]
    assert dataset.splits == {"train": 1, "public_test": 1}
    np.testing.assert_array_equal(dataset.pixels[..., 0], faces)


def test_each_annotation_of_coco_is_a_face_cut_out_by_its_box(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (100, 120), dtype=np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    coco = {
        "images": [{"id": 7, "file_name": "photo.png", "width": 120, "height": 100}],
        "categories": [{"id": 1, "name": "Happiness"}, {"id": 2, "name": "sad"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 1, "bbox": [10, 20, 48, 48]},
            {"id": 2, "image_id": 7, "category_id": 2, "bbox": [60.2, 40, 48, 48.4]},
            {"id": 3, "image_id": 7, "category_id": 2, "bbox": [500, 40, 48, 48]},
            {"id": 4, "image_id": 8, "category_id": 2, "bbox": [1, 1, 48, 48]},
        ],
    }
    (tmp_path / "_annotations.coco.json").write_text(json.dumps(coco))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["photo.png", "photo.png#2"]
    assert dataset.index["label"].tolist() == ["happy", "sad"]
    np.testing.assert_array_equal(dataset.pixels[0, ..., 0], photo[20:68, 10:58])
    np.testing.assert_array_equal(dataset.pixels[1, ..., 0], photo[40:88, 60:108])
    assert [reason for _, reason in dataset.skipped] == [
        "no file is named", "The box [500, 40, 48, 48] lies outside 'photo.png'."
    ]  # fmt: skip


def test_numbers_as_labels_in_json_are_asked_about(make: MakeFaces) -> None:
    root = make("a.png", "b.png")
    (root / "labels.json").write_text(json.dumps({"a.png": 0, "b.png": 1}))
    with pytest.raises(UnknownClassesError, match=r"'0' \(1 face"):
        load_dataset(root)


def test_other_json_beside_class_folders_is_no_table(make: MakeFaces) -> None:
    root = make("happy/a.png", "sad/b.png")
    (root / "config.json").write_text('{"epochs": 3, "classes": ["happy", "sad"]}')
    (root / "broken.json").write_text('{"epochs": 3,')
    (root / "history.jsonl").write_text('{"epoch": 1, "loss": 0.5}\n')
    dataset = load_dataset(root, validation_fraction=0)
    assert len(dataset) == 2
    assert {name for name, _ in dataset.skipped} == {"broken.json", "config.json", "history.jsonl"}


@pytest.mark.parametrize(
    "text",
    [
        '{"images": ["a.png"], "annotations": ["happy"]}',
        '{"images": [{"id": [1]}], "annotations": [{"image_id": [1]}], "categories": 5}',
        '{"columns": ["a"], "data": [1]}',
        '{"columns": [["a"]], "data": [["b"]]}',
        '{"a": ' * 100_000 + "1" + "}" * 100_000,
        '{"a": ' * 3000 + "1" + "}" * 3000,
        '[{"image": "happy/a.png", "label": ' + "[" * 3000 + "]" * 3000 + "}]",
    ],
    ids=["images", "ids", "data", "columns", "deep", "less deep", "deep label"],
)
def test_strange_json_beside_class_folders_leaves_them_readable(make: MakeFaces, text: str) -> None:
    root = make("happy/a.png", "sad/b.png")
    (root / "notes.json").write_text(text)
    assert len(load_dataset(root, validation_fraction=0)) == 2
    with pytest.raises(DatasetError, match=r"notes\.json"):
        load_dataset(root / "notes.json")


def test_a_box_that_is_not_finite_skips_its_face(make: MakeFaces) -> None:
    root = make("a.png", "b.png")
    boxes = ("[0, 0, Infinity, 48]", "[0, 0, 48, 48]")
    images = [{"id": at, "file_name": name} for at, name in enumerate(("a.png", "b.png"))]
    annotations = ", ".join(
        f'{{"image_id": {at}, "category_id": "sad", "bbox": {box}}}' for at, box in enumerate(boxes)
    )
    (root / "coco.json").write_text(
        f'{{"images": {json.dumps(images)}, "annotations": [{annotations}]}}'
    )
    dataset = load_dataset(root, validation_fraction=0)
    assert dataset.index["path"].tolist() == ["b.png"]
    [(path, reason)] = dataset.skipped
    assert path == "a.png"
    assert "expected x, y, width and height" in reason


def test_boxes_of_an_unknown_form_are_not_cut_out(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    records = [{"file_name": "photo.png", "label": "sad", "bbox": [10, 10, 30, 30]}]
    (tmp_path / "faces.json").write_text(json.dumps(records))
    dataset = load_dataset(tmp_path, validation_fraction=0)
    np.testing.assert_array_equal(dataset.pixels[0, ..., 0], photo)
    assert [path for path, _ in dataset.skipped] == ["faces.json: bbox"]


@pytest.mark.parametrize("form", ["files", "pixels"])
def test_json_that_did_not_change_is_parsed_once(
    make: MakeFaces, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    root = make("a.png", "b.png")
    faces = ["a.png", "b.png"] if form == "files" else [[7] * 48 * 48, [8] * 48 * 48]
    column = "path" if form == "files" else "pixels"
    records = [{"label": "sad", column: face} for face in faces]
    (root / "faces.json").write_text(json.dumps(records))
    parsed: list[str] = []
    read = json_records._read

    def noted(name: str, file: Path) -> Any:
        parsed.append(name)
        return read(name, file)

    monkeypatch.setattr(json_records, "_read", noted)
    first = load_dataset(root / "faces.json", validation_fraction=0)
    again = load_dataset(root / "faces.json", validation_fraction=0)
    assert parsed == ["faces.json"]
    np.testing.assert_array_equal(first.pixels, again.pixels)
    grown = load_dataset(root / "faces.json", height=32, width=32, validation_fraction=0)
    assert grown.pixels.shape == (2, 32, 32, 1)
    (root / "faces.json").write_text(json.dumps([*records, {"label": "happy", column: faces[0]}]))
    changed = load_dataset(root / "faces.json", validation_fraction=0)
    assert len(changed) == (2 if form == "files" else 3)
    (root / "b.png").unlink()
    if form == "files":
        assert len(load_dataset(root / "faces.json", validation_fraction=0)) == 1


def test_a_file_of_json_that_is_none_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for text, reason in (
        ('{"a": 1,', "it is no JSON"),
        ("[1, 2]", "it holds no records"),
        ('[{"day": 1, "price": 2}]', "it holds neither labels nor images"),
        ('{"image": ["a.png"], "label": []}', "its columns differ in length"),
    ):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(DatasetError, match=f"'x.json' cannot be used: {reason}"):
            load_dataset(tmp_path / "x.json")
