from datetime import UTC, datetime

import pytest

from fer.errors import FeedbackUnavailable
from fer.serving import access
from fer.serving.access import Gate, scope_of
from fer.serving.keys import ApiKey, Scope, hash_of, id_of
from fer.serving.problems import Problem

KEY = "fer_abcdefgh_" + 4 * "jkmnpqrs"
KEPT = ApiKey(
    id=id_of(KEY), name="phone", scopes=(Scope.PREDICT,), hash=hash_of(KEY),
    created=datetime.now(UTC), created_by="",
)  # fmt: skip


def gate(*keys: ApiKey, is_local: bool = True) -> Gate:
    made = Gate(is_local=is_local, read=lambda: list(keys))
    made.refresh()
    return made


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/api/v1/health", None), ("/api/v1/healthy", "read"), ("/api/v1/health/x", "read"),
        ("/api/v1/problems/no-key", None), ("/api/v1/models", "read"), ("/metrics", "read"),
        ("/api/v1/predict", "predict"), ("/api/v1/predictions", "read"), ("/", "read"),
        ("/api/v1/jobs", "jobs"), ("/api/v1/jobs/1/results", "jobs"),
        ("/api/v1/feedback/", "feedback"), ("/api/v1/feedback/consent", "feedback"),
    ],
)  # fmt: skip
def test_each_path_needs_its_scope_and_an_unknown_one_needs_reading(
    path: str, scope: str | None
) -> None:
    assert scope_of(path) == scope


def test_on_this_machine_no_key_is_needed_until_one_exists() -> None:
    assert gate().admit(None, Scope.JOBS) is None
    with pytest.raises(Problem) as refused:
        gate(KEPT).admit(None, Scope.PREDICT)
    assert refused.value.kind == "no-key"


def test_elsewhere_a_key_is_needed_even_if_there_is_none() -> None:
    with pytest.raises(Problem) as refused:
        gate(is_local=False).admit(f"Bearer {KEY}", Scope.PREDICT)
    assert refused.value.kind == "unknown-key"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("", "no-key"), ("Bearer", "no-key"), ("Bearer ", "no-key"), (f"Basic {KEY}", "no-key"),
        (KEY, "no-key"), ("Bearer x", "unknown-key"), (f"Bearer {id_of(KEY)}_", "unknown-key"),
        (f"Bearer {KEY}x", "unknown-key"), (f"Bearer {KEY.upper()}", "unknown-key"),
        ("Bearer \xe4\xf6", "unknown-key"), (f"Bearer {id_of(KEY)}", "unknown-key"),
    ],
)  # fmt: skip
def test_a_header_that_is_no_valid_key_is_refused(header: str, kind: str) -> None:
    with pytest.raises(Problem) as refused:
        gate(KEPT).admit(header, Scope.PREDICT)
    assert (refused.value.kind, refused.value.status_code) == (kind, 401)


def test_a_valid_key_is_admitted_to_its_scopes_alone() -> None:
    assert gate(KEPT).admit(f"bearer  {KEY} ", Scope.PREDICT) == KEPT
    with pytest.raises(Problem) as refused:
        gate(KEPT).admit(f"Bearer {KEY}", Scope.FEEDBACK)
    assert (refused.value.kind, refused.value.status_code) == ("not-allowed", 403)


def test_keys_that_cannot_be_read_again_still_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [[KEPT]]

    def read() -> list[ApiKey]:
        if not answers:
            raise FeedbackUnavailable("away")
        return answers.pop()

    monkeypatch.setattr(access, "_FRESH_FOR_S", 0.0)
    made = Gate(is_local=False, read=read)
    made.refresh()
    made.refresh()
    assert made.admit(f"Bearer {KEY}", Scope.PREDICT) == KEPT


def test_a_database_that_is_away_is_not_asked_for_every_request() -> None:
    asked = []

    def read() -> list[ApiKey]:
        asked.append(1)
        raise FeedbackUnavailable("away")

    made = Gate(is_local=True, read=read)
    for _ in range(3):
        made.refresh()
        with pytest.raises(FeedbackUnavailable):
            made.admit(None, Scope.PREDICT)
    assert len(asked) == 1
