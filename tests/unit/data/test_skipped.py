"""What is not used, by reason."""

from collections.abc import Callable
from pathlib import Path

from fer.data import load_dataset
from fer.data.skipped import by_reason

MakeFaces = Callable[..., Path]


def test_what_is_skipped_is_counted_by_reason_the_most_frequent_first(make: MakeFaces) -> None:
    root = make("train/sad/a.png", "test/sad/b.png", "misc/1.png", "misc/2.png", "misc/3.png")
    for name in ("c.png", "d.png"):
        (root / "train/sad" / name).touch()
    first, second = by_reason(load_dataset(root, validation_fraction=0).skipped)
    assert "'misc' is no known part" in first.reason
    assert first.paths == ("misc/1.png", "misc/2.png", "misc/3.png")
    assert second.reason.startswith("it is empty (0 bytes)")
    assert second.paths == ("train/sad/c.png", "train/sad/d.png")


def test_of_many_paths_some_are_listed_and_the_rest_counted() -> None:
    [rows] = by_reason((f"fer.csv:{row}", f"fer.csv:{row}: 3 pixels") for row in range(2000))
    assert rows.reason == "3 pixels"
    assert rows.listed(2) == "fer.csv:0, fer.csv:1 and 1,998 more"
    assert rows.listed(2000).endswith("fer.csv:1999")
