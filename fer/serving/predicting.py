"""The routes that answer photos, and name the server's models."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from fer import models, settings
from fer.errors import FerError
from fer.inference.photo_rows import names_of, photo_json
from fer.inference.predictor import Predictor
from fer.models.card import ModelCard, read_card
from fer.serving import shapes
from fer.serving.engine import Engine, Result
from fer.serving.problems import problem_of
from fer.serving.uploads import Photo, photos_of

ModelName = Annotated[
    str | None, Query(max_length=200, description="A model's name; the default one without it.")
]
DetectorName = Annotated[
    Literal["auto", "mtcnn", "yunet", "none"],
    Query(description="`none` where each photo is one tight face."),
]

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "photo": {
                            "type": "array", "items": {"type": "string", "format": "binary"},
                        },
                    },
                }
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/PhotosInJson"}},
        },
    }
}  # fmt: skip
"""What OpenAPI has of a request that brings photos."""


def router() -> APIRouter:
    """The routes."""
    made = APIRouter()
    made.add_api_route(
        "/health", health, response_model=shapes.Health, tags=["server"],
        summary="Whether the server works",
    )  # fmt: skip
    made.add_api_route(
        "/models", list_models, response_model=list[shapes.ModelFacts], tags=["server"],
        summary="The models",
    )  # fmt: skip
    made.add_api_route(
        "/predict", predict, methods=["POST"], response_model=list[shapes.PhotoAnswer],
        summary="Find the faces on photos and name their emotions", tags=["photos"],
        openapi_extra=BODY,
    )  # fmt: skip
    return made


def health(request: Request) -> dict[str, Any]:
    """The server's version and model. It loads nothing."""
    return {
        "status": "ok",
        "version": settings.VERSION,
        "model": settings.default_model(),
        "loaded": request.app.state.engine.is_loaded,
    }


def list_models() -> list[dict[str, Any]]:
    """All models with what their cards have, the figures included."""
    return [_facts(name) for name in models.list_models()]


def _facts(name: str) -> dict[str, Any]:
    about: dict[str, Any] = {"name": name, "default": name == settings.default_model()}
    try:
        card: ModelCard = read_card(models.find(name) / models.CARD_FILE)
    except FerError:
        return about | {"error": "Its card cannot be read."}
    forms = sorted({card.original, *card.forms})
    shown = ("labels", "height", "width", "channels", "parameters", "created", "metrics")
    facts = {field: getattr(card, field) for field in shown}
    return about | facts | {"sha256": card.model_sha256, "forms": forms}


async def predict(
    request: Request, model: ModelName = None, detector: DetectorName = "auto"
) -> JSONResponse:
    """Answer one or several photos, in their order.

    A photo that cannot be used has its `error`. If none can, that is a problem, whose `photos`
    holds the same answers.
    """
    engine: Engine = request.app.state.engine
    photos = await photos_of(request, most=request.app.state.limits.photos)
    predictor = await engine.ready(model, detector)
    results = await answered(request, predictor, [photo.data for photo in photos])
    rows = rows_of(predictor, photos, results)
    errors = [result for result in results if isinstance(result, FerError)]
    if len(errors) == len(results):
        problem = problem_of(errors[0])
        problem.facts["photos"] = rows
        raise problem
    request.state.photos = len(rows)
    request.state.faces = sum(len(row["faces"]) for row in rows)
    return JSONResponse(rows)


def rows_of(
    predictor: Predictor, photos: Sequence[Photo], results: Sequence[Result]
) -> list[dict[str, Any]]:
    """The answers as the command line gives them."""
    names = names_of(predictor)
    pairs = zip(photos, results, strict=True)
    return [photo_json(photo.name, result, **names) for photo, result in pairs]


async def answered(request: Request, predictor: Predictor, photos: Sequence[bytes]) -> list[Result]:
    """The results of photos; a client that leaves takes what has not begun with it.

    Raises:
        ClientDisconnect: If the client leaves.
        Problem: If it takes too long.
    """
    engine: Engine = request.app.state.engine
    work = asyncio.ensure_future(engine.answer(predictor, photos, deadline=request.state.deadline))
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientDisconnect
        return await work
    finally:
        work.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    """Return when the client has left; the body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
