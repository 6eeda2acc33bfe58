from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from fer.data.corrections import AcceptedFace, write_accepted
from fer.data.registry import feedback_file
from fer.data.synthetic import draw_face
from fer.errors import DatasetError
from fer.people import Person, Role, act_as
from pages.common import cache, visitors

OpenTab = Callable[[str | None], AppTest]


def count_runs() -> None:
    import streamlit as st

    from pages.common import visitors

    shelf = visitors.shelf()
    shelf["runs"] = shelf.get("runs", 0) + 1
    st.text(shelf["runs"])


def runs(page: AppTest) -> str:
    assert not page.exception
    return str(page.text[0].value)


@pytest.fixture
def open_tab(monkeypatch: pytest.MonkeyPatch) -> OpenTab:
    """Opens the app in a new session, as a reload does, with a browser's cookie or none."""

    def open_tab(cookie: str | None) -> AppTest:
        cookies = {visitors.VISITOR_COOKIE: cookie} if cookie else {}
        monkeypatch.setattr(type(st.context), "cookies", cookies)
        return AppTest.from_function(count_runs, default_timeout=60).run()

    return open_tab


def test_what_is_kept_for_a_browser_survives_a_reload_and_nobody_else_gets_it(
    open_tab: OpenTab,
) -> None:
    mine, other = visitors.new_cookie(), visitors.new_cookie()
    assert runs(open_tab(mine).run()) == "2"
    assert runs(open_tab(mine)) == "3"
    assert runs(open_tab(other)) == "1"


@pytest.mark.parametrize("cookie", [None, "", "made-up", "made.up"])
def test_without_a_cookie_of_this_server_things_are_kept_for_the_session_alone(
    open_tab: OpenTab, cookie: str | None
) -> None:
    assert runs(open_tab(cookie).run()) == "2"
    assert runs(open_tab(cookie)) == "1"


def test_only_the_latest_visitors_are_remembered(
    open_tab: OpenTab,
) -> None:
    first, *others = [visitors.new_cookie() for _ in range(visitors.KEPT_VISITORS + 1)]
    open_tab(first)
    for cookie in others:
        open_tab(cookie)
    assert runs(open_tab(first)) == "1"


class Thing:
    """Something large that can be ended."""

    def __init__(self, bytes_held: int) -> None:
        self.bytes_held = bytes_held
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_shelf_that_makes_room_for_others_ends_what_is_on_it() -> None:
    shelves = visitors.Shelves()
    things = [Thing(visitors.KEPT_BYTES // 2 - 1) for _ in range(3)]
    for number, thing in enumerate(things):
        shelves.of(str(number))["thing"] = thing
    shelves.of("0")  # used again, so that the second one is the oldest
    shelves.of("3")
    assert [thing.is_closed for thing in things] == [False, True, False]
    assert "thing" in shelves.of("0")
    assert "thing" not in shelves.of("1")


def test_the_hours_count_from_the_last_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(visitors, "time", SimpleNamespace(monotonic=lambda: now[0]))
    shelves, thing = visitors.Shelves(), Thing(1)
    shelves.of("me")["thing"] = thing
    for hours in (3, 6, 9):
        now[0] = hours * 3600.0
        assert "thing" in shelves.of("me")
    now[0] += (visitors.KEPT_FOR_H + 1) * 3600.0
    assert "thing" not in shelves.of("me")
    assert thing.is_closed


def test_a_visitor_has_one_shelf_even_while_it_is_empty() -> None:
    shelves = visitors.Shelves()
    assert shelves.of("me") is shelves.of("me")


@pytest.fixture
def open_to_others() -> Iterator[None]:
    """An app that other machines can open."""
    address = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield
    config.set_option("server.address", address)


def menu_of(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that the menu lists."""
    listed: list[str] = []
    make = st.Page

    def watched(*arguments: Any, **options: Any) -> Any:
        if options["visibility"] == "visible":
            listed.append(options["url_path"])
        return make(*arguments, **options)

    monkeypatch.setattr(st, "Page", watched)
    app.run()
    assert not app.exception
    return listed


def links_of(app: AppTest) -> set[str]:
    return {link.proto.page for link in app.get("page_link")}


def test_on_its_own_machine_menu_and_home_lead_to_feedback(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "feedback" in menu_of(app, monkeypatch)
    assert "feedback" in links_of(app)


@pytest.mark.usefixtures("open_to_others")
def test_where_others_can_open_the_app_neither_menu_nor_home_lead_to_feedback(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = menu_of(app, monkeypatch)
    assert "predict" in listed
    assert "feedback" not in listed
    assert "feedback" not in links_of(app)


@pytest.mark.usefixtures("open_to_others")
def test_where_others_can_open_the_app_feedback_shows_nothing_and_opens_no_database(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATABASE_URL", f"sqlite:///{tmp_path / 'feedback.db'}")
    app.run()
    app.switch_page("pages/feedback/page.py").run()
    assert not app.exception
    assert "for those who may review corrections" in app.info[-1].value
    assert not app.text_input
    assert not (tmp_path / "feedback.db").exists()


def test_where_others_can_open_the_app_no_page_reads_the_accepted_corrections(
    own_home: Path,
) -> None:
    face = AcceptedFace(
        id="a", label="happy", split="train", subject="b", hash="c", reason="",
        image=cv2.imencode(".png", draw_face("happy", seed=0, size=48))[1].tobytes(),
    )  # fmt: skip
    write_accepted(feedback_file(), [face])
    assert cache.dataset_work("feedback", lambda meter: 1).result() == 1
    visitor = Person(role=Role.VISITOR)
    with act_as(visitor), pytest.raises(DatasetError, match="for those alone who review them"):
        cache.dataset_work("feedback", lambda meter: 1)
