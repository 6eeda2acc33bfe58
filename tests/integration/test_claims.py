"""From the ID token of a real OpenID provider to a person with a role."""

import base64
import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from fer.claims import person_of
from fer.people import Person, Role

BACK = "http://127.0.0.1/oauth2callback"


def ask(address: str, method: str, form: dict[str, str] | None = None) -> tuple[str, bytes]:
    """Where an answer leads to, and its content."""
    url = urlsplit(address)
    connection = HTTPConnection(url.netloc, timeout=30)
    try:
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        body = urlencode(form) if form else None
        connection.request(method, f"{url.path}?{url.query}", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 400, content
        return answer.headers.get("Location", ""), content
    finally:
        connection.close()


def claims_of(provider: str, name: str) -> dict[str, Any]:
    """What the provider states about somebody, by the code flow that the app uses, too."""
    about = json.loads(ask(f"{provider}/.well-known/openid-configuration", "GET")[1])
    wanted = {
        "client_id": "fer", "redirect_uri": BACK, "response_type": "code",
        "scope": "openid email profile", "state": "x",
    }  # fmt: skip
    asked = f"{about['authorization_endpoint']}?{urlencode(wanted)}"
    back, _ = ask(asked, "POST", {"sub": name})
    [code] = parse_qs(urlsplit(back).query)["code"]
    given = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": BACK,
        "client_id": "fer", "client_secret": "secret",
    }  # fmt: skip
    _, content = ask(about["token_endpoint"], "POST", given)
    part = json.loads(content)["id_token"].split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return claims


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("vic", Person(name="vic@example.org", role=Role.VIEWER)),
        ("eve", Person(name="eve@example.org", role=Role.EDITOR)),
        ("ada", Person(name="ada@example.org", role=Role.ADMIN)),
        ("mal", Person(name="mal", role=Role.VIEWER)),
    ],
)
def test_a_providers_claims_give_a_person_with_a_role(
    openid_provider: str, name: str, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_EDITORS", "eve@example.org")
    monkeypatch.setenv("FER_ADMINS", "fer-admins")
    monkeypatch.setenv("FER_ROLE_CLAIM", "groups")
    assert person_of(claims_of(openid_provider, name)) == person
