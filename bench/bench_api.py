"""Cost of the HTTP API over the predictor behind it; the server runs in a process of its own.

- one client, photos of 1280×960 and 640×480 with one face: milliseconds of a request on an open
  connection over those of `Predictor.predict` (the aim is 15% more at most);
- 16 clients, photos of both sizes: throughput over that of `predict_many` (the aim is 0.9), while
  the clients take their share of the same cores;
- processor time of both sides of a request over that of a photo in `predict_many`, which other
  programs on the machine change least.

Requests and calls take turns, so that a noisy machine hits all alike.
"""

import http.client
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.request import urlopen

from bench_predict import jpeg, photo, seconds

from fer.inference.predictor import Predictor

CLIENTS = 16
PHOTOS = 160
ROUNDS = 4


@contextmanager
def served() -> Iterator[int]:
    """`fer serve` on a free port, which is given."""
    command = [sys.executable, "-m", "fer", "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        lines = iter(process.stderr)
        found = next(filter(None, (re.search(r"http://127.0.0.1:(\d+)", line) for line in lines)))
        with ThreadPoolExecutor(1) as pool:
            pool.submit(list, lines)  # or the log fills its pipe, and the server stops
            try:
                yield int(found[1])
            finally:
                process.terminate()
    finally:
        process.kill()
        process.wait()


class Client:
    """A connection that stays open."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def predict(self, data: bytes) -> None:
        """Send a photo, and wait for its answer."""
        self._connection.request("POST", "/api/v1/predict", data, {"Content-Type": "image/jpeg"})
        answer = self._connection.getresponse()
        assert answer.read().startswith(b"[{")
        assert answer.status == 200


def milliseconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    return 1000 * seconds(call() for _ in range(1))


def one_client(port: int, predictor: Predictor, width: int, height: int) -> None:
    """A request against a call."""
    data = jpeg(photo(width, height))
    client = Client(port)
    calls: list[float] = []
    requests: list[float] = []
    for number in range(110):
        call = milliseconds(lambda: predictor.predict(data))
        request = milliseconds(lambda: client.predict(data))
        if number >= 10:
            calls.append(call)
            requests.append(request)
    call, request = statistics.median(calls), statistics.median(requests)
    print(
        f"one client, {width}×{height}: {request:.1f} ms a request, {call:.1f} ms a call, "
        f"{request / call - 1:+.0%} (at most +15%)"
    )


def many_clients(port: int, predictor: Predictor, width: int, height: int) -> None:
    """Sixteen clients against `predict_many`."""
    pictures = [jpeg(photo(width, height, i / PHOTOS)) for i in range(PHOTOS)]
    shares = [pictures[number::CLIENTS] for number in range(CLIENTS)]
    together: list[float] = []
    served_s: list[float] = []
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(ROUNDS + 1):
            alone = seconds(predictor.predict_many(pictures))
            clients = [Client(port) for _ in range(CLIENTS)]  # the server closes idle connections
            start = time.perf_counter()
            list(pool.map(send, clients, shares))
            spent = time.perf_counter() - start
            if number:  # the first one warms up
                together.append(alone)
                served_s.append(spent)
    ratio = statistics.median(a / b for a, b in zip(together, served_s, strict=True))
    print(
        f"{CLIENTS} clients, {width}×{height}: "
        f"{PHOTOS / statistics.median(served_s):.0f} photos/s, "
        f"predict_many {PHOTOS / statistics.median(together):.0f} photos/s, {ratio:.2f} of it "
        "(at least 0.9)"
    )


def processor_time(port: int, predictor: Predictor) -> None:
    """What a request costs, whoever else uses the machine."""
    pictures = [jpeg(photo(640, 480, i / PHOTOS)) for i in range(PHOTOS)]
    start = time.process_time()
    seconds(predictor.predict_many(pictures))
    call_s = time.process_time() - start
    clients = [Client(port) for _ in range(CLIENTS)]
    start, served_s = time.process_time(), -server_time(port)
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(send, clients, (pictures[n::CLIENTS] for n in range(CLIENTS))))
    client_s, served_s = time.process_time() - start, served_s + server_time(port)
    print(
        f"{CLIENTS} clients, processor time a photo: server {1000 * served_s / PHOTOS:.1f} ms, "
        f"client {1000 * client_s / PHOTOS:.1f} ms, predict_many {1000 * call_s / PHOTOS:.1f} ms: "
        f"{(served_s + client_s) / call_s - 1:+.0%}"
    )


def server_time(port: int) -> float:
    """Seconds of processor time that the server has used."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        found = re.search(rb"\nprocess_cpu_seconds_total (\S+)", answer.read())
    assert found
    return float(found[1])


def send(client: Client, pictures: Sequence[bytes]) -> None:
    """Send photos, one after another."""
    for data in pictures:
        client.predict(data)


def main() -> None:
    """Run and print."""
    with served() as port:
        predictor = Predictor.load()
        one_client(port, predictor, 1280, 960)
        one_client(port, predictor, 640, 480)
        many_clients(port, predictor, 1280, 960)
        many_clients(port, predictor, 640, 480)
        processor_time(port, predictor)


if __name__ == "__main__":
    main()
