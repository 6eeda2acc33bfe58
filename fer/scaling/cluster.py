"""Ray, on this machine alone or as a cluster that runs already."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fer.errors import FerError, ScalingError
from fer.importing import extras

if TYPE_CHECKING:
    import ray.data

_ANSWERS_WITHIN_S = 10.0


@contextmanager
def cluster(address: str | None = None) -> Iterator[None]:
    """Connect to Ray, unless this process is connected, and leave it afterwards.

    Args:
        address: Of a cluster, `HOST:PORT` or `auto`, which this machine belongs to; None to start
            one on this machine alone, for as long as the work takes.

    Raises:
        MissingPackageError: If Ray is not installed.
        ScalingError: If no cluster answers.
        FerError: The one that stopped the work in a worker.
    """
    # Ray reports its use over the internet, and writes to the terminal what only it can mend.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    with extras():
        import ray
        import ray.data

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    is_ours = not ray.is_initialized()
    if is_ours:
        try:
            _check_answers(address)
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=None if address else False,  # None leaves a cluster's as it is
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise ScalingError(
                f"No Ray cluster answers at '{address or 'this machine'}' ({error}). Start "
                "one with `ray start --head`."
            ) from None
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    try:
        yield
    except Exception as error:
        if cause := _own_error(error):
            raise cause from None
        raise
    finally:
        if is_ours:
            ray.shutdown()


def _check_answers(address: str | None) -> None:
    """Raise an OSError or a ValueError unless something listens there: Ray would wait for ever."""
    if address not in (None, "auto"):
        host, colon, port = str(address).rpartition(":")
        if not colon or not host or "/" in host:
            raise ValueError("expected HOST:PORT or auto")
        with socket.create_connection((host, int(port)), timeout=_ANSWERS_WITHIN_S):
            pass


def _own_error(error: BaseException | None) -> FerError | None:
    """The deliberate error behind those of Ray."""
    while error is not None and not isinstance(error, FerError):
        error = getattr(error, "cause", None) or error.__cause__
    return error


def results_of(
    work: "ray.data.Dataset", pieces: int, worker: type, *arguments: Any
) -> Iterator[dict[str, Any]]:
    """What workers give back, a core for each of them; those that die are replaced.

    Args:
        work: A block for each piece.
        pieces: How many there are.
        worker: Made of the arguments, and called with a block as a `pyarrow.Table`.
        arguments: For every worker.
    """
    import ray
    import ray.data

    cores = max(int(ray.cluster_resources().get("CPU", 1)), 1)
    yield from work.map_batches(
        worker,
        fn_constructor_args=arguments,
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(
            min_size=1, max_size=pieces, initial_size=min(cores, pieces)
        ),
    ).iter_rows()
