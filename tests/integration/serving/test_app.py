"""The application as a whole: its description, what it allows, and the command that serves it."""

import json
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
from fer.serving import access
from fer.serving.access import Scope, grants_at
from fer.serving.limits import Limits


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


def test_other_machines_may_read_and_predict_and_no_more(
    start: Callable[..., Any], photo: bytes
) -> None:
    server = start(grants_at("0.0.0.0"))
    assert server.predict(photo).status == 200
    for path in ("/api/v1/health", "/api/v1/models", "/metrics"):
        assert server.ask("GET", path).status == 200
    for method, path in [
        ("POST", "/api/v1/jobs"), ("GET", "/api/v1/jobs/1"), ("GET", "/api/v1/jobs/1/results"),
        ("DELETE", "/api/v1/jobs/1"), ("POST", "/api/v1/feedback"), ("GET", "/api/v1/feedback"),
        ("GET", "/api/v1/feedback/consent"), ("POST", "/api/v1/feedback/keys"),
        ("GET", "/api/v1/feedback/export"), ("DELETE", "/api/v1/feedback"),
        ("DELETE", "/api/v1/feedback/1"),
    ]:  # fmt: skip
        refused = server.ask(method, path)
        assert (refused.status, refused.kind) == (403, "not-allowed"), path
        assert "FER_API_ALLOW" in refused.json["detail"]


def test_what_is_allowed_is_offered_to_other_machines(
    start: Callable[..., Any], photo: bytes
) -> None:
    server = start(grants_at("0.0.0.0", access.allowed(["jobs"])))
    assert server.ask("POST", "/api/v1/jobs", photo, Content_Type="image/jpeg").status == 202
    assert server.ask("GET", "/api/v1/feedback").kind == "not-allowed"


def test_scopes_are_allowed_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_API_ALLOW", " feedback, jobs,")
    assert access.allowed_by_environment() == (Scope.FEEDBACK, Scope.JOBS)
    monkeypatch.setenv("FER_API_ALLOW", "everything")
    with pytest.raises(ConfigError, match="'everything' cannot be allowed"):
        access.allowed_by_environment()


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
    command = [sys.executable, "-m", "fer", "serve", "--port", "0", "--allow", "everything"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert done.returncode == 1
    assert "'everything' cannot be allowed" in done.stderr
    assert "Traceback" not in done.stderr
