"""Eight processes that send corrections, and are killed at random: python writers.py URL FOLDER N.

Each writes the id that it is about to send into `<number>.sent`, and into `<number>.kept` once the
store has acknowledged it. One that is started anew sends its last id again.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path
from uuid import uuid4

import cv2
import numpy as np

from fer.feedback.records import Correction, now
from fer.feedback.store import open_store

WRITERS = 8


def correction_of(id: str) -> Correction:
    """A correction whose pixels follow from its id."""
    rng = np.random.default_rng(int(id[:8], 16))
    pixels = rng.integers(0, 256, (48, 48), dtype=np.uint8)
    return Correction(
        id=id,
        created=now(),
        contributor="somebody",
        consent="first",
        source="api",
        model="tiny",
        model_sha256="0" * 64,
        labels=("happy", "surprise"),
        probabilities=(0.25, 0.75),
        verdict="happy",
        crop=cv2.imencode(".png", pixels)[1].tobytes(),
    )


def write(url: str, folder: Path, number: int) -> None:
    """Send corrections until the file `stop` is there, and then none that is not acknowledged."""
    store = open_store(url)
    sent, kept = (
        os.open(folder / f"{number}.{name}", os.O_RDWR | os.O_CREAT | os.O_APPEND)
        for name in ("sent", "kept")
    )
    last = os.read(sent, 10_000_000).split()[-1:]
    id = last[0].decode() if last else ""
    while True:
        if not id:
            if (folder / "stop").exists():
                os._exit(0)
            id = str(uuid4())
            os.write(sent, f"{id}\n".encode())
        store.keep(correction_of(id))
        os.write(kept, f"{id}\n".encode())
        id = ""


def start(url: str, folder: Path, number: int) -> int:
    """Start a writer, and return its process id."""
    if process := os.fork():
        return process
    try:
        write(url, folder, number)
    finally:
        os._exit(1)


def main() -> None:
    """Start the writers, kill one after another, and wait for the end of all."""
    url, folder, kills = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    open_store(url)  # imports, before the fork, what the writers need
    chance = random.Random(0)
    running = [start(url, folder, number) for number in range(WRITERS)]
    while not all((folder / f"{number}.kept").exists() for number in range(WRITERS)):
        time.sleep(0.02)
    killed = 0
    for _ in range(kills):
        time.sleep(chance.uniform(0.02, 0.4))
        number = chance.randrange(WRITERS)
        os.kill(running[number], signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(running[number], 0)[1])
        running[number] = start(url, folder, number)
    (folder / "stop").touch()
    for process in running:
        if os.waitpid(process, 0)[1]:
            sys.exit("A writer failed.")
    sys.stdout.write(f"{killed} killed")


if __name__ == "__main__":
    main()
