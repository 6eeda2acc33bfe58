import json
import logging

import pytest

pytest.importorskip("uvicorn")
import uvicorn

from fer.serving.logs import FIELDS, kept, log_as_json


def test_the_log_of_a_mounted_api_is_json_beside_that_of_its_app(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with kept("fer.serving"):
        log_as_json("fer.serving")
        log_as_json("fer.serving")  # once is enough
        logger = logging.getLogger("fer.serving.guard")
        logger.info("request", extra={FIELDS: {"status": 200}})
        logging.getLogger("elsewhere").info("not this")
    [line] = capsys.readouterr().err.splitlines()
    written = json.loads(line)
    assert (written["message"], written["status"]) == ("request", 200)


def test_another_server_of_the_process_finds_its_log_of_requests_as_it_was() -> None:
    access = logging.getLogger("uvicorn.access")
    before = access.handlers[:], access.level, access.propagate
    with kept("uvicorn.access"):
        access.propagate = True
        with kept("uvicorn.access"):
            uvicorn.Config(lambda: None, access_log=False, log_config=None)
            assert not access.propagate
        assert access.propagate
    assert (access.handlers[:], access.level, access.propagate) == before
