"""Every refusal as a problem document (RFC 9457), `application/problem+json`."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from fer.errors import (
    FeedbackError,
    FeedbackUnavailable,
    FerError,
    ImageError,
    ImageTooLargeError,
    MissingPackageError,
    TooManyFacesError,
)

MEDIA_TYPE = "application/problem+json"
TYPES = "/api/v1/problems/"


class Kind(NamedTuple):
    """A kind of problem: its status, and what all of the kind have in common."""

    status: int
    title: str
    retry_after_s: int = 0


KINDS = {
    "bad-request": Kind(400, "The request cannot be understood"),
    "no-key": Kind(401, "This server needs a key"),
    "unknown-key": Kind(401, "The key is not known, or was revoked"),
    "foreign-origin": Kind(403, "Requests from pages of another host are refused"),
    "not-allowed": Kind(403, "The key does not allow that"),
    "unknown-model": Kind(404, "There is no model of that name"),
    "unknown-job": Kind(404, "There is no job of that id"),
    "unknown-correction": Kind(404, "There is no correction of that id under this key"),
    "too-slow": Kind(408, "The upload took too long"),
    "id-taken": Kind(409, "Another correction has that id"),
    "body-too-large": Kind(413, "The request is too large"),
    "photo-too-large": Kind(413, "The photo has too many pixels or bytes"),
    "too-many-photos": Kind(413, "The request has too many photos"),
    "unsupported-media-type": Kind(415, "The request has another content type than expected"),
    "invalid": Kind(422, "The request is not as it should be"),
    "no-photo": Kind(422, "The request brings no photo"),
    "unreadable-photo": Kind(422, "No photo of the request can be used"),
    "too-many-faces": Kind(422, "The photo shows too many faces"),
    "no-such-face": Kind(422, "The photo has no face of that number"),
    "no-consent": Kind(422, "Consent to the current text is missing"),
    "bad-correction": Kind(422, "The correction cannot be kept"),
    "bad-key": Kind(422, "The contributor's key is missing or mistyped"),
    "too-many-requests": Kind(429, "This client has too many requests at once", 1),
    "bug": Kind(500, "Something went wrong on the server"),
    "not-installed": Kind(501, "The server lacks a package for that"),
    "busy": Kind(503, "The server has too much to do", 1),
    "too-many-jobs": Kind(503, "The server holds as many jobs as it may", 30),
    "unavailable": Kind(503, "The server cannot do that at the moment", 10),
    "took-too-long": Kind(503, "The answer was not ready in time", 5),
}
"""By the last part of the problem's `type`."""


_CHALLENGES = {
    "no-key": "Bearer",
    "unknown-key": 'Bearer error="invalid_token"',
    "not-allowed": 'Bearer error="insufficient_scope"',
}
"""What RFC 6750 has clients know of a refusal for their key."""


class Problem(HTTPException):
    """A refusal: its kind, what is wrong in this case, and facts for programs."""

    def __init__(self, kind: str, detail: str, **facts: Any) -> None:
        status, _, retry_after_s = KINDS[kind]
        headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
        if kind in _CHALLENGES:
            headers["WWW-Authenticate"] = _CHALLENGES[kind]
        super().__init__(status, detail, headers)
        self.kind = kind
        self.facts = facts


def problem_of(error: FerError) -> Problem:
    """The problem that one of the library's errors is to a client.

    Messages that may name the server's paths stay in its log.
    """
    kinds: Mapping[type[FerError], str] = {
        ImageTooLargeError: "photo-too-large",
        TooManyFacesError: "too-many-faces",
        ImageError: "unreadable-photo",
        FeedbackUnavailable: "unavailable",
        FeedbackError: "bad-correction",
        MissingPackageError: "not-installed",
    }
    kind = next((kind for of, kind in kinds.items() if isinstance(error, of)), "unavailable")
    hidden = kind in ("unavailable", "not-installed")
    return Problem(kind, "The reason is in the server's log." if hidden else str(error))


def response(problem: HTTPException, request_id: str) -> JSONResponse:
    """A problem as it is sent; one of the framework's own has no type but its status."""
    status = problem.status_code
    if isinstance(problem, Problem):
        kind, title = TYPES + problem.kind, KINDS[problem.kind].title
    else:
        kind, title = "about:blank", HTTPStatus(status).phrase
    document: dict[str, Any] = {
        "type": kind, "title": title, "status": status, "detail": str(problem.detail),
        "request_id": request_id,
    }  # fmt: skip
    document |= problem.facts if isinstance(problem, Problem) else {}
    return JSONResponse(document, status, problem.headers, MEDIA_TYPE)


def describe(kind: str) -> dict[str, Any]:
    """What a problem's type leads to.

    Raises:
        HTTPException: 404 if there is no such type.
    """
    if kind not in KINDS:
        raise HTTPException(404, f"There is no type of problem '{kind[:40]}'.")
    status, title, _ = KINDS[kind]
    return {"type": TYPES + kind, "title": title, "status": status}


async def on_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a problem, or one of the framework's own errors, such as 404 and 405."""
    assert isinstance(error, HTTPException)
    request.state.problem = getattr(error, "kind", "")
    if not isinstance(error, Problem) and error.status_code == 405:
        error.detail = f"{request.method[:20]} is not offered here; see the header Allow."
    if not isinstance(error, Problem) and error.detail == HTTPStatus(404).phrase:
        error.detail = "There is nothing at this path. /api/v1/openapi.json has all paths."
    return response(error, request.state.request_id)


async def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer a parameter or a body that is not as described, without what was sent."""
    errors: list[dict[str, Any]] = [
        {"at": "/".join(map(str, one["loc"])), "problem": one["msg"]}
        for one in error.errors()[:20]  # type: ignore[attr-defined]
    ]
    first = errors[0]
    detail = f"{first['at']}: {first['problem']}."
    return await on_http_error(request, Problem("invalid", detail, errors=errors))


async def on_fer_error(request: Request, error: Exception) -> JSONResponse:
    """Answer one of the library's errors."""
    assert isinstance(error, FerError)
    problem = problem_of(error)
    if problem.status_code >= 500:
        request.state.reason = str(error)
    return await on_http_error(request, problem)
