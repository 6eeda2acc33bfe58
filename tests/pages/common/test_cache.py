"""What visitors share: twelve threads stand for twelve visitors at once."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace
from typing import TypeVar

import cv2
import pytest
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

from fer.data import add, annotations, load_dataset, remove
from fer.data.synthetic import draw_face
from fer.errors import DatasetError
from pages.common.cache import Work
from pages.dataset import opened

VISITORS = 12
T = TypeVar("T")


def at_once(ask: Callable[[int], T]) -> list[T]:
    """What each visitor gets, all asking in the same moment."""
    barrier = Barrier(VISITORS)

    def visit(number: int) -> T:
        barrier.wait()
        return ask(number)

    with ThreadPoolExecutor(VISITORS) as pool:
        return list(pool.map(visit, range(VISITORS)))


class Kitchen:
    """A cache of three, which counts what it makes."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.is_current = True
        self.fails = False

        @st.cache_resource(max_entries=3, show_spinner=False, validate=Work.is_usable)
        def kept(name: str) -> Work[list[str]]:
            return Work(lambda _: self.make(name), is_current=lambda: self.is_current)

        self.kept = kept
        kept.clear()

    def make(self, name: str) -> list[str]:
        self.made[name] += 1
        time.sleep(0.02)
        if self.fails:
            raise DatasetError("Burnt.")
        return [name]

    def get(self, name: str) -> list[str]:
        return self.kept(name).result()


def test_twelve_visitors_who_ask_at_once_share_one_result() -> None:
    kitchen = Kitchen()
    results = at_once(lambda _: kitchen.get("soup"))
    assert kitchen.made == {"soup": 1}
    assert all(result is results[0] for result in results)


def test_visitors_who_push_out_each_others_results_all_get_their_own() -> None:
    kitchen = Kitchen()

    def ask(visitor: int) -> list[list[str]]:
        return [kitchen.get(f"dish {(visitor + turn) % 8}") for turn in range(8)]

    for visitor, results in enumerate(at_once(ask)):
        assert results == [[f"dish {(visitor + turn) % 8}"] for turn in range(8)]


def test_what_was_used_longest_ago_is_dropped_first() -> None:
    kitchen = Kitchen()
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        kitchen.get(name)
    assert kitchen.made == {"a": 1, "b": 2, "c": 1, "d": 1}


def test_a_failure_reaches_everyone_who_waits_and_is_not_kept() -> None:
    kitchen = Kitchen()
    kitchen.fails = True

    def ask(_: int) -> str:
        with pytest.raises(DatasetError) as caught:
            kitchen.get("soup")
        return str(caught.value)

    assert set(at_once(ask)) == {"Burnt."}
    kitchen.fails = False
    assert kitchen.get("soup") == ["soup"]


def test_a_result_is_worked_out_anew_when_its_source_has_changed_or_it_is_old() -> None:
    kitchen = Kitchen()
    first = kitchen.get("soup")
    kitchen.is_current = False
    assert kitchen.get("soup") is not first
    go_on = Event()
    old = Work(lambda _: go_on.wait(10), fresh_for_s=0)
    assert old.is_usable()
    go_on.set()
    old.result()
    assert not old.is_usable()


def _waiting() -> None:
    import streamlit as st

    st.write(st.session_state["work"].result())


def test_whoever_waits_sees_how_far_the_work_is_and_then_its_result() -> None:
    go_on, texts = Event(), []

    def count(meter: Callable[[int, int], None]) -> str:
        meter(2, 5)
        go_on.wait(10)
        return "ready"

    work = Work(count)
    draw = work._meter.draw

    def drawn(slot: DeltaGenerator) -> None:
        def progress(share: float, text: str) -> None:
            texts.append(text)
            slot.progress(share, text)

        draw(SimpleNamespace(progress=progress))  # type: ignore[arg-type]
        go_on.set()

    work._meter.draw = drawn  # type: ignore[method-assign]
    page = AppTest.from_function(_waiting, default_timeout=30)
    page.session_state["work"] = work
    page.run()
    assert not page.exception
    assert texts[0].startswith("Face 3 of 5")
    assert page.markdown[0].value == "ready"


@pytest.fixture
def drawn(tmp_path: Path) -> Iterator[str]:
    """A data set of four faces."""
    folder = tmp_path / "set" / "train" / "happy"
    folder.mkdir(parents=True)
    for seed in range(4):
        cv2.imwrite(str(folder / f"{seed}.png"), draw_face("happy", seed=seed, size=48))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_DATA_ROOTS", str(tmp_path))
        add(tmp_path / "set", name="shared")
        yield "shared"
        with contextlib.suppress(DatasetError):
            remove("shared")


def test_a_data_set_is_read_once_for_all_and_again_once_it_is_annotated(
    drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads, searches = [], []
    load, search = opened.load_dataset, opened.near_duplicates
    monkeypatch.setattr(opened, "load_dataset", lambda *a, **k: loads.append(1) or load(*a, **k))
    monkeypatch.setattr(opened, "near_duplicates", lambda *a: searches.append(1) or search(*a))
    opened._near_duplicates.clear()
    at_once(lambda _: opened.open_dataset(drawn))
    assert (len(loads), len(searches)) == (1, 1)
    annotations.annotate(load_dataset(drawn), ["train/happy/1.png"], excluded=True)
    again = at_once(lambda _: opened.open_dataset(drawn))
    assert again[0].dataset.excluded.sum() == 1
    assert (len(loads), len(searches)) == (2, 1)  # the pixels are the same
    opened.forget(drawn)
    opened.open_dataset(drawn)
    assert len(loads) == 3
