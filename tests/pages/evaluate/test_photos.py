import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit import config
from streamlit.testing.v1 import AppTest

from fer import settings
from fer.errors import DatasetError, ImageError
from fer.inference.kept_photos import digest_of, keep, kept_photos
from fer.models import CARD_FILE, find
from fer.models.card import read_card
from pages.evaluate import keys
from pages.evaluate.photo_evaluation import thumbnail

pytestmark = pytest.mark.usefixtures("own_home")

GRASS = np.full((200, 300, 3), (60, 140, 60), np.uint8)


def jpeg(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


@pytest.fixture
def portrait(astronaut: np.ndarray) -> bytes:
    """A photo of one smiling person."""
    return jpeg(astronaut)


def opened(app: AppTest) -> AppTest:
    app.run()
    app.switch_page("pages/evaluate/page.py")
    app.session_state[keys.SOURCE] = "photos"
    page = app.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    assert not page.exception
    return " ".join(text.value for text in page.markdown).replace("\\", "")


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def calibration_error(page: AppTest) -> str:
    return next(one.value for one in page.caption if "Calibration error" in one.value)


def choose(page: AppTest, content: bytes, label: str) -> None:
    page.pills(key=f"{keys.LABELS}.{digest_of(content)}").set_value(label).run()


def press(page: AppTest, text: str) -> None:
    next(button for button in page.button if button.label == text).click().run()


def test_without_photos_the_page_explains_what_to_do_and_where_they_stay(app: AppTest) -> None:
    page = opened(app)
    assert "Drop photos of people's faces" in page.info[0].value
    where = next(caption.value for caption in page.caption if "that you keep" in caption.value)
    assert "Everyone who can open this app can see, change and remove them" in where
    assert str(settings.photos_folder()) in where
    assert not page.metric


def test_on_an_app_that_others_can_open_the_page_does_not_name_the_folder(app: AppTest) -> None:
    address = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    try:
        page = opened(app)
    finally:
        config.set_option("server.address", address)
    assert "Everyone who can open this app" in page.caption[0].value
    assert str(settings.photos_folder()) not in page.caption[0].value


def test_dropped_photos_are_labelled_kept_and_measured_beside_the_test_data(
    app: AppTest, portrait: bytes
) -> None:
    page = opened(app)
    page.file_uploader[0].upload("me.jpg", portrait)
    page.file_uploader[0].upload("me again.jpg", portrait)
    page.file_uploader[0].upload("grass.jpg", jpeg(GRASS))
    page.run()
    assert "No face found here" in " ".join(caption.value for caption in page.caption)
    choose(page, portrait, "happy")
    choose(page, jpeg(GRASS), "sad")
    press(page, "Keep 2 photos")
    assert sorted(kept_photos().labels.values()) == ["happy", "sad"]
    assert "2 photos kept" in words(page)
    assert metrics(page)["Accuracy"] == "100.0%"
    assert metrics(page)["Without an answer"] == "1 of 2"
    assert "interval is too wide" in page.warning[0].value.replace("\\", "")
    card = read_card(find("ferplus") / CARD_FILE)
    beside = f"On fer2013, PublicTest: **{card.metrics['public_test']['accuracy']:.1%}**"
    assert any(beside in caption.value.replace("\\", "") for caption in page.caption)
    assert not page.pills  # nothing is left to label


def test_files_that_are_no_photos_are_named_and_the_others_can_be_kept(
    app: AppTest, portrait: bytes
) -> None:
    page = opened(app)
    page.file_uploader[0].upload("a *text*.jpg", b"no picture at all")
    page.file_uploader[0].upload("empty.png", b"")
    page.file_uploader[0].upload("me.jpg", portrait)
    page.run()
    names = [error.value.splitlines()[0] for error in page.error]
    assert names == [r"**a \*text\*.jpg**  ", "**empty.png**  "]
    choose(page, portrait, "happy")
    press(page, "Keep 1 photo")
    assert list(kept_photos().labels.values()) == ["happy"]


def test_a_photo_that_is_kept_already_is_not_asked_about_again(
    app: AppTest, portrait: bytes
) -> None:
    keep("me.jpg", portrait, "happy")
    page = opened(app)
    page.file_uploader[0].upload("again.jpg", portrait).run()
    assert "kept already" in page.info[0].value
    assert not page.pills


def test_a_turned_photo_is_read_upright(app: AppTest, astronaut: np.ndarray) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its left side
    keep("phone.jpg", jpeg(np.ascontiguousarray(np.rot90(astronaut)), exif=exif.tobytes()), "happy")
    page = opened(app)
    assert metrics(page)["Without an answer"] == "0 of 1"
    assert metrics(page)["Accuracy"] == "100.0%"


def test_another_model_answers_for_the_same_photos(app: AppTest, portrait: bytes) -> None:
    keep("me.jpg", portrait, "happy")
    page = opened(app)
    assert metrics(page)["Mean confidence"] == ">99%"  # not 100.0%
    first = calibration_error(page)
    page.selectbox(key=keys.MODEL).set_value("fer2013").run()
    assert metrics(page)["Accuracy"] == "100.0%"
    assert calibration_error(page) != first


def test_two_models_are_compared_on_the_same_photos(app: AppTest, portrait: bytes) -> None:
    keep("me.jpg", portrait, "happy")
    page = opened(app)
    page.selectbox(key=keys.PHOTO_OTHER).set_value("fer2013").run()
    assert "ferplus 100.0%, fer2013 100.0% on the same 1 faces" in words(page)


def test_models_that_cannot_be_compared_are_an_error_beside_the_rest(
    app: AppTest, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DatasetError("The two tables share no face.")

    monkeypatch.setattr("pages.evaluate.photos.compare", refuse)
    keep("me.jpg", portrait, "happy")
    page = opened(app)
    page.selectbox(key=keys.PHOTO_OTHER).set_value("fer2013").run()
    assert "share no face" in page.error[0].value
    assert "1 of 1 photos" in words(page)


def test_an_open_photo_gets_another_label_or_is_removed(app: AppTest, portrait: bytes) -> None:
    path = keep("me.jpg", portrait, "sad")
    page = opened(app)
    page.session_state[keys.PHOTO] = path
    page.run()
    assert "You: sad. Predicted: happy" in words(page)
    page.pills(key=f"evaluate.photos.relabel.{path}").set_value("happy").run()
    assert "You: happy. Predicted: happy" in words(page)
    assert metrics(page)["Accuracy"] == "100.0%"
    press(page, "Remove this photo")
    assert kept_photos().labels == {}
    assert "Drop photos" in page.info[0].value


def test_filters_and_a_cell_of_the_matrix_choose_the_photos(app: AppTest, portrait: bytes) -> None:
    keep("me.jpg", portrait, "happy")
    keep("grass.jpg", jpeg(GRASS), "sad")
    page = opened(app)
    assert "2 of 2 photos" in words(page)
    page.selectbox(key=keys.PHOTO_SHOW).set_value("unanswered").run()
    assert "1 of 2 photos" in words(page)
    page.selectbox(key=keys.PHOTO_SHOW).set_value("wrong").run()
    assert "No photo fits these filters" in page.info[0].value


def test_photos_without_any_face_are_shown_but_not_measured(app: AppTest) -> None:
    path = keep("grass.jpg", jpeg(GRASS), "sad")
    page = opened(app)
    assert "None of these photos has an answer" in page.warning[0].value
    assert not page.metric
    assert "1 of 1 photos" in words(page)
    press(page, "Remove them")
    assert kept_photos().labels == {}
    with pytest.raises(ImageError):  # and no picture of it remains in memory
        thumbnail(str(settings.photos_folder() / path), None)


def test_a_choice_that_another_model_lacks_is_dropped(app: AppTest, portrait: bytes) -> None:
    page = opened(app)
    page.session_state[keys.LABELS] = {digest_of(portrait): "contempt"}  # of a model before
    page.file_uploader[0].upload("me.jpg", portrait).run()
    assert not page.exception
    assert next(button for button in page.button if button.label == "Keep").disabled


def test_a_damaged_photo_is_skipped_with_its_reason_and_can_be_removed(
    app: AppTest, portrait: bytes
) -> None:
    keep("me.jpg", portrait, "happy")
    damaged = keep("grass.jpg", jpeg(GRASS), "sad")
    (settings.photos_folder() / damaged).write_bytes(b"damaged")
    page = opened(app)
    assert damaged in words(page)
    press(page, "Remove")
    assert list(kept_photos().labels.values()) == ["happy"]


def test_a_disk_that_refuses_shows_an_error_and_the_choice_stays(
    app: AppTest, portrait: bytes, own_home: Path
) -> None:
    page = opened(app)
    page.file_uploader[0].upload("me.jpg", portrait).run()
    choose(page, portrait, "happy")
    own_home.mkdir(exist_ok=True)
    settings.photos_folder().write_text("a file where the folder should be")
    press(page, "Keep 1 photo")
    assert "cannot be written to" in page.error[0].value.replace("\\", "")
    assert page.pills(key=f"{keys.LABELS}.{digest_of(portrait)}").value == "happy"
