"""40 cameras at once against one: waiting, fairness and memory of the app's server.

Each camera sends a frame of 640×480 with one face, waits for its answer, and sends the next. The
95% quantile of waiting is at most as many times that of one camera as there are cameras; the
slowest camera gets at least half the frames of the mean one; and the server's memory grows by at
most 200 MB, of which most is back a minute after all tabs were closed.
"""

import asyncio
import json
import os
import time
from pathlib import Path

import httpx
from bench_load import jpeg, opened, photo, served, setting_up
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection

CAMERAS = 40
ONE_S, ALL_S, AFTER_S = 5, 20, 40
FRAME = jpeg(photo(640, 480))


def memory_mb(process: int) -> float:
    """What a process holds in memory, on Linux."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def token(connection: ClientConnection) -> str:
    """Open the Live page, and take the address of its camera's stream from it."""
    message = BackMsg()
    message.rerun_script.page_name = "live"
    await connection.send(message.SerializeToString())
    async for data in connection:
        sent = ForwardMsg.FromString(data).delta.new_element.bidi_component.json
        if '"token"' in sent:
            return str(json.loads(sent)["token"])
    raise RuntimeError("The Live page names no stream.")


async def film(address: str, stream: str, until: float) -> list[float]:
    """Send frames, and note how long each answer takes."""
    headers = {"Origin": address, "Content-Type": "image/jpeg"}
    waited = []
    async with httpx.AsyncClient(timeout=60) as client:
        while time.monotonic() < until:
            start = time.perf_counter()
            answer = await client.post(
                f"{address}/api/live/{stream}", content=FRAME, headers=headers
            )
            assert len(answer.json()["faces"]) == 1
            waited.append(time.perf_counter() - start)
    return waited


def p95(times: list[float]) -> float:
    """Of times, what 95% do not exceed."""
    return sorted(times)[int(0.95 * (len(times) - 1))]


async def measure(address: str, process: int) -> None:
    """One camera, then all of them, and what remains."""
    async with opened(address) as connection:
        stream = await token(connection)
        await film(address, stream, time.monotonic() + ONE_S)  # warms up
        one = await film(address, stream, time.monotonic() + ONE_S)
    before = memory_mb(process)
    connections = [await opened(address) for _ in range(CAMERAS)]
    streams = [await token(connection) for connection in connections]
    end = time.monotonic() + ALL_S
    each = await asyncio.gather(*(film(address, stream, end) for stream in streams))
    most = memory_mb(process)
    for connection in connections:
        await connection.close()
    await asyncio.sleep(AFTER_S)
    after = memory_mb(process)
    times = [seconds for waited in each for seconds in waited]
    counts = [len(waited) for waited in each]
    print(
        f"one camera: {1000 * p95(one):.0f} ms at p95, {len(one) / ONE_S:.0f} frames/s\n"
        f"{CAMERAS} cameras: {1000 * p95(times):.0f} ms at p95, {p95(times) / p95(one):.0f}× "
        f"(at most {CAMERAS}×), {len(times) / ALL_S:.0f} frames/s, the slowest has "
        f"{min(counts) / (sum(counts) / CAMERAS):.2f} of the mean (at least 0.5)\n"
        f"memory: {before:.0f} MB, with all {most:.0f} MB (at most {before + 200:.0f}), "
        f"{AFTER_S} s after {after:.0f} MB\nload of the machine: {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    """Run and print."""
    with setting_up(), served() as (address, process):
        asyncio.run(measure(address, process))


if __name__ == "__main__":
    main()
