"""Jobs: many photos, progress and answers."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fer.data.synthetic import draw_face
from fer.serving import shapes

JOBS = "/api/v1/jobs"


@pytest.fixture(scope="module")
def album(encode: Callable[..., bytes]) -> list[tuple[str, bytes]]:
    """Twenty photos of drawn faces, and a file that is none."""
    faces = [(f"{n}.jpg", encode(draw_face("happy", seed=n, size=160))) for n in range(20)]
    return [*faces, ("notes.txt", b"no photo")]


def done(server: Any, wait: Callable[..., None], path: str) -> Any:
    """The state of a job once it has ended."""
    wait(lambda: server.ask("GET", path).json["status"] == "done", 60)
    return server.ask("GET", path).json


def test_a_job_answers_all_its_photos_in_order_as_predict_does(
    server: Any, album: Any, as_form: Callable[..., Any], wait: Callable[..., None]
) -> None:
    body, kind = as_form(*album)
    started = server.ask("POST", f"{JOBS}?detector=none", body, Content_Type=kind)
    assert started.status == 202
    shapes.JobState.model_validate_json(started.content, strict=True)
    path = started.headers["location"]
    assert path == f"{JOBS}/{started.json['id']}"
    state = done(server, wait, path)
    assert (state["photos"], state["done"], state["failed"]) == (21, 21, 1)
    assert (state["progress"], state["eta_s"]) == (1, 0)
    rows = server.ask("GET", f"{path}/results").json
    assert [row["file"] for row in rows] == [name for name, _ in album]
    assert rows[-1]["error"]
    [alone] = server.predict(album[3][1], "?name=3.jpg&detector=none").json
    assert rows[3]["faces"][0]["box"] == alone["faces"][0]["box"]
    assert rows[3]["faces"][0]["emotion"] == alone["faces"][0]["emotion"]
    np.testing.assert_allclose(
        list(rows[3]["faces"][0]["probabilities"].values()),
        list(alone["faces"][0]["probabilities"].values()),
        atol=1e-5,
    )


def test_progress_grows_and_names_the_seconds_left(
    start: Callable[..., Any], photo: bytes, wait: Callable[..., None]
) -> None:
    server = start()
    sent = {
        "photos": [{"name": f"{n}", "data": base64.b64encode(photo).decode()} for n in range(80)]
    }
    path = server.ask("POST", f"{JOBS}?detector=mtcnn", sent).headers["location"]
    seen = []

    def is_done() -> bool:
        seen.append(server.ask("GET", path).json)
        return bool(seen[-1]["status"] == "done")

    wait(is_done, 120)
    shares = [state["progress"] for state in seen]
    assert shares == sorted(shares)
    under_way = [state for state in seen if 0 < state["done"] < 80]
    assert under_way
    assert all(state["eta_s"] > 0 and state["status"] == "running" for state in under_way)


def test_photos_of_a_request_do_not_wait_for_a_job(start: Callable[..., Any], photo: bytes) -> None:
    server = start()
    sent = {"photos": [{"data": base64.b64encode(photo).decode()}] * 200}
    path = server.ask("POST", f"{JOBS}?detector=mtcnn", sent).headers["location"]
    assert server.predict(photo).status == 200
    assert server.ask("GET", path).json["status"] != "done"
    assert server.ask("DELETE", path).status == 204


def test_a_deleted_job_stops_and_is_forgotten(
    start: Callable[..., Any], photo: bytes, wait: Callable[..., None]
) -> None:
    server = start()
    sent = {"photos": [{"data": base64.b64encode(photo).decode()}] * 200}
    path = server.ask("POST", f"{JOBS}?detector=mtcnn", sent).headers["location"]
    assert server.ask("DELETE", path).status == 204
    wait(lambda: server.is_idle, 10)
    for method, end in [("GET", ""), ("GET", "/results"), ("DELETE", "")]:
        gone = server.ask(method, path + end)
        assert (gone.status, gone.kind) == (404, "unknown-job")


def test_unfinished_jobs_leave_room_for_so_many_and_a_finished_one_makes_room(
    start: Callable[..., Any], photo: bytes, wait: Callable[..., None]
) -> None:
    server = start(jobs=1)
    sent = {"photos": [{"data": base64.b64encode(photo).decode()}] * 30}
    first = server.ask("POST", f"{JOBS}?detector=mtcnn", sent).headers["location"]
    refused = server.ask("POST", JOBS, sent)
    assert (refused.status, refused.kind) == (503, "too-many-jobs")
    assert int(refused.headers["retry-after"]) > 0
    done(server, wait, first)
    second = server.ask("POST", JOBS, sent)
    assert second.status == 202
    assert server.ask("GET", first).status == 404


def test_a_job_has_bounds_of_its_own(
    start: Callable[..., Any], photo: bytes, as_form: Callable[..., Any]
) -> None:
    server = start(job_photos=3, job_mb=1)
    body, kind = as_form(*[("a.jpg", photo)] * 4)
    refused = server.ask("POST", JOBS, body, Content_Type=kind)
    assert (refused.status, refused.kind) == (413, "too-many-photos")
    refused = server.ask("POST", JOBS, photo * 30, Content_Type="image/jpeg")
    assert (refused.status, refused.kind) == (413, "body-too-large")
