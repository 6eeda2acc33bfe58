"""The application as a whole: its description, what it allows, and the command that serves it."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import jsonschema
import pytest

from fer.errors import ConfigError
from fer.serving.access import gate_at
from fer.serving.key_store import open_keys
from fer.serving.limits import Limits
from fer.serving.logs import JsonFormatter


def test_openapi_is_complete_and_every_reference_leads_somewhere(server: Any) -> None:
    document = server.ask("GET", "/api/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("description"), name
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(schemas)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            [refused] = operation["responses"]["default"]["content"]
            assert refused == "application/problem+json"


def test_an_answer_fits_the_schema_of_its_path(server: Any, photo: bytes) -> None:
    document = server.ask("GET", "/api/v1/openapi.json").json

    def check(path: str, method: str, status: str, value: Any) -> None:
        content = document["paths"][path][method]["responses"][status]["content"]
        [kind] = content
        schema = content[kind]["schema"] | {"components": document["components"]}
        jsonschema.validate(value, schema)

    check("/api/v1/predict", "post", "200", server.predict(photo).json)
    check("/api/v1/predict", "post", "default", server.predict(b"text").json)
    check("/api/v1/models", "get", "200", server.ask("GET", "/api/v1/models").json)
    with pytest.raises(jsonschema.ValidationError):
        check("/api/v1/predict", "post", "200", [{"file": "a.jpg"}])


PATHS = [
    ("POST", "/api/v1/predict"), ("GET", "/api/v1/models"), ("GET", "/metrics"),
    ("GET", "/api/v1/openapi.json"), ("GET", "/api/v1/none"), ("GET", "/elsewhere"),
    ("POST", "/api/v1/jobs"), ("GET", "/api/v1/jobs/1"), ("GET", "/api/v1/jobs/1/results"),
    ("DELETE", "/api/v1/jobs/1"), ("POST", "/api/v1/feedback"), ("GET", "/api/v1/feedback"),
    ("GET", "/api/v1/feedback/consent"), ("POST", "/api/v1/feedback/keys"),
    ("GET", "/api/v1/feedback/export"), ("DELETE", "/api/v1/feedback"),
    ("DELETE", "/api/v1/feedback/1"),
]  # fmt: skip


def test_without_a_key_other_machines_learn_only_whether_the_server_works(
    start: Callable[..., Any],
) -> None:
    server = start(gate_at("0.0.0.0"))
    assert server.ask("GET", "/api/v1/health").status == 200
    for method, path in PATHS:
        refused = server.ask(method, path)
        assert (refused.status, refused.kind) == (401, "no-key"), path
        assert refused.headers["www-authenticate"] == "Bearer"
    described = server.ask("GET", server.ask("GET", "/metrics").json["type"])
    assert described.json["title"] == "This server needs a key"


def test_a_key_is_needed_before_a_body_is_looked_at(start: Callable[..., Any]) -> None:
    refused = start(gate_at("0.0.0.0")).ask("POST", "/api/v1/feedback", b"{no json")
    assert refused.kind == "no-key"


def test_a_key_opens_what_its_scopes_name_and_nothing_else(
    start: Callable[..., Any], photo: bytes, own_home: Path, wait: Callable[..., None]
) -> None:
    _, key = open_keys().add("phone", ["predict"])
    server = start(gate_at("0.0.0.0"))
    mine = {"Authorization": f"Bearer {key}"}
    assert server.predict(photo, "?detector=none", **mine).status == 200
    for method, path in PATHS[1:]:
        refused = server.ask(method, path, **mine)
        assert (refused.status, refused.kind) == (403, "not-allowed"), path
        assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    open_keys().revoke("phone")
    wait(lambda: server.predict(photo, "?detector=none", **mine).status == 401)
    assert server.predict(photo, "?detector=none", **mine).kind == "unknown-key"


def test_the_first_key_closes_a_running_server_of_this_machine_and_revoking_does_not_open_it(
    start: Callable[..., Any], own_home: Path, wait: Callable[..., None]
) -> None:
    server = start(gate_at("127.0.0.1"))
    assert server.ask("GET", "/api/v1/models").status == 200
    assert not (own_home / "feedback.db").exists()
    _, key = open_keys().add("first", ["read"])
    wait(lambda: server.ask("GET", "/api/v1/models").status == 401)
    assert server.ask("GET", "/api/v1/models", Authorization=f"bearer {key}").status == 200
    open_keys().revoke("first")
    wait(lambda: server.ask("GET", "/api/v1/models", Authorization=f"bearer {key}").status == 401)
    assert server.ask("GET", "/api/v1/models").kind == "no-key"


def test_where_the_keys_cannot_be_read_nothing_is_answered_and_no_detail_leaks(
    start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATABASE_URL", "postgresql://kim:secret@127.0.0.1:1/keys")
    server = start(gate_at("127.0.0.1"))
    refused = server.ask("GET", "/api/v1/models")
    assert (refused.status, refused.kind) == (503, "unavailable")
    assert "127.0.0.1" not in refused.content.decode()
    assert server.ask("GET", "/api/v1/health").status == 200


def test_the_log_names_the_beginning_of_a_key_and_never_the_rest(
    start: Callable[..., Any], own_home: Path, caplog: pytest.LogCaptureFixture,
    wait: Callable[..., None],
) -> None:  # fmt: skip
    caplog.set_level(logging.INFO)
    made, key = open_keys().add("logged", ["read"])
    server = start(gate_at("127.0.0.1"))
    assert server.ask("GET", "/api/v1/models", Authorization=f"Bearer {key}").status == 200

    def lines() -> list[str]:
        return [JsonFormatter().format(record) for record in caplog.records]

    wait(lambda: any(json.loads(line).get("key") == made.id for line in lines()))
    assert not any(key in line for line in lines())


def test_limits_come_from_the_environment_and_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_API_PHOTOS", "3")
    assert Limits.from_environment().photos == 3
    assert Limits.from_environment().faces == 100
    for value in ("0", "-1", "three", "9" * 30, "1.5"):
        monkeypatch.setenv("FER_API_PHOTOS", value)
        with pytest.raises(ConfigError, match=r"(?i)photos is"):
            Limits.from_environment()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches the whole console there")
def test_the_command_serves_until_ctrl_c_and_logs_json(photo: bytes, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fer", "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"running on (http://127.0.0.1:\d+)", line):
                break
        kind = {"Content-Type": "image/jpeg"}
        with urlopen(Request(f"{found[1]}/api/v1/predict", photo, kind), timeout=30) as answer:
            assert json.load(answer)[0]["faces"][0]["emotion"] == "happy"
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, 130, -signal.SIGINT)
    logged = [json.loads(line) for line in rest.splitlines()]
    assert any(line["message"] == "request" and line["status"] == 200 for line in logged)
    assert not any("traceback" in line for line in logged)


def test_an_impossible_setting_is_named_before_anything_is_served() -> None:
    command = [sys.executable, "-m", "fer", "serve", "--port", "0"]
    env = {**os.environ, "FER_API_PHOTOS": "many"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    assert done.returncode == 1
    assert "FER_API_PHOTOS is 'many'" in done.stderr
    assert "Traceback" not in done.stderr
