import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer import settings
from fer.data.synthetic import draw_face
from fer.faces.yunet_file import yunet_path
from pages.predict import keys


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


def test_a_photo_gets_its_face_boxed_named_and_shown_as_the_network_saw_it(
    predict_page: AppTest, portrait: bytes
) -> None:
    predict_page.file_uploader[0].upload("portrait.jpg", portrait).run()
    assert not predict_page.exception
    assert not predict_page.error
    assert cards(predict_page) == 1
    shown = "".join(html.value for html in predict_page.html)
    assert "Face 1 as the network saw it, 48 × 48 pixels" in shown
    assert any("1 face · 512 × 512 px" in caption.value for caption in predict_page.caption)


def test_every_face_of_a_photo_gets_a_card(predict_page: AppTest, astronaut: np.ndarray) -> None:
    three = np.concatenate([astronaut[:, :380]] * 3, axis=1)
    predict_page.file_uploader[0].upload("three.jpg", jpeg(three)).run()
    assert cards(predict_page) == 3


def test_a_photo_without_a_face_comes_with_advice(predict_page: AppTest) -> None:
    grass = np.full((200, 300, 3), (60, 140, 60), np.uint8)
    predict_page.file_uploader[0].upload("grass.jpg", jpeg(grass)).run()
    assert not predict_page.exception
    assert "No face found" in predict_page.warning[0].value


def test_bad_files_are_named_and_do_not_stop_the_others(
    predict_page: AppTest, portrait: bytes
) -> None:
    uploader = predict_page.file_uploader[0]
    uploader.upload("empty.jpg", b"")
    uploader.upload("a *text* [file](x).jpg", b"no picture at all")
    uploader.upload("cut.jpg", portrait[: len(portrait) // 3])
    uploader.upload("strip.jpg", jpeg(np.zeros((10, 20_000, 3), np.uint8)))
    uploader.upload("portrait.jpg", portrait)
    predict_page.run()
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
    predict_page.file_uploader[0].upload("tight.jpg", jpeg(grey)).run()
    assert cards(predict_page) == 0
    predict_page.toggle(key=keys.WHOLE).set_value(True).run()
    assert cards(predict_page) == 1


def test_a_drawn_example_is_analysed(predict_page: AppTest) -> None:
    predict_page.session_state[keys.EXAMPLES] = {"selected": 3}
    predict_page.run()
    assert not predict_page.exception
    assert [header.value for header in predict_page.header] == ["Drawn happy face"]
    assert cards(predict_page) == 1


def test_settings_survive_a_change_of_page(predict_page: AppTest) -> None:
    predict_page.selectbox(key=keys.DETECTOR).select("none").run()
    predict_page.switch_page("pages/home/page.py").run()
    predict_page.switch_page("pages/predict/page.py").run()
    assert predict_page.selectbox(key=keys.DETECTOR).value == "none"


def test_a_photo_is_analysed_once_and_discarded_when_the_visitor_leaves(
    predict_page: AppTest, portrait: bytes
) -> None:
    predict_page.file_uploader[0].upload("portrait.jpg", portrait).run()
    (first,) = predict_page.session_state[keys.RESULTS].values()
    predict_page.run()
    (again,) = predict_page.session_state[keys.RESULTS].values()
    assert again is first
    predict_page.switch_page("pages/home/page.py").run()
    predict_page.switch_page("pages/predict/page.py").run()
    assert not predict_page.session_state[keys.RESULTS]


def test_a_missing_model_comes_with_advice(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODEL", "absent")
    app.run()
    app.switch_page("pages/predict/page.py").run()
    assert not app.exception
    assert "absent" in app.error[0].value
    assert "fer train" in app.error[0].value


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
    app.session_state[keys.EXAMPLES] = {"selected": 3}
    app.run()
    (before,) = app.session_state[keys.RESULTS].values()
    card = tmp_path / "mine" / "card.json"
    fields = json.loads(card.read_text())
    card.write_text(json.dumps(fields | {"temperature": 9.0}))
    app.run()
    (after,) = app.session_state[keys.RESULTS].values()
    assert after.faces[0].confidence < before.faces[0].confidence - 0.1


def test_a_missing_detector_comes_with_advice(predict_page: AppTest) -> None:
    yunet_path().unlink(missing_ok=True)  # another test may have put it there
    predict_page.selectbox(key=keys.DETECTOR).select("yunet").run()
    assert not predict_page.exception
    assert "detectors" in predict_page.error[0].value
