"""YuNet's file, which no package contains: its place, download and check."""

import hashlib
import http.client
import urllib.error
import urllib.request
from pathlib import Path

from fer import settings
from fer.errors import DetectorError
from fer.files import write_bytes, writing
from fer.people import Action, require
from fer.progress import Progress

YUNET_URL = (
    "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
    "face_detection_yunet_2023mar.onnx"
)
YUNET_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"

_MAX_BYTES = 5_000_000  # the file has 232,589
_CHUNK = 65_536
_TIMEOUT_S = 20.0

_BY_HAND = f"Download {YUNET_URL} in a browser and run: python -m fer detectors add FILE"


def yunet_path() -> Path:
    """The place of YuNet's file on this machine; it may not exist yet."""
    return settings.detectors_folder() / YUNET_URL.rpartition("/")[2]


def read_checked(path: Path) -> bytes:
    """YuNet's file as bytes.

    Raises:
        DetectorError: If there is no file, or it is not YuNet's.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise _error(
            f"There is no file '{path}', which holds YuNet. Add it, or use MTCNN."
        ) from None
    except OSError as error:
        raise _error(
            f"'{path}', which holds YuNet, cannot be read: {error.strerror}. Add it anew, or use "
            "MTCNN."
        ) from None
    _check(data, f"'{path}'")
    return data


def install(path: Path) -> Path:
    """Copy YuNet's file to its place.

    Returns:
        Its place.

    Raises:
        DetectorError: If it is not that file, byte for byte, or cannot be read or written.
    """
    return _store(read_checked(path))


def install_bytes(data: bytes, name: str) -> Path:
    """As `install`, for a file in memory that errors call by this name."""
    _check(data, f"'{name}'")
    return _store(data)


def download(url: str = YUNET_URL, *, progress: Progress | None = None) -> Path:
    """Download YuNet's file from the OpenCV zoo; an incomplete one is not kept.

    Args:
        url: Its address.
        progress: Called with bytes read and bytes expected, the latter 0 if unknown.

    Returns:
        Its place.

    Raises:
        DetectorError: If there is no connection, or the content is not that file.
    """
    data = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:
            expected = int(response.headers.get("Content-Length") or 0)
            while (chunk := response.read(_CHUNK)) and len(data) <= _MAX_BYTES:
                data += chunk
                if progress:
                    progress(len(data), expected)
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it holds the connection
        raise _error(f"The download from {url} failed ({error}).") from None
    if len(data) < min(expected, _MAX_BYTES):
        raise _error(
            f"The download from {url} broke off after {len(data):,} of {expected:,} bytes. "
            "Try again."
        )
    _check(data, f"The file from {url}")
    return _store(data)


def _check(data: bytes | bytearray, name: str) -> None:
    digest = hashlib.sha256(data).hexdigest()
    if digest != YUNET_SHA256:
        raise _error(
            f"{name} is not the YuNet file of March 2023: its SHA-256 starts with {digest[:12]}, "
            f"expected {YUNET_SHA256[:12]}. Add that file, or use MTCNN."
        )


def _error(words: str) -> DetectorError:
    """An error with the command that adds the file, which pages leave out: they have a button."""
    error = DetectorError(words)
    error.add_note(_BY_HAND)
    return error


def _store(data: bytes | bytearray) -> Path:
    require(Action.MANAGE_MODELS)
    path = yunet_path()
    with writing(path.parent, DetectorError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, data)
    return path
