"""The API on a port of its own, without Streamlit and TensorFlow."""

import logging

import uvicorn

from fer.leftovers import clear_leftovers
from fer.serving.access import gate_at
from fer.serving.app import create_app
from fer.serving.logs import kept, log_as_json
from fer.web import AllowedHosts, SecurityHeaders

_STOP_S = 10
"""For the requests that are being answered when the server is asked to stop."""

_log = logging.getLogger(__name__)


def serve(*, address: str, port: int) -> None:
    """Serve until interrupted; the log goes to standard error.

    Args:
        address: Of this machine.
        port: 0 for any that is free; the log names it.

    Raises:
        FerError: If a setting is impossible, or the default model or the keys cannot be read.
    """
    gate = gate_at(address)
    gate.refresh()
    keys = gate.keys().values()
    app = create_app(gate=gate)
    app.state.engine.predictor()
    log_as_json()
    clear_leftovers()
    if not gate.is_local and all(key.revoked for key in keys):
        _log.warning(
            "There is no valid key, and so only /api/v1/health is answered: this server can be "
            "reached from other machines. Make a key with: python -m fer keys add NAME"
        )
    with kept("uvicorn.access"):
        uvicorn.run(
            AllowedHosts(SecurityHeaders(app)), host=address, port=port, access_log=False,
            log_config=None, server_header=False, timeout_graceful_shutdown=_STOP_S,
        )  # fmt: skip
