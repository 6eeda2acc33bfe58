import secrets
from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.common import visitors

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
        return AppTest.from_function(count_runs).run()

    return open_tab


def test_what_is_kept_for_a_browser_survives_a_reload_and_nobody_else_gets_it(
    open_tab: OpenTab,
) -> None:
    mine, other = secrets.token_urlsafe(), secrets.token_urlsafe()
    assert runs(open_tab(mine).run()) == "2"
    assert runs(open_tab(mine)) == "3"
    assert runs(open_tab(other)) == "1"


def test_without_a_cookie_things_are_kept_for_the_session_alone(
    open_tab: OpenTab,
) -> None:
    assert runs(open_tab(None).run()) == "2"
    assert runs(open_tab(None)) == "1"


def test_only_the_latest_visitors_are_remembered(
    open_tab: OpenTab,
) -> None:
    first, *others = [secrets.token_urlsafe() for _ in range(visitors.KEPT_VISITORS + 1)]
    open_tab(first)
    for cookie in others:
        open_tab(cookie)
    assert runs(open_tab(first)) == "1"
