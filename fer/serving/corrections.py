"""The routes by which people correct answers, and list, export and delete what they sent."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fer import settings
from fer.errors import FerError
from fer.feedback import consent
from fer.feedback.asking import Question
from fer.feedback.exporting import facts, zip_of
from fer.feedback.keys import contributor_id, is_well_formed, new_key
from fer.feedback.records import Correction, Verdict
from fer.images import decode
from fer.importing import extras
from fer.serving import shapes
from fer.serving.predicting import answered
from fer.serving.problems import Problem, problem_of
from fer.serving.uploads import decoded

if TYPE_CHECKING:
    from fer.feedback.store import Store

KeyHeader = Annotated[
    str | None, Header(alias="Contributor-Key", max_length=100, description="The key of a person.")
]


def router() -> APIRouter:
    """The routes."""
    made = APIRouter(prefix="/feedback", tags=["feedback"])
    made.add_api_route(
        "/consent", show_consent, response_model=shapes.Consent,
        summary="What a person agrees to before a correction is kept",
    )  # fmt: skip
    made.add_api_route(
        "/keys", make_key, methods=["POST"], response_model=shapes.Key,
        summary="A new contributor's key; nothing is kept of it",
    )  # fmt: skip
    made.add_api_route(
        "", keep, methods=["POST"], status_code=201, response_model=shapes.KeptCorrection,
        summary="Keep a correction, by consent",
    )  # fmt: skip
    made.add_api_route(
        "", list_corrections, response_model=list[shapes.CorrectionFacts],
        summary="The corrections of a key",
    )  # fmt: skip
    made.add_api_route(
        "/export", export, response_class=Response, summary="The same with their pictures",
        responses={200: {"content": {"application/zip": {}}}},
    )  # fmt: skip
    made.add_api_route(
        "", delete_all, methods=["DELETE"], response_model=shapes.Deleted,
        summary="Delete all corrections of a key",
    )  # fmt: skip
    made.add_api_route(
        "/{id}", take_back, methods=["DELETE"], status_code=204, response_class=Response,
        summary="Take one correction back",
    )  # fmt: skip
    return made


def show_consent() -> dict[str, Any]:
    """The text to show, and its version to send."""
    text = [*consent.TEXT, consent.retention(settings.feedback_days())]
    return {"version": consent.VERSION, "text": text, "verdicts": list(Verdict)}


def make_key() -> dict[str, str]:
    """A key to send a first correction with, so that it can be sent again if the answer is lost."""
    return {"key": new_key()}


async def keep(
    request: Request, given: shapes.NewCorrection, key: KeyHeader = None
) -> JSONResponse:
    """Answer the photo again, and keep the face that the network saw with the person's verdict.

    The photo itself is dropped.
    """
    if given.consent != consent.VERSION:
        raise Problem(
            "no-consent",
            "Nothing was kept. Show the person this text; if they agree, send its version as "
            "'consent'.",
            **show_consent(),
        )
    own = new_key() if key is None else key
    contributor = _contributor(own)
    question = await _question(request, given)
    request.state.photos = 1

    def store() -> bool:
        correction = question.correction(
            given.verdict,
            id=given.id,
            contributor=contributor,
            with_larger_crop=given.larger_crop,
        )
        return _kept(correction)

    is_new = await run_in_threadpool(store)
    if is_new:
        request.app.state.metrics.corrections.inc()
    answer = {
        "id": given.id,
        "key": own if key is None else None,
        "new": is_new,
        "emotion": question.face.emotion,
        "verdict": given.verdict,
    }
    return JSONResponse(answer, 201 if is_new else 200)


async def _question(request: Request, given: shapes.NewCorrection) -> Question:
    """What the model answers for the face that is corrected."""
    photo = decoded(given.photo)
    engine = request.app.state.engine
    predictor = await engine.ready(given.model, given.detector)
    [result] = await answered(request, predictor, [photo])
    if isinstance(result, FerError):
        raise problem_of(result)
    if given.face > len(result.faces):
        found = len(result.faces)
        raise Problem("no-such-face", f"It has {found}, numbered from 1.", faces=found)
    return Question(
        face=result.faces[given.face - 1],
        card=predictor.card,
        detector=result.detector,
        source="api",
        read_photo=lambda: decode(photo),
    )


def _kept(correction: Correction) -> bool:
    """Keep a correction; False if it is there already.

    Raises:
        Problem: If the id is somebody else's.
    """
    store = _open_store()
    if store.keep(correction):
        return True
    if not store.corrections(
        contributor=correction.contributor, ids=[correction.id], with_crops=False
    ):
        raise Problem("id-taken", "Nothing was kept. Send it with the key that it was sent with.")
    return False


def list_corrections(key: KeyHeader = None) -> list[dict[str, Any]]:
    """All of them, the oldest first, without pictures."""
    contributor = _contributor(key)
    found = _open_store().corrections(contributor=contributor, with_crops=False)
    return [facts(correction) for correction in found]


def export(key: KeyHeader = None) -> Response:
    """A ZIP archive of `corrections.json` and a PNG for each picture."""
    content = zip_of(_open_store().corrections(contributor=_contributor(key)))
    named = {"Content-Disposition": 'attachment; filename="my-corrections.zip"'}
    return Response(content, media_type="application/zip", headers=named)


def delete_all(key: KeyHeader = None) -> dict[str, int]:
    """Delete them for good, with their pictures and reviews."""
    return {"deleted": len(_open_store().delete(contributor=_contributor(key)))}


def take_back(id: str, key: KeyHeader = None) -> Response:
    """Delete one for good."""
    if not _open_store().take_back(id, _contributor(key)):
        raise Problem("unknown-correction", "It was deleted before, or is somebody else's.")
    return Response(status_code=204)


def _contributor(key: str | None) -> str:
    """The hash of a key that can be one: a short one, others could guess."""
    if key is None or not is_well_formed(key):
        raise Problem(
            "bad-key",
            "Send the key that you got with your first correction as the header Contributor-Key.",
        )
    return contributor_id(key)


def _open_store() -> "Store":
    with extras():
        from fer.feedback.store import open_store
    return open_store()
