"""Cost of a photo, of many photos, of a stream's frame and of 2,000 predictions.

- a 1280×960 photo with one face, warm: milliseconds and shares by step, at most 200 with MTCNN and
  40 with YuNet, measured on two free cores;
- fifty faces on a photo of 1600×1200: milliseconds and shares by step;
- 1,000 photos of 640×480 with one face: throughput of `predict_many` over that of single calls of
  `predict` (the aim is 2.0; two cores gave 1.3 to 1.8 with YuNet and 1.6 to 2.0 with MTCNN, as a
  single photo keeps both busy for part of its time). The same for ready crops (1.7);
- a stream of 640×480: frames per second (at least 10);
- 2,000 predictions: growth of the process in MB (at most 50).
"""

import resource
import statistics
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from fer.data.synthetic import draw_face
from fer.errors import FerError
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream


def photo(width: int, height: int, x: float = 0.3) -> np.ndarray:
    """A drawn face on plain ground, RGB."""
    ground = np.full((height, width, 3), 150, np.uint8)
    side = height // 2
    face = cv2.cvtColor(draw_face("happy", seed=7, size=side), cv2.COLOR_GRAY2RGB)
    left = round(x * (width - side))
    ground[height // 4 : height // 4 + side, left : left + side] = face
    return ground


def jpeg(pixels: np.ndarray) -> bytes:
    """The bytes of a file."""
    return bytes(cv2.imencode(".jpg", pixels)[1])


def memory_mb() -> float:
    """Memory of this process now; on other systems than Linux, the most it ever was."""
    status = Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1e6 if sys.platform == "darwin" else 1e3
    )


def seconds(work: Iterable[object]) -> float:
    """How long it takes to run through."""
    start = time.perf_counter()
    for _ in work:
        pass
    return time.perf_counter() - start


def crowd() -> np.ndarray:
    """Fifty drawn faces in rows of ten."""
    ground = np.full((1200, 1600, 3), 150, np.uint8)
    for number in range(50):
        face = cv2.cvtColor(draw_face("happy", seed=number, size=150), cv2.COLOR_GRAY2RGB)
        top, left = 30 + number // 10 * 230, 5 + number % 10 * 160
        ground[top : top + 150, left : left + 150] = face
    return ground


def one_photo(name: str, pixels: np.ndarray, most_ms: int | None = None) -> None:
    """A warm photo, by step."""
    try:
        predictor = Predictor.load(detector=name)
    except FerError as error:
        print(f"{name}: not available ({error})")
        return
    data = jpeg(pixels)
    faces = len(predictor.predict(data).faces)
    laps = [predictor.predict(data).timings_ms for _ in range(20)]
    steps = {step: statistics.median(lap[step] for lap in laps) for step in laps[0]}
    total = sum(steps.values())
    shares = ", ".join(f"{step} {spent / total:.0%}" for step, spent in steps.items())
    size = f"{pixels.shape[1]}×{pixels.shape[0]}"
    bound = f" (at most {most_ms})" if most_ms else ""
    print(f"{name}: {size}, {faces} of its faces: {total:.0f} ms{bound}: {shares}")


def many(detector: str, pictures: list[bytes]) -> None:
    """Together over one by one."""
    predictor = Predictor.load(detector=detector)
    list(predictor.predict_many(pictures[:40]))
    # In turns, so that a noisy machine hits all alike.
    alone = together = 0.0
    for start in range(0, len(pictures), 200):
        some = pictures[start : start + 200]
        alone += seconds(predictor.predict(picture) for picture in some)
        together += seconds(predictor.predict_many(some))
    rate = len(pictures) / together
    print(
        f"{len(pictures)} photos, detector {detector}: {rate:.0f}/s together, "
        f"{alone / together:.2f} times single calls (aim: 2.0)"
    )


def stream() -> None:
    """Frames of a moving face."""
    predictor = Predictor.load()
    frames = [jpeg(photo(640, 480, 0.5 + 0.4 * np.sin(i / 15))) for i in range(120)]
    following = FaceStream(predictor)

    def work() -> Iterable[object]:
        for number, frame in enumerate(frames):
            yield following.step(cv2.imdecode(np.frombuffer(frame, np.uint8), 1), number / 20)

    print(f"stream 640×480: {len(frames) / seconds(work()):.0f} frames/s (at least 10)")


def growth() -> None:
    """Memory that predictions leave behind."""
    predictor = Predictor.load()
    data = jpeg(photo(640, 480))
    for _ in range(100):
        predictor.predict(data)
    before = memory_mb()
    for _ in range(2000):
        predictor.predict(data)
    print(f"2,000 predictions: {memory_mb() - before:+.1f} MB (at most 50)")


def main() -> None:
    """Run and print."""
    one_photo("mtcnn", photo(1280, 960), 200)
    one_photo("yunet", photo(1280, 960), 40)
    one_photo("mtcnn", crowd())
    one_photo("yunet", crowd())
    for name in ("mtcnn", "yunet"):
        many(name, [jpeg(photo(640, 480, i / 1000)) for i in range(1000)])
    crops = [draw_face("happy", seed=i, size=48) for i in range(20)]
    many("none", [jpeg(crop) for crop in crops] * 50)
    stream()
    growth()


if __name__ == "__main__":
    main()
