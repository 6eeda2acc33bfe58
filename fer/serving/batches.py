"""The routes of jobs: many photos, answered while the client does something else."""

from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fer.serving import shapes
from fer.serving.guard import JOBS_PATH
from fer.serving.jobs import Jobs
from fer.serving.predicting import BODY, DetectorName, ModelName
from fer.serving.uploads import photos_of


def router() -> APIRouter:
    """The routes."""
    made = APIRouter(prefix="/jobs", tags=["jobs"])
    made.add_api_route(
        "", start, methods=["POST"], status_code=202, response_model=shapes.JobState,
        summary="Analyse many photos", openapi_extra=BODY,
    )  # fmt: skip
    made.add_api_route("/{id}", show, response_model=shapes.JobState, summary="How far a job is")
    made.add_api_route(
        "/{id}/results", results, response_model=list[shapes.PhotoAnswer],
        summary="The answers so far, in the photos' order",
    )  # fmt: skip
    made.add_api_route(
        "/{id}", remove, methods=["DELETE"], status_code=204, response_class=Response,
        summary="Stop a job and forget it",
    )  # fmt: skip
    return made


async def start(
    request: Request, response: Response, model: ModelName = None, detector: DetectorName = "auto"
) -> dict[str, Any]:
    """Take the photos; the answer has the job's id, which nobody else can guess."""
    state = request.app.state
    photos = await photos_of(request, most=state.limits.job_photos)
    predictor = await state.engine.ready(model, detector)
    job = await run_in_threadpool(_jobs(request).start, predictor, photos)
    request.state.photos = len(photos)
    response.headers["Location"] = f"{JOBS_PATH}/{job.id}"
    return job.state()


def show(request: Request, id: str) -> dict[str, Any]:
    """Its state, with the seconds that it still needs."""
    return _jobs(request).find(id).state()


def results(request: Request, id: str) -> JSONResponse:
    """All of them once its status is `done`."""
    return JSONResponse(_jobs(request).find(id).rows)


def remove(request: Request, id: str) -> Response:
    """Photos that have no answer yet are dropped."""
    _jobs(request).remove(id)
    return Response(status_code=204)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs
