"""The HTTP API as an ASGI application, put together."""

import copy
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fer import settings
from fer.errors import FerError
from fer.serving import batches, corrections, predicting, problems, shapes
from fer.serving.access import Access, Gate, gate_at
from fer.serving.engine import Engine
from fer.serving.guard import Guard
from fer.serving.jobs import Jobs
from fer.serving.limits import Limits
from fer.serving.metrics import Metrics

_REFUSED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A refusal",
        "content": {
            problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
        },
    }
}
_REFERRED = (shapes.PhotosInJson, shapes.ProblemDocument)
"""Shapes that are named in OpenAPI by reference alone."""


def create_app(limits: Limits | None = None, gate: Gate | None = None) -> FastAPI:
    """The API with its threads and counters, which begin with its first request.

    Args:
        limits: By default those of the environment.
        gate: Admits requests; by default as on a loopback address.

    Raises:
        ConfigError: If a limit of the environment is impossible.
    """
    limits = limits or Limits.from_environment()
    metrics = Metrics()
    app = FastAPI(
        title="Facial emotion recognition", version=settings.VERSION,
        openapi_url=None,  # and so no page of docs either, whose scripts would come from elsewhere
        redirect_slashes=False,
        responses=_REFUSED,
        exception_handlers={
            HTTPException: problems.on_http_error,
            RequestValidationError: problems.on_invalid,
            FerError: problems.on_fer_error,
        },
    )  # fmt: skip
    app.state.limits, app.state.metrics = limits, metrics
    app.state.engine = Engine(limits, metrics)
    app.state.jobs = Jobs(app.state.engine, limits, metrics)
    for routes in (predicting, batches, corrections):
        app.include_router(routes.router(), prefix="/api/v1")
    app.include_router(_server_routes(), prefix="/api/v1")
    app.add_api_route(
        "/metrics", show_metrics, tags=["server"], summary="Counters for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    app.add_middleware(Access, gate=gate or gate_at("127.0.0.1"))
    app.add_middleware(Guard, limits=limits, metrics=metrics)  # the last one comes first
    return app


def _server_routes() -> APIRouter:
    made = APIRouter()
    made.add_api_route(
        "/problems/{kind}", problems.describe, tags=["server"], response_class=JSONResponse,
        summary="What a problem's type means",
    )  # fmt: skip
    made.add_api_route(
        "/openapi.json", show_schema, include_in_schema=False, response_class=JSONResponse
    )
    return made


def show_metrics(request: Request) -> Response:
    """Counters and times since the server's start."""
    content = generate_latest(request.app.state.metrics.registry)
    return Response(content, media_type=CONTENT_TYPE_LATEST)


def show_schema(request: Request) -> dict[str, Any]:
    """The OpenAPI document, with the shapes that FastAPI does not know to be used."""
    schema: dict[str, Any] = copy.deepcopy(request.app.openapi())
    modes = [(shape, "validation") for shape in _REFERRED]
    _, made = models_json_schema(modes, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schema["components"]["schemas"] |= made["$defs"]
    for path in schema["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # FastAPI's own shape, which is never sent
    schema["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{}, {"key": []}]  # `{}`: on a loopback address, while no key exists
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    return schema
