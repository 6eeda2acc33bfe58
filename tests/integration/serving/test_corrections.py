"""Corrections over HTTP: by consent, under a key, and never the photo."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest

from fer.feedback import consent
from fer.feedback.keys import contributor_id, is_well_formed
from fer.feedback.store import open_store
from fer.serving import shapes

FEEDBACK = "/api/v1/feedback"
Encode = Callable[..., bytes]


@pytest.fixture(autouse=True)
def empty_store(own_home: Path, yunet_file: Path) -> None:
    """Each test has a database of its own."""
    (own_home / "detectors").mkdir(parents=True)
    (own_home / "detectors" / yunet_file.name).write_bytes(yunet_file.read_bytes())


@pytest.fixture
def given(photo: bytes) -> dict[str, Any]:
    """A correction as a client sends it."""
    return {
        "id": str(uuid4()),
        "consent": consent.VERSION,
        "photo": base64.b64encode(photo).decode(),
        "verdict": "surprise",
    }


def test_a_correction_is_kept_as_from_the_page_with_a_new_key(
    server: Any, given: dict[str, Any], photo: bytes
) -> None:
    answer = server.ask("POST", FEEDBACK, given)
    assert answer.status == 201
    shapes.KeptCorrection.model_validate(answer.json, strict=True)
    assert answer.json["emotion"] == "happy"
    assert is_well_formed(answer.json["key"])
    [kept] = open_store().corrections()
    assert kept.contributor == contributor_id(answer.json["key"])
    assert (kept.verdict, kept.source, kept.detector) == ("surprise", "api", "yunet")
    assert kept.larger_crop is None
    [face] = server.predict(photo).json[0]["faces"]
    assert dict(zip(kept.labels, kept.probabilities, strict=True)) == face["probabilities"]
    assert cv2.imdecode(np.frombuffer(kept.crop, np.uint8), -1).shape == (48, 48)


@pytest.mark.parametrize("version", ["", "an older one"])
def test_without_consent_to_the_current_text_nothing_is_kept_and_the_text_is_given(
    server: Any, given: dict[str, Any], version: str, own_home: Path
) -> None:
    refused = server.ask("POST", FEEDBACK, given | {"consent": version})
    assert (refused.status, refused.kind) == (422, "no-consent")
    assert refused.json["version"] == consent.VERSION
    assert refused.json["text"] == server.ask("GET", f"{FEEDBACK}/consent").json["text"]
    assert not (own_home / "feedback.db").exists()


def test_neither_the_photo_nor_its_name_reaches_the_disk(
    server: Any, given: dict[str, Any], photo: bytes, own_home: Path
) -> None:
    server.ask("POST", FEEDBACK, given)
    files = [path for path in own_home.rglob("*") if path.is_file()]
    assert any(path.name == "feedback.db" for path in files)
    for path in files:
        assert photo[200:300] not in path.read_bytes()
        assert given["photo"][200:300].encode() not in path.read_bytes()


def test_the_same_id_sent_twice_is_kept_once(server: Any, given: dict[str, Any]) -> None:
    key = server.ask("POST", f"{FEEDBACK}/keys").json["key"]
    with ThreadPoolExecutor(4) as pool:
        send = lambda _: server.ask("POST", FEEDBACK, given, Contributor_Key=key)  # noqa: E731
        answers = list(pool.map(send, range(4)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 201]
    assert {answer.json["key"] for answer in answers} == {None}
    assert len(open_store().corrections()) == 1


def test_an_id_of_somebody_else_is_refused(server: Any, given: dict[str, Any]) -> None:
    server.ask("POST", FEEDBACK, given)
    refused = server.ask("POST", FEEDBACK, given)
    assert (refused.status, refused.kind) == (409, "id-taken")
    assert len(open_store().corrections()) == 1


def test_a_key_lists_exports_and_deletes_its_own_corrections_and_no_others(
    server: Any, given: dict[str, Any]
) -> None:
    mine = server.ask("POST", FEEDBACK, given).json["key"]
    other = server.ask("POST", FEEDBACK, given | {"id": str(uuid4())}).json["key"]
    [listed] = server.ask("GET", FEEDBACK, Contributor_Key=mine).json
    shapes.CorrectionFacts.model_validate_json(json.dumps(listed), strict=True)
    assert listed["id"] == given["id"]
    exported = server.ask("GET", f"{FEEDBACK}/export", Contributor_Key=mine)
    assert exported.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(exported.content)) as archive:
        assert archive.namelist() == [f"{given['id']}-crop.png", "corrections.json"]
    foreign = server.ask("DELETE", f"{FEEDBACK}/{given['id']}", Contributor_Key=other)
    assert (foreign.status, foreign.kind) == (404, "unknown-correction")
    assert server.ask("DELETE", FEEDBACK, Contributor_Key=mine.upper()).json == {"deleted": 1}
    assert server.ask("GET", FEEDBACK, Contributor_Key=mine).json == []
    assert len(server.ask("GET", FEEDBACK, Contributor_Key=other).json) == 1


def test_a_correction_can_be_taken_back(server: Any, given: dict[str, Any]) -> None:
    key = server.ask("POST", FEEDBACK, given).json["key"]
    path = f"{FEEDBACK}/{given['id']}"
    assert server.ask("DELETE", path, Contributor_Key=key).status == 204
    assert server.ask("DELETE", path, Contributor_Key=key).status == 404
    assert open_store().corrections() == []


def test_a_larger_crop_is_kept_only_if_it_is_wanted(server: Any, given: dict[str, Any]) -> None:
    server.ask("POST", FEEDBACK, given | {"larger_crop": True})
    [kept] = open_store().corrections()
    assert kept.larger_crop
    assert max(cv2.imdecode(np.frombuffer(kept.larger_crop, np.uint8), -1).shape) <= 192


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"verdict": "bored"}, 422, "bad-correction"),
        ({"id": "1"}, 422, "bad-correction"),
        ({"face": 2}, 422, "no-such-face"),
        ({"face": 0}, 422, "invalid"),
        ({"face": "first"}, 422, "invalid"),
        ({"photo": "%"}, 422, "invalid"),
        ({"photo": ""}, 422, "unreadable-photo"),
        ({"photo": base64.b64encode(b"text").decode()}, 422, "unreadable-photo"),
        ({"model": "../ferplus"}, 404, "unknown-model"),
        ({"detector": "eyes"}, 422, "invalid"),
        ({"emotion": "happy"}, 422, "invalid"),
    ],
)
def test_what_is_no_correction_is_refused_and_nothing_is_kept(
    server: Any, given: dict[str, Any], change: dict[str, Any], status: int, kind: str
) -> None:
    refused = server.ask("POST", FEEDBACK, given | change)
    assert (refused.status, refused.kind) == (status, kind)
    assert open_store().corrections() == []


@pytest.mark.parametrize("key", [None, "a", "?" * 24, "a" * 23, "ö" * 24])
def test_a_key_that_others_could_guess_is_none(
    server: Any, given: dict[str, Any], key: str | None
) -> None:
    named = {} if key is None else {"Contributor_Key": key.encode().decode("latin-1")}
    for method, path in [("GET", ""), ("GET", "/export"), ("DELETE", ""), ("DELETE", "/1")]:
        refused = server.ask(method, FEEDBACK + path, **named)
        assert (refused.status, refused.kind) == (422, "bad-key")
    if key is not None:
        assert server.ask("POST", FEEDBACK, given, **named).kind == "bad-key"


def test_while_the_database_is_away_nothing_is_lost_silently_and_no_path_is_shown(
    server: Any, given: dict[str, Any], own_home: Path
) -> None:
    (own_home / "feedback.db").write_bytes(b"no database, but a text of some length" * 50)
    refused = server.ask("POST", FEEDBACK, given)
    assert (refused.status, refused.kind) == (503, "unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert str(own_home) not in refused.content.decode()


def test_verdicts_beside_the_models_labels_are_offered_and_taken(
    server: Any, given: dict[str, Any]
) -> None:
    offered = server.ask("GET", f"{FEEDBACK}/consent").json
    shapes.Consent.model_validate(offered, strict=True)
    for verdict in offered["verdicts"]:
        sent = given | {"id": str(uuid4()), "verdict": verdict}
        assert server.ask("POST", FEEDBACK, sent).status == 201
