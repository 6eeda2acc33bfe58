import threading
from collections.abc import Callable
from typing import Any

import pytest

import fer.inference.album
from fer.errors import ImageError, ImageTooLargeError, UnreadableImageError
from fer.inference.album import MAX_BYTES, MAX_PHOTOS, Album, Photo

LONG_S = 20


def photo(key: str, size_bytes: int = 1) -> Photo:
    return Photo(name=f"{key}.jpg", key=key, read=key.encode, size_bytes=size_bytes)


def until(album: Album[Any], holds: Callable[[], bool]) -> None:
    version = -1
    while not holds():
        before, version = version, album.wait(version, LONG_S)
        assert version != before, "nothing happened"


def read(photo: Photo, at: Callable[[str], None]) -> object:
    at("read")
    return photo.read()


def test_each_photo_gets_its_result_and_those_that_come_later_too() -> None:
    album: Album[object] = Album()
    album.analyse_with("settings", read)
    album.add(map(photo, "ab"))
    until(album, lambda: not album.pending)
    album.add([photo("c")])
    until(album, lambda: not album.pending)
    assert album.results == {"a": b"a", "b": b"b", "c": b"c"}
    assert list(album.results) == ["a", "b", "c"]
    assert not album.is_working


def test_to_add_a_photo_takes_until_the_work_on_it_has_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fer.inference.album, "BEGUN_WITHIN_S", LONG_S)
    album: Album[object] = Album()
    may_end = threading.Event()

    def ends_late(photo: Photo, at: Callable[[str], None]) -> object:
        at("read")
        return may_end.wait(LONG_S)

    album.analyse_with("settings", ends_late)
    try:
        for key in map(str, range(20)):
            album.add([photo(key)])
            assert album.step(key) == "read"
            may_end.set()
            until(album, lambda: not album.pending)
            may_end.clear()
    finally:
        may_end.set()


def test_a_photo_that_cannot_be_used_has_its_error_and_the_others_are_analysed() -> None:
    def fails(photo: Photo, at: Callable[[str], None]) -> object:
        if photo.key == "a":
            raise UnreadableImageError("No picture.")
        if photo.key == "b":
            raise ZeroDivisionError
        return photo.read()

    album: Album[object] = Album()
    album.add(map(photo, "abc"))
    album.analyse_with("settings", fails)
    until(album, lambda: not album.pending)
    assert str(album.results["a"]) == "No picture."
    assert isinstance(album.results["b"], ImageError)
    assert album.results["c"] == b"c"


def test_a_pause_keeps_what_is_done_and_names_the_rest_until_the_work_resumes() -> None:
    album: Album[object] = Album()
    may_go = threading.Semaphore(1)

    def waits(photo: Photo, at: Callable[[str], None]) -> object:
        assert may_go.acquire(timeout=LONG_S)
        return photo.read()

    album.add(photo(f"{number:02}") for number in range(40))
    album.analyse_with("settings", waits)
    until(album, lambda: len(album.results) == 1)
    album.pause()
    assert album.is_paused
    for _ in range(40):
        may_go.release()
    until(album, lambda: all(not album.step(key) for key in album.pending))
    done = dict(album.results)
    assert 1 <= len(done) < 40  # those that had begun are finished
    assert len(album.pending) == 40 - len(done)
    assert not album.is_working
    album.resume()
    until(album, lambda: not album.pending)
    assert len(album.results) == 40
    assert not album.is_paused


def test_other_settings_make_all_results_anew() -> None:
    album: Album[object] = Album()
    album.add([photo("a")])
    album.analyse_with(1, lambda photo, at: "first")
    until(album, lambda: not album.pending)
    album.analyse_with(1, lambda photo, at: "again")
    assert album.results == {"a": "first"}
    album.analyse_with(2, lambda photo, at: "second")
    until(album, lambda: not album.pending)
    assert album.results == {"a": "second"}


def test_a_result_that_comes_after_the_settings_changed_is_dropped() -> None:
    album: Album[object] = Album()
    begun, may_end = threading.Event(), threading.Event()

    def old(photo: Photo, at: Callable[[str], None]) -> object:
        begun.set()
        assert may_end.wait(LONG_S)
        return "old"

    album.add([photo("a")])
    album.analyse_with(1, old)
    assert begun.wait(LONG_S)
    album.analyse_with(2, lambda photo, at: "new")
    may_end.set()
    until(album, lambda: not album.pending)
    assert album.results == {"a": "new"}


def test_a_step_is_shown_while_it_lasts() -> None:
    album: Album[object] = Album()
    may_end = threading.Event()

    def analyse(photo: Photo, at: Callable[[str], None]) -> object:
        at("detect")
        return may_end.wait(LONG_S)

    album.add([photo("a")])
    album.analyse_with(1, analyse)
    until(album, lambda: album.step("a") == "detect")
    may_end.set()
    until(album, lambda: not album.pending)
    assert album.step("a") == ""


def test_work_that_nobody_looks_at_stops_and_resumes_with_the_next_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    album: Album[object] = Album()
    album.add(photo(f"{number:02}") for number in range(40))
    monkeypatch.setattr("fer.inference.album.UNSEEN_FOR_S", 0.0)
    album.analyse_with("settings", read)
    assert album.wait(-1, 0.1)
    assert not album.results
    monkeypatch.undo()
    album.analyse_with("settings", read)
    until(album, lambda: not album.pending)


def test_a_closed_album_holds_nothing_and_works_no_more() -> None:
    album: Album[object] = Album()
    album.add([photo("a", 1000), photo("b", 500)])
    assert album.bytes_held == 1500
    album.analyse_with("settings", read)
    until(album, lambda: not album.pending)
    assert album.bytes_held > 1500
    album.close()
    assert album.bytes_held == 0
    assert not album.is_working


@pytest.mark.parametrize(
    "photos",
    [
        [photo(str(number)) for number in range(MAX_PHOTOS)],
        [photo("a", MAX_BYTES - 1), photo("b", 2)],
    ],
    ids=["photos", "bytes"],
)
def test_an_album_is_bounded(photos: list[Photo]) -> None:
    album: Album[object] = Album()
    album.add([photo("first")])
    with pytest.raises(ImageTooLargeError, match="at most 1,000 of 200 MB"):
        album.add(photos)
    assert len(album) == 1
    album.clear()
    assert album.photos == ()


def test_what_was_skipped_stays_noted_while_there_are_photos() -> None:
    album: Album[object] = Album()
    album.skip([("a.txt", "text")])
    album.skip([("b.txt", "text")])
    assert album.skipped == {"b.txt": "text"}
    album.add([photo("c")])
    album.skip([("d.mov", "a video")])
    album.skip([])
    assert album.skipped == {"b.txt": "text", "d.mov": "a video"}
    album.clear()
    assert not album.skipped


def test_files_of_one_name_are_skipped_one_by_one() -> None:
    album: Album[object] = Album()
    album.skip([("notes.txt", "text"), ("notes.txt", "a PDF document")])
    album.add([photo("c")])
    album.skip([("notes.txt", "text")])
    assert album.skipped == {
        "notes.txt": "text",
        "notes.txt (2)": "a PDF document",
        "notes.txt (3)": "text",
    }
