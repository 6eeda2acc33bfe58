import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer import settings
from fer.feedback.contribution import Contribution
from fer.feedback.records import Correction
from fer.feedback.store import Store, contributor_id, open_store
from fer.images import decode
from pages.common import visitors
from pages.common.asking.contributions import CONTRIBUTION
from pages.common.asking.keeping import KEEP
from pages.predict import keys
from pages.predict.kept import KeptPhotos

pytestmark = pytest.mark.usefixtures("database")

CHECKOUT = Path(__file__).resolve().parents[3]


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def answered(predict_page: AppTest, astronaut: np.ndarray) -> AppTest:
    """Predict with the answer for a smiling person."""
    return upload(predict_page, astronaut)


def upload(page: AppTest, *photos: np.ndarray) -> AppTest:
    [uploader] = [one for one in page.file_uploader if "Photos" in one.label]
    for number, photo in enumerate(photos):
        uploader.upload(f"{number}.jpg", jpeg(photo))
    page = uploader.run()
    version = -1
    while album(page).is_working:
        version = album(page).wait(version, 60)
    return page.run()


def album(page: AppTest) -> KeptPhotos:
    kept: KeptPhotos = page.session_state[visitors.SHELF][keys.ALBUM]
    return kept


def contribution(page: AppTest) -> Contribution:
    given: Contribution = page.session_state[visitors.SHELF][CONTRIBUTION]
    return given


def choose(page: AppTest, question: str, answer: str) -> AppTest:
    [pills] = [pills for pills in page.button_group if question in pills.label]
    page = pills.set_value(answer).run()
    assert not page.exception
    return page


def click(page: AppTest, label: str) -> AppTest:
    [button] = [button for button in page.button if button.label == label]
    page = button.click().run()
    assert not page.exception
    return page


def is_offered(page: AppTest) -> bool:
    return any(button.label == KEEP for button in page.button)


def answer_sad(page: AppTest) -> AppTest:
    return choose(choose(page, "Was this right?", "No"), "What do you see in it?", "sad")


def stored() -> list[Correction]:
    return open_store().corrections()


def test_no_database_is_opened_before_somebody_chooses_to_keep_a_correction(
    answered: AppTest, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    init: Callable[..., None] = Store.__init__

    def watched(store: Store, *arguments: object) -> None:
        opened.append("opened")
        init(store, *arguments)

    monkeypatch.setattr(Store, "__init__", watched)
    page = choose(answered, "Was this right?", "Yes")
    assert is_offered(page)
    page = answer_sad(page)
    [larger] = [box for box in page.checkbox if "larger crop" in box.label]
    page = larger.check().run()
    assert "The larger crop, 151 × 192 px" in "".join(html.value for html in page.html)
    assert (opened, database.exists()) == ([], False)
    click(page, KEEP)
    assert opened


def test_what_is_kept_is_what_was_shown(answered: AppTest, database: Path) -> None:
    page = click(answer_sad(answered), KEEP)
    assert [success.value for success in page.success] == ["Kept: sad. Thank you."]
    [correction] = stored()
    [result] = album(page).results.values()
    [face] = result.faces  # type: ignore[union-attr]
    assert correction.verdict == "sad"
    assert (correction.source, correction.model) == ("predict", settings.default_model())
    assert correction.probabilities == tuple(face.probabilities.values())
    assert np.array_equal(decode(correction.crop)[:, :, :1], face.crop)
    assert correction.larger_crop is None
    assert correction.contributor == contributor_id(contribution(page).key)
    assert album(page).photos[0].name == "0.jpg"
    assert "0.jpg" not in str(correction)
    files = list(database.parent.glob(f"{database.name}*"))  # its log of changes, too
    assert files
    assert not any(b"0.jpg" in file.read_bytes() for file in files)


def test_a_larger_crop_is_kept_if_its_box_is_ticked(answered: AppTest) -> None:
    page = answer_sad(answered)
    [larger] = [box for box in page.checkbox if "larger crop" in box.label]
    click(larger.check().run(), KEEP)
    [correction] = stored()
    assert correction.larger_crop is not None
    assert decode(correction.larger_crop).shape == (192, 151, 3)


def test_undo_deletes_what_was_kept_and_asks_again(answered: AppTest) -> None:
    page = click(click(answer_sad(answered), KEEP), "Undo")
    assert stored() == []
    assert is_offered(page)


def test_the_key_is_shown_until_it_is_noted(answered: AppTest) -> None:
    page = click(answer_sad(answered), KEEP)
    assert [code.value for code in page.code] == [contribution(page).key]
    assert not click(page, "I have noted my key").code


def test_without_its_database_the_page_keeps_the_correction_and_sends_it_again(
    answered: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with monkeypatch.context() as away:
        away.setenv("FER_DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'feedback.db'}")
        page = click(answer_sad(answered), KEEP)
        assert "cannot be reached" in page.warning[0].value
        assert str(tmp_path) not in "".join(one.value for one in (*page.error, *page.warning))
        page = click(page, "Send again")
        assert len(contribution(page).waiting) == 1
    page = click(page, "Send again")
    assert [success.value for success in page.success] == ["Kept: sad. Thank you."]
    assert [correction.verdict for correction in stored()] == ["sad"]


def test_what_waits_for_its_database_can_be_discarded(
    answered: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setenv("FER_DATABASE_URL", "nonsense")
        page = click(click(answer_sad(answered), KEEP), "Discard this one")
        assert contribution(page).waiting == {}
        assert is_offered(page)
    assert stored() == []


def test_each_face_of_a_photo_is_asked_about_by_itself(
    predict_page: AppTest, astronaut: np.ndarray
) -> None:
    person = astronaut[:, :380]
    page = upload(predict_page, np.concatenate([person, person[:, ::-1]], axis=1))
    [photo] = album(page).photos
    page = click(choose(page, "Face 1", "Yes"), KEEP)
    page.session_state[f"predict.{photo.key}.at"] = photo.key, 2
    page = page.run()
    assert not page.success
    click(answer_sad(page), KEEP)
    assert [correction.verdict for correction in stored()] == ["happy", "sad"]
    assert album(page).answers == {(photo.key, 1): "happy", (photo.key, 2): "sad"}


def test_a_face_that_is_too_small_is_asked_about_without_an_answer(
    predict_page: AppTest, astronaut: np.ndarray
) -> None:
    small = np.full((400, 400, 3), 128, np.uint8)
    small[:100, :100] = np.asarray(Image.fromarray(astronaut).resize((100, 100)))
    page = upload(predict_page, small)
    page = choose(page, "too small to say. What do you see in it?", "cannot_tell")
    click(page, KEEP)
    assert [correction.unreliable_because for correction in stored()] == ["too small to say"]


def test_an_answer_is_still_chosen_after_a_visit_to_another_page(answered: AppTest) -> None:
    page = answer_sad(answered)
    page.switch_page("pages/home/page.py").run()
    page = page.switch_page("pages/predict/page.py").run()
    assert [pills.value for pills in page.button_group if "see" in pills.label] == ["sad"]


def test_pages_that_ask_do_not_import_the_database() -> None:
    pages = "pages.predict.photo, pages.video.asking, pages.live.asking, pages.corrections.listing"
    script = f"import sys, {pages}; print(*{{'sqlalchemy', 'alembic'}} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    assert done.stdout.split() == []
