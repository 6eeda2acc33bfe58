"""A Ray cluster of three nodes on this machine."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer.scaling.setup import Setup

PHOTOS = 240
MakeFaces = Callable[..., Path]
ray = pytest.importorskip("ray")


@pytest.fixture(scope="module")
def three_nodes() -> Iterator[Any]:
    """Three nodes of one core each, to the first of which this process is connected.

    A node that is lost is missed after a second, instead of a quarter of a minute.
    """
    from ray.cluster_utils import Cluster

    # A socket's path must be short, which those of pytest are not.
    folder = tempfile.mkdtemp(prefix="fer-", dir="/tmp")
    size = {"num_cpus": 1, "object_store_memory": 80 << 20}
    missed = {
        "health_check_initial_delay_ms": 0,
        "health_check_period_ms": 250,
        "health_check_failure_threshold": 4,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")  # else it writes a token into the user's home
        patch.setattr("ray._private.ray_constants.ENABLE_RAY_CLUSTER", False)  # only 127.0.0.1
        patch.setenv("RAY_BACKEND_LOG_LEVEL", "fatal")
        first = {"include_dashboard": False, "temp_dir": folder, "_system_config": missed}
        cluster = Cluster(initialize_head=True, head_node_args=size | first)
        try:
            for _ in range(2):
                cluster.add_node(**size)
            ray.init(address=cluster.address, log_to_driver=False)
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def ferplus() -> Setup:
    return Setup.of("ferplus", detector="none")


@pytest.fixture
def photos(make: MakeFaces) -> Path:
    """A folder of photos, one of them broken, and a table with more of them."""
    folder = make(*[f"{number:03}.png" for number in range(PHOTOS - 41)])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no")
    more = make(*[f"{number}.png" for number in range(40)], root=folder.parent / "more")
    files = sorted(more.iterdir())
    pq.write_table(
        pa.table(
            {"path": [file.name for file in files], "photo": [file.read_bytes() for file in files]}
        ),
        folder / "more.parquet",
    )
    return folder
