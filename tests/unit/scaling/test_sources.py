from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer.errors import UnreadableImageError
from fer.scaling.sources import packed, pieces, read, unpacked

MakeFaces = Callable[..., Path]


def names(*sources: object, recursive: bool = False, most: int = 2) -> list[list[str]]:
    found = pieces(map(str, sources), recursive=recursive, skipped={}, size=most)
    return [piece.column("name").to_pylist() for piece in found]


def table_of(folder: Path, rows_each: int = 2, **columns: list[object]) -> Path:
    file = folder / "photos.parquet"
    pq.write_table(pa.table(columns), file, row_group_size=rows_each)
    return file


def test_a_folder_is_cut_into_pieces_by_name_before_its_subfolders(make: MakeFaces) -> None:
    folder = make("b.png", "a.png", "c.png", "inner/a.png", ".hidden/d.png")
    assert names(folder) == [[f"{folder}/a.png", f"{folder}/b.png"], [f"{folder}/c.png"]]
    [_, [*_, last]] = names(folder, recursive=True)
    assert last == f"{folder}/inner/a.png"


def test_what_is_no_photo_is_skipped_with_a_reason(make: MakeFaces) -> None:
    folder = make("a.png", "inner/b.png")
    (folder / "notes.txt").write_text("text")
    table_of(folder, label=["happy"])
    skipped: dict[str, str] = {}
    assert len(list(pieces([str(folder)], recursive=False, skipped=skipped))) == 1
    assert skipped == {
        f"{folder}/inner": "a subfolder, which --recursive reads",
        f"{folder}/notes.txt": "text",
        f"{folder}/photos.parquet": "a table without a column of image files",
    }


def test_patterns_and_urls_name_photos_as_they_were_given(make: MakeFaces) -> None:
    folder = make("a.png", "b.png", "c.jpg")
    assert names(f"{folder}/*.png") == [[f"{folder}/a.png", f"{folder}/b.png"]]
    [[name]] = names(f"file://{folder}/*.jpg")
    assert name == f"file://{folder}/c.jpg"


def test_a_photo_is_read_where_it_lies_and_a_lost_one_gives_its_reason(make: MakeFaces) -> None:
    folder = make("a.png", "b.png")
    [piece] = pieces([str(folder)], recursive=False, skipped={})
    (folder / "b.png").unlink()
    (_, _, content), (_, _, lost) = read(piece)
    assert content == (folder / "a.png").read_bytes()
    assert isinstance(lost, UnreadableImageError)
    assert f"There is no file '{folder}/b.png'" in str(lost)


@pytest.mark.parametrize("kind", ["bytes", "struct"])
def test_rows_of_a_parquet_table_are_photos_by_their_paths(tmp_path: Path, kind: str) -> None:
    contents, paths = [b"one", b"two", b"three"], ["1.jpg", "2.jpg", "3.jpg"]
    if kind == "bytes":
        file = table_of(tmp_path, path=paths, photo=contents)
    else:
        both = zip(paths, contents, strict=True)
        file = table_of(tmp_path, image=[{"bytes": one, "path": path} for path, one in both])
    first, second = pieces([str(file)], recursive=False, skipped={}, size=2)
    known_as = [f"{file}:{path}" for path in paths]
    expected = list(zip(paths, known_as, contents, strict=True))
    assert [*read(first), *read(second)] == expected


def test_rows_of_one_name_are_told_apart_by_content(tmp_path: Path) -> None:
    file = table_of(tmp_path, path=["1.jpg", "1.jpg", None], photo=[b"one", b"two", b"three"])
    [piece] = pieces([str(file)], recursive=False, skipped={})
    shown, known_as, _ = zip(*read(piece), strict=True)
    assert shown == ("1.jpg", "1.jpg", f"{file}:3")
    assert len(set(known_as)) == 3


def test_rows_without_a_name_are_called_by_their_table_and_their_place(tmp_path: Path) -> None:
    file = table_of(tmp_path, photo=[b"one", b"two", b"three"])
    _, second = pieces([str(file)], recursive=False, skipped={}, size=2)
    [(shown, _, content)] = read(second)
    assert (shown, content) == (f"{file}:3", b"three")


def test_a_table_that_is_lost_ends_the_work_with_the_reason(tmp_path: Path) -> None:
    file = table_of(tmp_path, photo=[b"one"])
    [piece] = pieces([str(file)], recursive=False, skipped={})
    file.unlink()
    with pytest.raises(UnreadableImageError, match="cannot be read"):
        list(read(piece))


def test_a_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match="holds no photos"):
        names(tmp_path)


def test_pieces_grow_with_what_comes_before_them(tmp_path: Path) -> None:
    file = table_of(tmp_path, 1000, photo=[b""] * 300_000)
    sizes = [len(piece) for piece in pieces([str(file)], recursive=False, skipped={})]
    assert sizes[:2048] == [64] * 2048
    assert sizes[-2] == sum(sizes[:-2]) // 2048
    assert sum(sizes) == 300_000


def test_a_piece_travels_as_bytes(make: MakeFaces) -> None:
    [piece] = pieces([str(make("a.png"))], recursive=False, skipped={})
    assert unpacked(packed(piece)).equals(piece)
