import io
import json
import shutil
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer import settings
from fer.data.synthetic import draw_face
from fer.faces.yunet_file import yunet_path
from pages.common import links
from pages.predict import keys
from pages.predict.analysis import Analysis
from pages.predict.kept import KeptPhotos

ENTRY = Path(__file__).resolve().parents[2] / "streamlit_app.py"


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def portrait(astronaut: np.ndarray) -> bytes:
    """A photo of one smiling person."""
    return jpeg(astronaut)


def cards(page: AppTest) -> int:
    return sum(html.value.count('class="fer-face"') for html in page.html)


def album(page: AppTest) -> KeptPhotos:
    found: KeptPhotos = shelf_of(page)[keys.ALBUM]
    return found


def shelf_of(page: AppTest) -> dict[str, Any]:
    shelf: dict[str, Any] = page.session_state["visitor.shelf"]
    return shelf


def settle(page: AppTest) -> None:
    """Run the page until all photos are done, as its timer does in a browser."""
    page.run()
    version = -1
    while album(page).is_working:
        version = album(page).wait(version, 60)
    page.run()


def test_a_photo_gets_its_face_boxed_named_and_shown_as_the_network_saw_it(
    predict_page: AppTest, portrait: bytes
) -> None:
    uploader(predict_page).upload("portrait.jpg", portrait).run()
    assert not predict_page.exception
    assert not predict_page.error
    assert cards(predict_page) == 1
    shown = "".join(html.value for html in predict_page.html)
    assert "Face 1 as the network saw it, 48 × 48 pixels" in shown
    assert any("1 face · detector MTCNN" in caption.value for caption in predict_page.caption)
    assert any("512 × 512 px" in markdown.value for markdown in predict_page.markdown)
    for _ in range(100):  # the heat maps come after the answer
        if any('class="fer-crop fer-heat"' in html.value for html in predict_page.html):
            return
        time.sleep(0.3)
        predict_page.run()
    pytest.fail("There was no heat map.")


def test_every_face_of_a_photo_gets_a_card(predict_page: AppTest, astronaut: np.ndarray) -> None:
    three = np.concatenate([astronaut[:, :380]] * 3, axis=1)
    uploader(predict_page).upload("three.jpg", jpeg(three)).run()
    assert cards(predict_page) == 3


def test_a_photo_without_a_face_comes_with_advice(predict_page: AppTest) -> None:
    grass = np.full((200, 300, 3), (60, 140, 60), np.uint8)
    uploader(predict_page).upload("grass.jpg", jpeg(grass)).run()
    assert not predict_page.exception
    assert "No face found" in predict_page.warning[0].value


def test_bad_files_are_named_and_do_not_stop_the_others(
    predict_page: AppTest, portrait: bytes
) -> None:
    files = uploader(predict_page)
    files.upload("empty.jpg", b"")
    files.upload("a *text* [file](x).jpg", b"no picture at all")
    files.upload("cut.jpg", portrait[: len(portrait) // 3])
    files.upload("strip.jpg", jpeg(np.zeros((10, 20_000, 3), np.uint8)))
    files.upload("portrait.jpg", portrait)
    settle(predict_page)
    assert not predict_page.exception
    shown = [error.value for error in predict_page.error]
    assert [
        next(name for name in ("empty", "text", "cut", "strip") if name in text) for text in shown
    ]
    assert len(shown) == 4
    assert r"a \*text\* \[file\]" in shown[1]
    assert cards(predict_page) == 1


def test_a_photo_without_a_detected_face_is_one_face_if_the_visitor_wishes(
    predict_page: AppTest,
) -> None:
    grey = np.asarray(Image.fromarray(draw_face("happy", seed=1)).crop((8, 20, 40, 48)))
    uploader(predict_page).upload("tight.jpg", jpeg(grey)).run()
    assert cards(predict_page) == 0
    predict_page.toggle(key=keys.WHOLE).set_value(True).run()
    assert cards(predict_page) == 1


def test_a_drawn_example_is_analysed_until_another_one_replaces_it(predict_page: AppTest) -> None:
    for chosen in ("happy", "sad"):
        predict_page.session_state[links.EXAMPLE] = chosen
        predict_page.run()
        assert not predict_page.exception
        assert [header.value for header in predict_page.header] == [f"Drawn {chosen} face"]
        assert cards(predict_page) == 1


def test_the_example_photo_is_searched_for_its_face_and_names_whom_to_credit(
    predict_page: AppTest,
) -> None:
    predict_page.session_state[links.EXAMPLE] = "photo"
    predict_page.run()
    assert not predict_page.exception
    assert "NASA (public domain)" in plain(predict_page.header[0].value)
    assert any("1 face · detector MTCNN" in caption.value for caption in predict_page.caption)


def test_an_example_survives_a_reload(predict_page: AppTest) -> None:
    predict_page.session_state[links.EXAMPLE] = "sad"
    predict_page.run()
    reloaded = AppTest.from_file(str(ENTRY), default_timeout=120)
    reloaded.session_state["visitor.shelf"] = shelf_of(predict_page)  # found by the cookie
    reloaded.run()
    reloaded.switch_page("pages/predict/page.py").run()
    assert [header.value for header in reloaded.header] == ["Drawn sad face"]


def test_settings_survive_a_change_of_page(predict_page: AppTest) -> None:
    predict_page.selectbox(key=keys.DETECTOR).select("none").run()
    predict_page.switch_page("pages/home/page.py").run()
    predict_page.switch_page("pages/predict/page.py").run()
    assert predict_page.selectbox(key=keys.DETECTOR).value == "none"


@pytest.mark.parametrize("chosen", [None, "fer2013"])
def test_a_visitor_who_chose_no_model_goes_on_with_the_default_when_another_becomes_that(
    predict_page: AppTest, chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert predict_page.selectbox(key=keys.MODEL).value == "ferplus"
    if chosen:
        predict_page.selectbox(key=keys.MODEL).select(chosen).run()
    monkeypatch.setenv("FER_MODEL", "fer2013-copy")
    names = ["fer2013", "fer2013-copy", "ferplus"]
    monkeypatch.setattr("pages.common.model_choice.list_models", lambda: names)
    reloaded = AppTest.from_file(str(ENTRY), default_timeout=120)
    reloaded.session_state["visitor.shelf"] = shelf_of(predict_page)  # found by the cookie
    reloaded.run()
    for page in (predict_page, reloaded):
        page.switch_page("pages/predict/page.py").run()
        assert page.selectbox(key=keys.MODEL).value == (chosen or "fer2013-copy")


def test_a_photo_is_analysed_once_and_kept_through_a_change_of_page(
    predict_page: AppTest, portrait: bytes
) -> None:
    uploader(predict_page).upload("portrait.jpg", portrait).run()
    (first,) = album(predict_page).results.values()
    predict_page.switch_page("pages/home/page.py").run()
    predict_page.switch_page("pages/predict/page.py").run()
    assert cards(predict_page) == 1
    (again,) = album(predict_page).results.values()
    assert again is first
    by_label(predict_page, "Remove").click().run()
    assert cards(predict_page) == 0
    assert not album(predict_page).photos


def test_results_and_settings_survive_a_reload(predict_page: AppTest, portrait: bytes) -> None:
    predict_page.slider(key=keys.UNSURE).set_value(55).run()
    uploader(predict_page).upload("portrait.jpg", portrait).run()
    reloaded = AppTest.from_file(str(ENTRY), default_timeout=120)
    reloaded.session_state["visitor.shelf"] = shelf_of(predict_page)  # found by the cookie
    (before,) = album(predict_page).results.values()
    reloaded.run()
    reloaded.switch_page("pages/predict/page.py").run()
    assert not reloaded.exception
    assert reloaded.slider(key=keys.UNSURE).value == 55
    assert cards(reloaded) == 1
    assert list(album(reloaded).results.values()) == [before]


def test_the_answer_given_for_a_photo_goes_with_the_photo(
    predict_page: AppTest, portrait: bytes
) -> None:
    for name in ("a.jpg", "b.jpg"):
        uploader(predict_page).upload(name, portrait)
    settle(predict_page)
    first, second = album(predict_page).results
    predict_page.session_state[keys.OPEN] = first
    predict_page.run()
    album(predict_page).answers.update({(first, 1): "sad", (second, 1): "happy"})
    next(one for one in predict_page.button if one.label == "Remove").click().run()
    assert not predict_page.exception
    assert album(predict_page).answers == {(second, 1): "happy"}


def test_a_pause_keeps_what_is_done_and_names_what_is_not(
    predict_page: AppTest, portrait: bytes
) -> None:
    album(predict_page).pause()
    for number in range(3):
        uploader(predict_page).upload(f"{number}.jpg", portrait)
    predict_page.run()
    assert not predict_page.exception
    assert any("0.jpg, 1.jpg, 2.jpg" in plain(text.value) for text in predict_page.caption)
    by_label(predict_page, "Resume").click()
    settle(predict_page)
    assert len(album(predict_page).results) == 3
    assert predict_page.markdown[0].value == "3 photos, 3 faces."
    assert [button.label for button in predict_page.button if button.label == "Pause"] == []


def test_what_is_done_is_shown_and_can_be_downloaded_while_the_rest_is_paused(
    predict_page: AppTest, portrait: bytes
) -> None:
    for number in range(2):
        uploader(predict_page).upload(f"{number}.jpg", portrait)
    settle(predict_page)
    album(predict_page).pause()
    by_label(predict_page, "Add photos").click().run()
    uploader(predict_page).upload("2.jpg", portrait).run()
    assert predict_page.markdown[0].value == "So far: 2 photos, 2 faces."
    labels = [one.proto.label for one in predict_page.get("download_button")]
    assert labels == ["CSV", "JSON", "Annotated photos"]
    assert by_label(predict_page, "Resume")


def test_each_file_that_is_no_photo_is_named_and_stays_named(
    predict_page: AppTest, portrait: bytes
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.jfif", portrait)
        archive.writestr("clip.mov", b"\0\0\0\x14ftypqt  ")
        archive.writestr("__MACOSX/._a.jfif", b"")
    uploader(predict_page).upload("set.zip", packed.getvalue())
    uploader(predict_page).upload("subject01.happy", portrait)
    uploader(predict_page).upload("notes.txt", b"no photo")
    for _ in range(2):
        settle(predict_page)
        [warning] = [plain(warning.value) for warning in predict_page.warning]
        assert "2 files not read: set.zip/clip.mov is a video, notes.txt is text." in warning
        assert predict_page.markdown[0].value == "2 photos, 2 faces."
    by_label(predict_page, "Remove all").click()
    settle(predict_page)
    assert not predict_page.warning


def test_a_file_that_alone_is_no_photo_is_named_where_another_can_be_chosen(
    predict_page: AppTest,
) -> None:
    uploader(predict_page).upload("notes.txt", b"no photo").run()
    assert "notes.txt is text" in plain(predict_page.warning[0].value)
    assert uploader(predict_page)


def test_the_answer_for_an_animation_states_that_the_first_image_was_used(
    predict_page: AppTest, astronaut: np.ndarray
) -> None:
    frames = [Image.fromarray(astronaut), Image.fromarray(astronaut[::-1])]
    animation = io.BytesIO()
    frames[0].save(animation, "GIF", save_all=True, append_images=frames[1:])
    uploader(predict_page).upload("wave.gif", animation.getvalue()).run()
    assert any("only the first was used" in text.value for text in predict_page.caption)


def test_a_photo_of_the_grid_opens_in_full(predict_page: AppTest, portrait: bytes) -> None:
    for name in ("a.jpg", "b.jpg"):
        uploader(predict_page).upload(name, portrait)
    settle(predict_page)
    assert cards(predict_page) == 0
    predict_page.session_state[keys.OPEN] = list(album(predict_page).results)[1]
    predict_page.run()
    assert not predict_page.exception
    assert cards(predict_page) == 1
    assert "b.jpg" in [plain(header.value) for header in predict_page.header]
    by_label(predict_page, "Previous").click().run()
    assert "a.jpg" in [plain(header.value) for header in predict_page.header]


def test_no_heat_map_is_computed_for_a_face_without_a_reliable_answer(
    predict_page: AppTest, astronaut: np.ndarray
) -> None:
    small = Image.fromarray(astronaut[:300, 80:380]).resize((64, 64))
    uploader(predict_page).upload("small.png", jpeg(np.asarray(small))).run()
    (result,) = album(predict_page).results.values()
    assert isinstance(result, Analysis)
    assert [face.reliable for face in result.faces] == [False]
    assert cards(predict_page) == 1
    assert not any('class="fer-crop fer-heat"' in html.value for html in predict_page.html)


def uploader(page: AppTest) -> Any:
    [found] = [one for one in page.file_uploader if one.key.startswith(keys.UPLOADS)]
    return found


def by_label(page: AppTest, label: str) -> Any:
    [button] = [button for button in page.button if button.label == label]
    return button


def plain(markdown: str) -> str:
    return markdown.replace("\\", "")


def test_a_missing_model_comes_with_advice(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODEL", "absent")
    app.run()
    app.switch_page("pages/predict/page.py").run()
    assert not app.exception
    assert "absent" in app.error[0].value
    assert "or train one" in app.error[0].value
    assert "python" not in app.error[0].value


def test_a_model_that_comes_later_is_found_without_a_restart(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = settings.models_folder() / settings.default_model()
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    monkeypatch.setenv("FER_MODEL", "late")
    app.run()
    app.switch_page("pages/predict/page.py").run()
    assert app.error
    shutil.copytree(shipped, tmp_path / "late")
    app.run()
    assert not app.exception
    assert not app.error


def test_a_model_that_is_replaced_under_its_name_is_loaded_anew(
    app: AppTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = settings.models_folder() / settings.default_model()
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    monkeypatch.setenv("FER_MODEL", "mine")
    shutil.copytree(shipped, tmp_path / "mine")
    app.run()
    app.switch_page("pages/predict/page.py").run()
    app.session_state[links.EXAMPLE] = "happy"
    app.run()
    (before,) = album(app).results.values()
    card = tmp_path / "mine" / "card.json"
    fields = json.loads(card.read_text())
    card.write_text(json.dumps(fields | {"temperature": 9.0}))
    app.run()
    (after,) = album(app).results.values()
    assert after.faces[0].confidence < before.faces[0].confidence - 0.1


def test_a_missing_detector_comes_with_advice(predict_page: AppTest) -> None:
    yunet_path().unlink(missing_ok=True)  # another test may have put it there
    predict_page.selectbox(key=keys.DETECTOR).select("yunet").run()
    assert not predict_page.exception
    assert "Add it, or use MTCNN" in predict_page.error[0].value.replace("\\", "")
    assert "python" not in predict_page.error[0].value
