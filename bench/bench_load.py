"""50 browser sessions and 200 clients of the HTTP API at once, all on one app.

- A session is a WebSocket that speaks Streamlit's protocol as a browser does: it opens a page,
  waits until its script has finished and all that it draws has come, and runs it again at once. A
  third each is on Home, Predict and Data, which shows FER-2013 if FER_DATA is set.
- Each client of the API has an address of its own, sends one photo of 640×480 after another, and
  waits as long as Retry-After asks where it is refused.
- Two tabs of Chromium open pages meanwhile.

Each time is given over that of one alone on the idle server. The fair share is as many times that
as there are others who are worked for at once: sessions, and requests that the API admits. If other
programs leave the server less than one processor, which is what Python's threads can use, it is
longer by as much. 95% of all must come within three times their fair share, and nothing may fail
but with 429 and 503.
"""

import asyncio
import math
import os
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from bench_predict import jpeg, photo
from playwright.async_api import async_playwright
from serving import chromium, served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from fer.faces import yunet_file
from fer.serving.limits import Limits

if TYPE_CHECKING:
    from playwright.async_api import Page

SESSIONS, CLIENTS = 50, 200
LASTS_S = float(os.environ.get("BENCH_LOAD_S", "60"))
ALONE = 10
REST_S, WARM_S = 0.3, 10
MOST = 3.0
PATIENCE_S = 180
PAGES = ("", "predict", "dataset")
API = "answer of the API"


@dataclass
class Record:
    """What came back, from whomever."""

    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    outcomes: Counter[str] = field(default_factory=Counter)


class Session:
    """A tab: a connection to Streamlit, and the page that it shows."""

    def __init__(self, connection: ClientConnection, page: str) -> None:
        self._connection, self._page = connection, page
        self._known: set[str] = set()  # messages that a browser keeps, which come as references

    async def run(self) -> float:
        """Run the page once, and wait for all that it draws: how long that takes.

        Raises:
            RuntimeError: If the page shows an exception, or its script ends otherwise.
        """
        message = BackMsg()
        message.rerun_script.page_name = self._page
        message.rerun_script.cached_message_hashes.extend(self._known)
        start = time.perf_counter()
        await self._connection.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            async for data in self._connection:
                came = ForwardMsg.FromString(data)
                if came.delta.new_element.HasField("exception"):
                    raise RuntimeError(came.delta.new_element.exception.message)
                if came.metadata.cacheable:
                    self._known.add(came.hash)
                if came.WhichOneof("type") == "script_finished":
                    if came.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                        raise RuntimeError(f"The script ended with {came.script_finished}.")
                    return time.perf_counter() - start
        raise RuntimeError("The server closed the connection.")


def opened(address: str) -> connect:
    """A connection like that of a browser's tab."""
    return connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream", origin=address,
        subprotocols=["streamlit"], max_size=None, open_timeout=PATIENCE_S,
    )  # fmt: skip


async def stay(address: str, page: str, end: float, record: Record) -> None:
    """A visitor who runs a page again and again."""
    name = page or "home"
    try:
        async with opened(address) as connection:
            session = Session(connection, page)
            record.seconds[f"first run of {name}"].append(await session.run())
            while time.monotonic() < end:
                record.seconds[f"run of {name}"].append(await session.run())
                record.outcomes["run"] += 1
    except Exception as error:  # noqa: BLE001 - counted and shown
        record.outcomes[f"{name}: {type(error).__name__} {error}"] += 1


async def ask(address: str, number: int, data: bytes, end: float, record: Record) -> None:
    """A client of the API who sends photos one after another."""
    transport = httpx.AsyncHTTPTransport(local_address=f"127.0.1.{number % 250 + 1}")
    async with httpx.AsyncClient(transport=transport, timeout=PATIENCE_S) as client:
        while time.monotonic() < end:
            try:
                seconds, retry_s = await post(client, address, data, record)
            except Exception as error:  # noqa: BLE001 - counted and shown
                record.outcomes[f"API: {type(error).__name__} {error}"] += 1
                continue
            if retry_s:
                await asyncio.sleep(retry_s)
            else:
                record.seconds[API].append(seconds)


async def post(
    client: httpx.AsyncClient, address: str, data: bytes, record: Record
) -> tuple[float, float]:
    """Send a photo: how long its answer takes, and how long to wait if it is refused, or 0."""
    start = time.perf_counter()
    answer = await client.post(
        f"{address}/api/v1/predict", content=data, headers={"Content-Type": "image/jpeg"}
    )
    record.outcomes[f"status {answer.status_code}"] += 1
    return time.perf_counter() - start, float(answer.headers.get("Retry-After", 0))


async def alone(address: str, data: bytes) -> dict[str, float]:
    """How long each thing takes one who is alone, in seconds."""
    record = Record()
    for page in PAGES:  # what is loaded once, in the background, too
        async with opened(address) as connection:
            await Session(connection, page).run()
    await asyncio.sleep(WARM_S)
    for page in PAGES:
        for _ in range(ALONE):
            async with opened(address) as connection:
                session = Session(connection, page)
                record.seconds[f"first run of {page or 'home'}"].append(await session.run())
                await asyncio.sleep(REST_S)
                record.seconds[f"run of {page or 'home'}"].append(await session.run())
            await asyncio.sleep(REST_S)
    async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
        for _ in range(ALONE + 1):
            record.seconds[API].append((await post(client, address, data, record))[0])
            await asyncio.sleep(REST_S)
    return {name: statistics.median(times[1:]) for name, times in record.seconds.items()}


async def show(tab: "Page", address: str) -> float:
    """Open a page in Chromium: how long until its title shows."""
    start = time.perf_counter()
    await tab.goto(address, timeout=PATIENCE_S * 1000)
    await tab.locator("h1").wait_for(timeout=PATIENCE_S * 1000)
    return time.perf_counter() - start


async def together(address: str, data: bytes) -> tuple[Record, list[float]]:
    """All of them at once, and how long pages in Chromium took meanwhile."""
    record = Record()
    async with AsyncExitStack() as stack:
        tabs = []
        if executable := chromium():
            playwright = await stack.enter_async_context(async_playwright())
            browser = await playwright.chromium.launch(
                executable_path=executable, args=["--no-sandbox"]
            )
            tabs = [await browser.new_page() for _ in PAGES[1:]]
        end = time.monotonic() + LASTS_S
        visitors = [stay(address, PAGES[n % len(PAGES)], end, record) for n in range(SESSIONS)]
        clients = [ask(address, n, data, end, record) for n in range(CLIENTS)]

        async def look() -> list[float]:
            await asyncio.sleep(LASTS_S / 4)
            pairs = zip(tabs, PAGES[1:], strict=False)
            return await asyncio.gather(*(show(tab, f"{address}/{page}") for tab, page in pairs))

        looking = asyncio.create_task(look())
        await asyncio.gather(*visitors, *clients)
        return record, await looking


def report(before: dict[str, float], record: Record, shown: list[float], processors: float) -> None:
    """Print a table, and what failed."""
    others = SESSIONS + min(CLIENTS, Limits().requests)
    fair = others / min(processors, 1.0)
    print(
        f"processors that the server had: {processors:.2f}, and so a fair share is {fair:.0f}× "
        f"({others} others)\n| | alone | times | median | p95 | p95 over the fair share |"
    )
    print("|---|---|---|---|---|---|")
    for name, times in sorted(record.seconds.items()):
        one = before[name]
        p95 = sorted(times)[math.ceil(0.95 * len(times)) - 1]
        median = statistics.median(times)
        print(
            f"| {name} | {1000 * one:.0f} ms | {len(times)} | {median:.2f} s, {median / one:.0f}× "
            f"| {p95:.2f} s, {p95 / one:.0f}× | {p95 / one / fair:.2f} (at most {MOST:.0f}) |"
        )
    known = {"run", "status 200", "status 429", "status 503"}
    failed = {name: count for name, count in record.outcomes.items() if name not in known}
    print("outcomes: " + ", ".join(f"{count} {name}" for name, count in record.outcomes.items()))
    print(f"failed: {failed or 'nothing'}")
    print("pages in Chromium: " + (", ".join(f"{s:.1f} s" for s in shown) or "there is none"))
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def processor_s(process: int) -> float:
    """Seconds of processor time that a process has used, on Linux."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def setting_up() -> Iterator[None]:
    """A home of its own for the app, with this machine's YuNet, and FER-2013 if it is here."""
    with tempfile.TemporaryDirectory() as home:
        detector = yunet_file.yunet_path()
        os.environ["FER_HOME"] = home
        if detector.is_file():
            yunet_file.install(detector)
        if folder := os.environ.get("FER_DATA"):
            os.environ["FER_DATA_ROOTS"] = folder
            from fer.data import add

            add(Path(folder), name="fer2013")
        yield


def main() -> None:
    """Run and print."""
    data = jpeg(photo(640, 480))
    with setting_up(), served() as (address, process):
        before = asyncio.run(alone(address, data))
        start, used_s = time.monotonic(), -processor_s(process)
        record, shown = asyncio.run(together(address, data))
        used_s, took_s = used_s + processor_s(process), time.monotonic() - start
        report(before, record, shown, used_s / took_s)


if __name__ == "__main__":
    main()
