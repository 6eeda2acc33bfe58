import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer.feedback.contribution import Contribution, Kept
from fer.feedback.records import Correction
from fer.feedback.store import contributor_id, open_store
from pages.common import visitors
from pages.common.asking.contributions import CONTRIBUTION
from pages.corrections import keys, listing
from pages.corrections.listing import archive_of

KEY, OTHER_KEY = "abcd-efgh", "somebody-else"


MakeCorrection = Callable[..., Correction]
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def correction(make_correction: MakeCorrection) -> MakeCorrection:
    def make(key: str, seed: int, **given: Any) -> Correction:
        usual = {
            "created": datetime(2026, 11, 20, 12, seed, tzinfo=UTC),
            "contributor": contributor_id(key), "source": "video", "labels": ("happy", "sad"),
            "probabilities": (0.75, 0.25), "verdict": "sad",
        }  # fmt: skip
        return make_correction(seed, **(usual | given))

    return make


@pytest.fixture
def mine(correction: MakeCorrection) -> list[Correction]:
    """Two corrections of one person, beside somebody else's."""
    kept = [correction(KEY, 1), correction(KEY, 2, verdict="several")]
    for one in (*kept, correction(OTHER_KEY, 3)):
        open_store().keep(one)
    return kept


@pytest.fixture
def corrections_page(app: AppTest) -> AppTest:
    app.run()
    page = app.switch_page("pages/corrections/page.py").run()
    assert not page.exception
    return page


def enter(page: AppTest, key: str) -> AppTest:
    page.text_input(key=f"{keys.KEY}.text").set_value(key)
    return click(page, "Show my corrections")


def click(page: AppTest, label: str) -> AppTest:
    [button] = [button for button in page.button if button.label == label]
    page = button.click().run()
    assert not page.exception
    return page


def texts(page: AppTest) -> str:
    shown = (*page.markdown, *page.info, *page.success, *page.warning, *page.error, *page.html)
    return "\n".join(one.value for one in shown)


def contribution(page: AppTest) -> Contribution:
    given: Contribution = page.session_state[visitors.SHELF][CONTRIBUTION]
    return given


def test_without_a_key_the_page_opens_no_database(
    corrections_page: AppTest, database: Path
) -> None:
    assert "Enter it to see" in texts(corrections_page)
    assert not database.exists()


def test_an_earlier_key_lists_what_was_kept_under_it_and_nothing_else(
    corrections_page: AppTest, mine: list[Correction]
) -> None:
    page = enter(corrections_page, f" {KEY.upper()} ")
    assert "2 corrections, the newest first." in texts(page)
    table = page.dataframe[0].value
    assert table["Your answer"].tolist() == ["several emotions", "sad"]
    assert table["The model’s"].tolist() == ["happy 75%"] * 2
    assert table["Sent from"].tolist() == ["Video"] * 2
    assert table["State"].tolist() == ["not reviewed yet"] * 2


def test_an_empty_key_is_refused(corrections_page: AppTest) -> None:
    assert "key is empty" in texts(enter(corrections_page, " - "))


def test_a_mistyped_key_is_not_taken_for_later_corrections(
    corrections_page: AppTest, mine: list[Correction]
) -> None:
    page = enter(corrections_page, "mistyped")
    assert "no corrections under this key" in texts(page)
    assert CONTRIBUTION not in page.session_state[visitors.SHELF]


def test_all_corrections_of_a_contributor_are_deleted_after_a_question(
    corrections_page: AppTest, mine: list[Correction]
) -> None:
    page = enter(corrections_page, KEY)
    contribution(page).kept["face"] = Kept.of(mine[0])
    page = click(page, "Delete 2 corrections")
    assert "Deleted 2 corrections." in texts(page)
    assert [one.contributor for one in open_store().corrections()] == [contributor_id(OTHER_KEY)]
    assert contribution(page).kept == {}  # so that the face can be asked about again


def test_one_correction_is_shown_in_full_and_deleted(
    corrections_page: AppTest, mine: list[Correction]
) -> None:
    page = enter(corrections_page, KEY)
    page.session_state[keys.OPEN] = mine[0].id
    page = page.run()
    assert "happy 75%, sad 25%" in texts(page)
    page = click(page, "Delete this correction")
    assert "1 correction, the newest first." in texts(page)
    assert mine[0].id not in {one.id for one in open_store().corrections()}


def test_somebody_elses_correction_can_neither_be_opened_nor_deleted(
    corrections_page: AppTest, mine: list[Correction], monkeypatch: pytest.MonkeyPatch
) -> None:
    [foreign] = open_store().corrections(contributor=contributor_id(OTHER_KEY))
    page = enter(corrections_page, KEY)
    page.session_state[keys.OPEN] = foreign.id
    assert not [one for one in page.run().button if one.label == "Delete this correction"]

    def delete_foreign(opened: Correction, on_delete: Callable[[list[str]], None]) -> None:
        on_delete([foreign.id])

    monkeypatch.setattr(listing, "_show", delete_foreign)
    page.session_state[keys.OPEN] = mine[0].id
    assert not page.run().exception
    assert page.session_state[keys.DONE] == "Deleted 0 corrections."
    assert foreign.id in {one.id for one in open_store().corrections()}


def test_forgetting_the_key_warns_of_what_is_not_kept_yet(
    corrections_page: AppTest, mine: list[Correction]
) -> None:
    page = enter(corrections_page, KEY)
    contribution(page).waiting["face"] = mine[0]
    [forget] = [one for one in page.run().button if one.label == "Forget it in this browser"]
    assert "1 correction that waits" in forget.help


def test_the_archive_has_all_of_ones_own_corrections_with_their_pictures(
    mine: list[Correction], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Contribution(open_store)
    given.use_key(KEY)
    monkeypatch.setattr("pages.corrections.listing.contribution", lambda: given)
    make: Callable[[], bytes] = archive_of([one.id for one in open_store().corrections()])
    with zipfile.ZipFile(io.BytesIO(make())) as archive:
        rows = json.loads(archive.read("corrections.json"))
        assert {row["id"] for row in rows} == {one.id for one in mine}
        assert all(archive.read(row["crop"]).startswith(b"\x89PNG") for row in rows)


def test_without_its_database_the_page_can_be_tried_again(
    corrections_page: AppTest, mine: list[Correction], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = enter(corrections_page, KEY)
    with monkeypatch.context() as away:
        away.setenv("FER_DATABASE_URL", "sqlite:////proc/nowhere/feedback.db")
        page = page.run()
        assert "cannot be reached" in texts(page)
        assert "/proc" not in texts(page)
    assert "2 corrections" in texts(click(page, "Try again"))


def test_the_key_can_be_forgotten(corrections_page: AppTest, mine: list[Correction]) -> None:
    page = click(enter(corrections_page, KEY), "Forget it in this browser")
    assert "Enter it to see" in texts(page)
    assert len(open_store().corrections()) == 3
