"""Signing in at a real OpenID provider, and what each role sees and may do then."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from fer.data import annotations
from fer.data.synthetic import draw_face
from fer.runs import list_runs

if TYPE_CHECKING:
    from playwright.sync_api import Page

START_WITHIN_S = 60


@pytest.fixture(scope="module")
def server(
    serve: Callable[..., AbstractContextManager[str]],
    openid_provider: str,
    faces: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The app with a login, open to other machines."""
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(f"""
FER_EDITORS = "eve@example.org"
FER_ADMINS = "fer-admins"
FER_ROLE_CLAIM = "groups"

[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{"only for tests, and long enough " * 2}"
client_id = "fer"
client_secret = "secret"
server_metadata_url = "{openid_provider}/.well-known/openid-configuration"
""")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_DATA_ROOTS", str(faces.parent))
        with serve({"server.address": "0.0.0.0", "secrets.files": str(secrets)}) as address:
            yield address


@pytest.fixture(scope="module")
def faces(fer_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of drawn faces, named `drawn` in the app."""
    from fer.data import add

    root = tmp_path_factory.mktemp("faces") / "drawn"
    for label in ("happy", "surprise"):
        for part in ("train", "test"):
            folder = root / part / label
            folder.mkdir(parents=True)
            for seed in range(4):
                cv2.imwrite(str(folder / f"{seed}.png"), draw_face(label, seed=seed, size=48))
    add(root)
    return root


Idle = Callable[["Page"], None]


def sign_in(page: "Page", address: str, name: str, wait_until_idle: Idle) -> None:
    page.goto(address)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="Sign out").wait_for()
    wait_until_idle(page)


def open_page(page: "Page", address: str, screen: str, wait_until_idle: Idle) -> None:
    page.goto(f"{address}/{screen}")
    wait_until_idle(page)


def is_there(page: "Page", name: str) -> bool:
    return page.get_by_role("button", name=name, exact=True).count() > 0


def test_without_signing_in_no_page_opens(
    page: "Page", server: str, wait_until_idle: Idle, check_layout: Callable[["Page"], None]
) -> None:
    for screen in ("", "dataset", "feedback", "models"):
        open_page(page, server, screen, wait_until_idle)
        assert page.get_by_role("heading").all_inner_texts() == ["Sign in"]
        assert page.get_by_role("link", name="Data").count() == 0
    check_layout(page)


def test_a_viewer_predicts_and_changes_nothing(
    page: "Page", server: str, wait_until_idle: Idle
) -> None:
    sign_in(page, server, "vic", wait_until_idle)
    assert page.get_by_text("vic@example.org, viewer").is_visible()
    open_page(page, server, "predict", wait_until_idle)
    page.get_by_role("button", name=re.compile("Eileen Collins")).first.click()
    page.locator(".fer-face").first.wait_for()
    open_page(page, server, "dataset?dataset.name=drawn", wait_until_idle)
    assert not is_there(page, "Add")
    assert page.get_by_text("That takes an admin").first.is_visible()
    open_page(page, server, "train", wait_until_idle)
    assert page.get_by_role("button", name="Train", exact=True).is_disabled()
    assert page.get_by_text("That takes an editor").first.is_visible()
    assert page.get_by_role("link", name="Feedback").count() == 0


def test_an_editor_marks_and_trains_under_their_name_and_adds_no_data(
    page: "Page",
    server: str,
    fer_home: Path,
    wait_until_idle: Idle,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FER_RUNS", str(fer_home / "runs"))
    sign_in(page, server, "eve", wait_until_idle)
    assert page.get_by_text("eve@example.org, editor").is_visible()
    open_page(page, server, "dataset?dataset.name=drawn", wait_until_idle)
    assert not is_there(page, "Add")
    page.get_by_test_id("stButtonGroup").get_by_text("Faces", exact=True).click()
    shown = page.get_by_role("group", name=re.compile("^Faces, page")).get_by_role("button")
    shown.first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Exclude").click()
    dialog.get_by_role("button", name="Previous").click()
    dialog.get_by_text("By eve@example.org").wait_for()
    wait_until_idle(page)
    [made] = annotations.read("drawn").values()
    assert (made.excluded, made.by) == (True, "eve@example.org")
    open_page(page, server, "train", wait_until_idle)
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("Begun by eve@example.org").first.wait_for()
    assert [run.by for run in list_runs()] == ["eve@example.org"]
    page.get_by_test_id("stMain").get_by_role("button", name="Stop", exact=True).click()
    until = time.monotonic() + START_WITHIN_S
    while list_runs()[0].status()["state"] != "stopped":
        assert time.monotonic() < until
        page.wait_for_timeout(200)
    open_page(page, server, "feedback", wait_until_idle)
    assert page.get_by_text("What did people correct?").is_visible()
    assert not page.get_by_text("for those who may").is_visible()


def test_an_admin_of_a_group_adds_and_removes_a_data_set(
    page: "Page", server: str, faces: Path, wait_until_idle: Idle
) -> None:
    sign_in(page, server, "ada", wait_until_idle)
    assert page.get_by_text("ada@example.org, admin").is_visible()
    open_page(page, server, "dataset", wait_until_idle)
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog")
    for name, text in (("Folder or file", str(faces)), ("Name of the data set", "mine")):
        box = page.get_by_role("textbox", name=name)
        box.fill(text)
        box.press("Tab")
        wait_until_idle(page)
    dialog.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("class folders: 16 images").wait_for()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("button", name="Remove mine").click()
    page.get_by_text("mine was removed").wait_for()


def test_signing_out_ends_it(page: "Page", server: str, wait_until_idle: Idle) -> None:
    sign_in(page, server, "ada", wait_until_idle)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # at the provider
    page.get_by_role("heading", name="Sign in").wait_for()
    open_page(page, server, "dataset", wait_until_idle)
    assert page.get_by_role("heading").all_inner_texts() == ["Sign in"]


def test_an_address_that_the_provider_does_not_vouch_for_gives_no_role(
    page: "Page", server: str, wait_until_idle: Idle
) -> None:
    sign_in(page, server, "mal", wait_until_idle)
    assert page.get_by_text("mal, viewer").is_visible()


def test_a_cookie_that_this_server_did_not_sign_signs_nobody_in(
    page: "Page", server: str, wait_until_idle: Idle
) -> None:
    claims = {"email": "ada@example.org", "email_verified": True, "is_logged_in": True}
    for value in (json.dumps(claims), "x.y.z"):
        page.context.add_cookies([{"name": "_streamlit_user", "value": value, "url": server}])
        open_page(page, server, "dataset", wait_until_idle)
        assert page.get_by_role("heading").all_inner_texts() == ["Sign in"]
