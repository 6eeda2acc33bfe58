from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from fer.data import annotations, load_dataset
from fer.data.audit import audit
from fer.data.query import Query, rows
from fer.errors import ConfigError

MakeFaces = Callable[..., Path]
VOTES = "path,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"


@pytest.fixture
def root(make: MakeFaces) -> Path:
    root = make("train/happy/one.png", "train/sad/two.png", "test/sad/three.png")
    Image.new("L", (48, 48), 5).save(root / "test/happy.png")
    (root / "test/happy").mkdir()
    (root / "test/happy.png").rename(root / "test/happy/four.png")
    (root / "votes.csv").write_text(
        VOTES + "train/happy/one.png,0,8,0,2,0,0,0,0,0,0\ntrain/sad/two.png,6,0,0,4,0,0,0,0,0,0\n"
    )
    return root


def shown(root: Path, **query: object) -> list[str]:
    dataset = load_dataset(root, validation_fraction=0)
    found = rows(dataset, audit(dataset), Query(**query))  # type: ignore[arg-type]
    return [Path(path).stem for path in dataset.index["path"].to_numpy()[found]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"one", "two", "three", "four"}),
        ({"splits": ("train",)}, {"one", "two"}),
        ({"labels": ("sad",), "splits": ("test",)}, {"three"}),
        ({"opinion": "disagree"}, {"two"}),
        ({"opinion": "agree"}, {"one"}),
        ({"opinion": "none"}, {"three", "four"}),
        ({"finding": "near_constant"}, {"four"}),
        ({"text": "TH"}, {"three"}),
        ({"text": ".*"}, set()),
    ],
)
def test_every_part_of_a_query_narrows(
    root: Path, query: dict[str, object], expected: set[str]
) -> None:
    assert set(shown(root, **query)) == expected


def test_faces_are_sorted_as_asked_and_those_without_votes_come_last(root: Path) -> None:
    assert shown(root, sort="dark")[0] == "four"
    assert shown(root, sort="flat")[0] == "four"
    assert shown(root, sort="doubtful")[:2] == ["two", "one"]
    assert shown(root, sort="certain")[:2] == ["one", "two"]


def test_annotated_faces_can_be_searched(root: Path) -> None:
    dataset = load_dataset(root, validation_fraction=0)
    annotations.annotate(dataset, ["train/sad/two.png"], excluded=True)
    annotations.annotate(dataset, ["test/sad/three.png"], label="fear", add_class=True)
    assert shown(root, finding="excluded") == ["two"]
    assert shown(root, finding="relabelled") == ["three"]


def test_copies_are_listed_side_by_side(make: MakeFaces) -> None:
    root = make("happy/a.png", "happy/b.png")
    for name, of in (("c", "a"), ("d", "b")):
        (root / f"happy/{name}.png").write_bytes((root / f"happy/{of}.png").read_bytes())
    names = shown(root, finding="duplicate")
    assert {frozenset(names[:2]), frozenset(names[2:])} == {frozenset("ac"), frozenset("bd")}


def test_an_unknown_query_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"query\.sort is 'colour'"):
        Query(sort="colour")
