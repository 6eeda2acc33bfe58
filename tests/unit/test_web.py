import asyncio
from typing import Any

import pytest

from fer.web import HEADERS, AllowedHosts, SecurityHeaders


def answers(kind: str, *hosts: str, app: type = AllowedHosts) -> list[dict[str, Any]]:
    """What a client gets that asks for these hosts."""
    sent: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host.encode("latin-1")) for host in hosts]
    asyncio.run(app(inner)({"type": kind, "headers": headers}, receive, send))
    return sent


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LOCALHOST.", "127.0.0.1:80", "192.168.1.7", "[::1]:8501",
     "app.localhost", "fer.example.org", "a.b.example.com:443"],
)  # fmt: skip
def test_the_machines_own_names_addresses_and_listed_names_are_answered(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_ALLOWED_HOSTS", "Fer.example.org, *.example.com")
    monkeypatch.setattr("socket.gethostname", lambda: "lab-7.example.net")
    assert AllowedHosts(None).allows("LAB-7.local:8501")  # type: ignore[arg-type]
    assert AllowedHosts(None).allows("lab-7.example.net")  # type: ignore[arg-type]
    assert answers("http", host)[0]["status"] == 200


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "127.0.0.1.attacker.example", "example.com", "localhost.attacker.example",
     "attacker.example@localhost", "localhost:80@attacker.example", "", "a b", "[::1",
     "\xe4.example", "1e100.example:99999999"],
)  # fmt: skip
def test_a_name_that_leads_here_from_elsewhere_is_refused_on_every_way(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_ALLOWED_HOSTS", "*.example.com")
    start, body = answers("http", host)
    assert start["status"] == 421
    assert b"FER_ALLOWED_HOSTS" in body["body"]
    assert answers("websocket", host) == [{"type": "websocket.close", "code": 1008}]


def test_a_request_without_a_host_or_with_two_is_refused() -> None:
    assert answers("http")[0]["status"] == 421
    assert answers("http", "localhost", "attacker.example")[0]["status"] == 421


def test_every_answer_states_what_its_page_may_do() -> None:
    (start,) = answers("http", "localhost", app=SecurityHeaders)
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert headers == {"a": "b", **HEADERS}
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
