"""The API on a port of its own, without Streamlit and TensorFlow."""

from collections.abc import Collection

import uvicorn

from fer.serving.access import Scope, grants_at
from fer.serving.app import create_app
from fer.serving.logs import log_as_json
from fer.web import AllowedHosts, SecurityHeaders

_STOP_S = 10
"""For the requests that are being answered when the server is asked to stop."""


def serve(*, address: str, port: int, allowed: Collection[Scope]) -> None:
    """Serve until interrupted; the log goes to standard error.

    Args:
        address: Of this machine.
        port: 0 for any that is free; the log names it.
        allowed: What is granted to others than this machine, too.

    Raises:
        FerError: If a setting is impossible, or the default model cannot be loaded.
    """
    app = create_app(grants=grants_at(address, allowed))
    app.state.engine.predictor()
    log_as_json()
    uvicorn.run(
        AllowedHosts(SecurityHeaders(app)), host=address, port=port, access_log=False,
        log_config=None, server_header=False, timeout_graceful_shutdown=_STOP_S,
    )  # fmt: skip
