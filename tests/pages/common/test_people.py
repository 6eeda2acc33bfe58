"""Who may do what on the pages; a real provider signs people in in the browser tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from fer.people import READ_ONLY, Person, Role, act_as, acting
from fer.runs import list_runs, queue
from fer.runs.catalogue import create
from fer.training.config import TrainingConfig
from pages.common.cache import Work
from pages.common.screens import SCREENS

LOGIN = {"client_id": "fer", "redirect_uri": "http://127.0.0.1/oauth2callback"}


@pytest.fixture
def open_to_others() -> Iterator[None]:
    """An app that other machines can open."""
    address = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield
    config.set_option("server.address", address)


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_ADMINS", "ada@example.org")
    monkeypatch.setenv("FER_EDITORS", "eve@example.org")
    monkeypatch.delenv("FER_VIEWERS", raising=False)
    monkeypatch.delenv("FER_ROLE_CLAIM", raising=False)


def signed_in(app: AppTest, name: str = "") -> AppTest:
    """The app as somebody sees it who signed in, or, without a name, who has not."""
    app.secrets["auth"] = LOGIN
    app.user = {"is_logged_in": bool(name)}
    if name:
        app.user |= {"email": f"{name}@example.org", "email_verified": True, "sub": name}
    return app


def opened(app: AppTest, screen: str) -> AppTest:
    app.run()
    if screen != "home":
        app.switch_page(f"pages/{screen}/page.py").run()
    assert not app.exception, app.exception
    return app


def labels(app: AppTest, *, enabled: bool = True) -> set[str]:
    return {button.label for button in app.button if not (enabled and button.disabled)}


def words(app: AppTest) -> str:
    found: list[Any] = [*app.info, *app.caption, *app.markdown, *app.warning, *app.error]
    drawn = " ".join(one.proto.body for one in app.get("html"))
    return " ".join([drawn, *(one.value for one in found)]).replace("\\", "")


def files_in(*folders: Path) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.mark.usefixtures("open_to_others")
@pytest.mark.parametrize("screen", list(SCREENS))
def test_where_anybody_can_open_the_app_it_is_read_only_states_why_and_writes_nothing(
    app: AppTest, screen: str, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FER_DATABASE_URL", raising=False)
    opened(app, screen)
    assert READ_ONLY in app.info[0].value
    assert "set up a login" in app.info[0].value
    changing = {
        "Add", "Train", "Use by default", "Copy", "Exclude", "Download YuNet", "Undo the last step",
        "Remove synthetic", "Show my corrections", "Add a network",
    }  # fmt: skip
    assert not labels(app) & changing
    assert files_in(own_home, tmp_path / "runs") == set()


@pytest.mark.usefixtures("open_to_others")
def test_predicting_works_where_the_app_is_read_only(
    app: AppTest, own_home: Path, astronaut: Any
) -> None:
    import cv2

    opened(app, "predict")
    photo = cv2.imencode(".jpg", astronaut[:, :, ::-1])[1].tobytes()
    app.file_uploader[0].upload("me.jpg", photo).run()
    assert not app.exception
    assert "Was this right?" not in {pills.label for pills in app.pills}
    drawn = " ".join(one.proto.body for one in app.get("html"))
    assert "happy" in drawn
    assert files_in(own_home) == set()


def test_on_its_own_machine_nobody_signs_in_and_everything_is_offered(app: AppTest) -> None:
    opened(app, "dataset")
    assert READ_ONLY not in words(app)
    assert "Add" in labels(app)
    assert "Sign out" not in labels(app)


@pytest.mark.usefixtures("roles", "own_home")
@pytest.mark.parametrize("screen", ["home", "dataset", "feedback", "train"])
def test_where_a_login_is_set_up_nobody_sees_a_page_before_it(app: AppTest, screen: str) -> None:
    opened(signed_in(app), screen)
    assert [title.value for title in app.title] == ["Sign in"]
    assert labels(app) == {"Sign in"}


@pytest.mark.usefixtures("roles", "own_home")
def test_somebody_whom_no_list_names_learns_that_and_sees_no_page(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_VIEWERS", "vic@example.org")
    opened(signed_in(app, "eva"), "home")
    assert "nobody gave you a role" in app.warning[0].value
    assert labels(app) == {"Sign out"}


@pytest.mark.usefixtures("roles", "own_home")
@pytest.mark.parametrize(("name", "role"), [("vic", "viewer"), ("eve", "editor"), ("ada", "admin")])
def test_each_role_is_named_above_the_page_and_offered_what_it_may_do(
    app: AppTest, name: str, role: str
) -> None:
    opened(signed_in(app, name), "dataset")
    assert f"{name}@example.org, {role}" in words(app)
    assert ("Add" in labels(app)) == (role == "admin")
    assert ("takes an admin" in words(app)) == (role != "admin")
    opened(app, "train")
    assert ("Train" in labels(app)) == (role != "viewer")
    assert ("takes an editor" in words(app)) == (role == "viewer")
    opened(app, "models")
    assert ("Copy" in labels(app)) == (role == "admin")
    opened(app, "feedback")
    assert ("for those who may review" in words(app)) == (role == "viewer")


@pytest.mark.usefixtures("roles", "own_home")
def test_an_address_that_is_not_verified_gives_no_role(app: AppTest) -> None:
    signed_in(app, "ada").user["email_verified"] = False
    opened(app, "dataset")
    assert "ada, viewer" in words(app)
    assert "Add" not in labels(app)


@pytest.mark.usefixtures("roles", "own_home")
def test_signing_in_again_as_somebody_else_takes_the_rights_away(app: AppTest) -> None:
    opened(signed_in(app, "ada"), "dataset")
    assert "Add" in labels(app)
    opened(signed_in(app), "dataset")
    assert labels(app) == {"Sign in"}


@pytest.mark.usefixtures("roles", "own_home")
def test_a_click_that_a_page_does_not_offer_starts_nothing(
    app: AppTest,
) -> None:
    """A browser can send what it likes, also for a button that is disabled."""
    opened(signed_in(app, "vic"), "train")
    train = app.button(key="train.start")
    assert train.disabled
    train.proto.disabled = False
    train.click().run()
    assert not app.exception
    assert list_runs() == []


@pytest.mark.usefixtures("roles", "own_home")
def test_a_right_that_was_taken_away_meanwhile_is_gone_at_the_next_click(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(signed_in(app, "eve"), "train")
    monkeypatch.setenv("FER_EDITORS", "")
    app.button(key="train.start").click().run()
    assert not app.exception
    assert list_runs() == []


@pytest.mark.usefixtures("own_home")
def test_where_the_secrets_cannot_be_read_nobody_comes_in(app: AppTest, tmp_path: Path) -> None:
    file = tmp_path / "secrets.toml"
    file.write_text("[auth")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    try:
        opened(app, "dataset")
    finally:
        config.set_option("secrets.files", before)
    assert [title.value for title in app.title] == ["Sign in"]


@pytest.mark.usefixtures("own_home")
def test_a_name_that_a_proxy_answers_to_makes_the_app_one_that_others_can_open(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_ALLOWED_HOSTS", "fer.example.org")
    opened(app, "models")
    assert READ_ONLY in app.info[0].value


def test_work_in_the_background_is_done_for_whoever_began_it() -> None:
    kim = Person(name="kim", role=Role.VIEWER)
    with act_as(kim):
        work = Work(lambda meter: acting())
    assert work.future.result(timeout=10) == kim


@pytest.mark.usefixtures("own_home")
def test_a_read_only_app_starts_no_run_that_waits(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(queue, "start_worker", lambda: started.append(1))
    create(TrainingConfig(), name="waits", state="queued")
    address = config.get_option("server.address")
    for host, most in (("0.0.0.0", 0), ("127.0.0.1", 1)):
        st.cache_resource.clear()
        config.set_option("server.address", host)
        app.run()
        config.set_option("server.address", address)
        assert len(started) == most
