import io
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 32, height: int = 24) -> np.ndarray:
    """Red, green, blue and white quarters, which no turn or flip leaves in place."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = WHITE
    return pixels


def encoded(image: Image.Image | np.ndarray, image_format: str = "PNG", **options: object) -> bytes:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()


def test_pillow_warns_nobody_of_a_photo_that_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(quarters(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05garbage"))
    code = f"from fer.images import decode; print(decode({str(path)!r}).shape)"
    command = [sys.executable, "-W", "always", "-c", code]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("(24, 32, 3)", "")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives it back at once")
def test_the_memory_of_a_photo_is_kept_for_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(quarters(1280, 960), "JPEG"))
    code = f"""
import resource, threading
from fer.images import decode

def faults():
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt

def decode_often():
    for number in range(30):
        if number == 10:
            before = faults()
        photo = decode({str(path)!r})
        copies = photo[::-1].copy(), photo[:, ::-1].copy(), photo + 1
        del photo, copies
    print((faults() - before) // 20)

decode_often()
thread = threading.Thread(target=decode_often)
thread.start()
thread.join()
"""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert all(int(count) < 50 for count in done.stdout.split()), done.stdout
