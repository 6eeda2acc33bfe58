"""What the readers share: names of classes, the files below a folder, and their signature."""

import os
from pathlib import Path

import pytest

from fer.data.readers.listing import scan, signature_of, stays_inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A few files, all changed at the same time."""
    for name, size in (("b/2.png", 2), ("b/1.png", 1), ("a/3.png", 3), ("top.csv", 4)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(bytes(size))
        os.utime(file, ns=(0, 5_000_000_000))
    return tmp_path


def test_a_scan_gives_every_file_in_order_with_its_size_and_time(root: Path) -> None:
    for hidden in (".git/x.png", "__MACOSX/x.png"):
        (root / hidden).parent.mkdir()
        (root / hidden).touch()
    (root / "b/.hidden.png").touch()
    tree = scan(root, "files")
    assert tree.folders == [
        ("", ["top.csv\x004:5000000000"]),
        ("a/", ["3.png\x003:5000000000"]),
        ("b/", ["1.png\x001:5000000000", "2.png\x002:5000000000"]),
    ]
    assert tree.skipped == []


def test_the_signature_of_a_scan_follows_names_sizes_times_and_what_is_read(root: Path) -> None:
    seen = [scan(root, "files").signature]
    assert scan(root, "files").signature == seen[0]
    seen.append(scan(root, "other").signature)
    os.utime(root / "a/3.png", ns=(0, 6_000_000_000))
    seen.append(scan(root, "files").signature)
    (root / "top.csv").write_bytes(b"longer")
    os.utime(root / "top.csv", ns=(0, 5_000_000_000))
    seen.append(scan(root, "files").signature)
    (root / "b").rename(root / "c")
    seen.append(scan(root, "files").signature)
    assert len(set(seen)) == 5


def test_a_signature_follows_what_is_read_and_the_name_and_stamp_of_each_file() -> None:
    seen = {
        signature_of("csv", [("a.csv", "3:5")]),
        signature_of("csv", [("b.csv", "3:5")]),
        signature_of("csv", [("a.csv", "4:5")]),
        signature_of("npz", [("a.csv", "3:5")]),
        signature_of("csv", [("a.csv", "3:5"), ("b.csv", "3:5")]),
    }
    assert len(seen) == 5


def test_only_files_that_no_link_leads_out_of_the_folder_stay_inside(root: Path) -> None:
    (root / "inner.png").symlink_to(root / "a/3.png")
    (root / "b/outer.png").symlink_to(root / "a/3.png")
    assert stays_inside(root, root / "a/3.png")
    assert stays_inside(root, root / "inner.png")
    assert not stays_inside(root / "b", root / "b/outer.png")
    assert not stays_inside(root, root / "a")
    assert not stays_inside(root, root / "gone.png")
