"""Photos in, the command line's JSON out."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer.data.synthetic import draw_face
from fer.serving import shapes

Encode = Callable[..., bytes]
AsForm = Callable[..., tuple[bytes, str]]


def test_a_photo_is_answered_exactly_as_by_the_command_line(
    server: Any, photo: bytes, tmp_path: Path
) -> None:
    (tmp_path / "me.jpg").write_bytes(photo)
    command = [sys.executable, "-m", "fer", "predict", str(tmp_path / "me.jpg"), "--json"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    answer = server.predict(photo, f"?name={tmp_path / 'me.jpg'}")
    assert answer.status == 200
    assert answer.json == json.loads(printed)
    assert answer.json[0]["faces"][0]["emotion"] == "happy"


def test_raw_bytes_a_form_and_base64_have_the_same_answer(
    server: Any, photo: bytes, as_form: AsForm
) -> None:
    raw = server.predict(photo, "?name=a.jpg").json
    body, kind = as_form(("a.jpg", photo))
    assert server.ask("POST", "/api/v1/predict", body, Content_Type=kind).json == raw
    text = base64.b64encode(photo).decode()
    for data in (text, f"data:image/jpeg;base64,{text}"):
        sent = {"photos": [{"name": "a.jpg", "data": data}]}
        assert server.ask("POST", "/api/v1/predict", sent).json == raw


def test_several_photos_keep_their_order_and_a_bad_one_its_reason(
    server: Any, photo: bytes, as_form: AsForm, encode: Encode
) -> None:
    drawn = encode(draw_face("happy", seed=0, size=192))
    body, kind = as_form(("one.jpg", photo), ("two.txt", b"text"), ("three.jpg", drawn))
    answer = server.ask("POST", "/api/v1/predict", body, Content_Type=kind)
    assert answer.status == 200
    assert [row["file"] for row in answer.json] == ["one.jpg", "two.txt", "three.jpg"]
    assert [bool(row["error"]) for row in answer.json] == [False, True, False]
    assert "text" in answer.json[1]["error"]


def test_every_answer_has_the_shape_that_openapi_describes(server: Any, photo: bytes) -> None:
    for row in server.predict(photo).json:
        assert set(row) == set(shapes.PhotoAnswer.model_fields)
        shapes.PhotoAnswer.model_validate(row, strict=True)
    for model in server.ask("GET", "/api/v1/models").json:
        shapes.ModelFacts.model_validate(model, strict=True)
    shapes.Health.model_validate(server.ask("GET", "/api/v1/health").json, strict=True)


def test_another_model_and_detector_can_be_named(server: Any, photo: bytes) -> None:
    [row] = server.predict(photo, "?model=fer2013&detector=mtcnn").json
    assert row["model"].startswith("fer2013 ")
    assert row["detector"] == "mtcnn"


@pytest.mark.parametrize("name", ["nobody", "../models/ferplus", "/etc", "", "."])
def test_a_model_that_is_not_listed_is_unknown_and_a_path_is_no_name(
    server: Any, photo: bytes, name: str
) -> None:
    refused = server.predict(photo, f"?model={name}")
    assert (refused.status, refused.kind) == (404, "unknown-model")
    assert refused.json["models"] == ["fer2013", "ferplus"]


def test_health_names_the_default_model(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODEL", "fer2013")
    assert server.ask("GET", "/api/v1/health").json["model"] == "fer2013"


def test_models_are_listed_with_their_figures_and_a_damaged_card_with_an_error(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [_, ferplus] = server.ask("GET", "/api/v1/models").json
    assert ferplus["default"]
    assert ferplus["labels"] == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    assert 0.5 < ferplus["metrics"]["validation"]["accuracy"] < 1
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{")
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    [broken] = server.ask("GET", "/api/v1/models").json
    assert broken["error"]
    assert str(tmp_path) not in json.dumps(broken)


def test_a_photo_without_a_face_has_none(server: Any, encode: Encode) -> None:
    [row] = server.predict(encode(np.full((100, 100, 3), 90, np.uint8))).json
    assert row["faces"] == []
    assert row["error"] is None


PREDICT = """
import json, sys
from urllib.request import Request, urlopen
sys.path.insert(0, {tests!r})
from conftest import Server
server = Server()
[row] = server.predict(open({photo!r}, "rb").read()).json
server.close()
print(json.dumps({{"emotion": row["faces"][0]["emotion"], "modules": sorted(sys.modules)}}))
"""


def test_a_prediction_needs_neither_streamlit_nor_tensorflow_nor_pandas(
    photo: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo)
    code = PREDICT.format(tests=str(Path(__file__).parent), photo=str(path))
    printed = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout
    result = json.loads(printed)
    assert result["emotion"] == "happy"
    assert not {"streamlit", "tensorflow", "keras", "pandas", "sklearn"} & set(result["modules"])
