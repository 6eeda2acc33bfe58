"""Where a video comes from, besides files: a camera of this machine, or an address."""

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import av
import av.error
from av.container import InputContainer

from fer.errors import VideoError

TIMEOUT_S = 10.0
"""How long a stream may send nothing."""

MAX_PIXELS = 8192 * 4320
"""Of a frame; a small file could state any size, and decoding would take that much memory."""

PHOTOS = tuple(
    f"{name}_pipe"
    for name in ("bmp", "j2k", "jpeg", "jpegxl", "png", "psd", "qoi", "svg", "tiff", "webp")
)
"""FFmpeg's names of photos, which it would read as videos of one frame."""

# What people have. FFmpeg's other formats are playlists, sessions and devices, which open more.
_CONTAINERS = (
    "mov", "mp4", "matroska", "webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg",
    "gif", "mxf", "dv", "wtv", "rm", "ivf", "mjpeg", "m4v", "h264", "hevc", "yuv4mpegpipe",
)  # fmt: skip
_FILE = {
    "format_whitelist": ",".join((*_CONTAINERS, *PHOTOS)),
    "max_pixels": str(MAX_PIXELS),
}
_CAMERA = re.compile(r"camera:(\d{1,3})", re.IGNORECASE)
_NEARLY_CAMERA = re.compile(r"(?:web)?cam(?:era)?(?::[^./\\]*|[ _-]?\d*)|\d{1,3}", re.IGNORECASE)
# Short words and names of files; a key is long, mixes letters and digits, or is `password=…`.
_PLAIN = re.compile(r"(?:[\w.-]{0,15}|[A-Za-z_.-]{0,60}|[\w-]{1,15}\.\w{2,5})")
_SCHEMES = ("http", "https", "rtsp", "rtsps")
# A server must not make us read this machine's files, as a playlist could.
_HTTP = {
    "protocol_whitelist": "http,https,httpproxy,tcp,tls,crypto,data",
    "max_pixels": str(MAX_PIXELS),
}
_RTSP = {
    "protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls",
    "rtsp_flags": "prefer_tcp",
    "max_pixels": str(MAX_PIXELS),
}


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A camera of this machine, counted from 0."""

    number: int

    @property
    def name(self) -> str:
        """What to call it in results and errors."""
        return f"camera:{self.number}"


@dataclass(frozen=True, kw_only=True)
class Address:
    """A video or stream at an http, https, rtsp or rtsps address."""

    url: str

    @property
    def name(self) -> str:
        """The address without what may be secret: user, password, query, keys in the path.

        Where more than user and password is left out, digits tell it from other such addresses, so
        that the results of one are never resumed with another.
        """
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        path = "/".join(part if _PLAIN.fullmatch(part) else "…" for part in parts.path.split("/"))
        shown = f"{parts.scheme}://{host}{path}"
        whole = parts._replace(netloc=host).geturl()
        if shown == whole:
            return shown
        digest = hashlib.blake2b(whole.encode(errors="surrogateescape"), digest_size=4).hexdigest()
        return f"{shown} ({digest})"


def source_from(text: str) -> Path | Camera | Address:
    """What a user named: `camera:0`, an address, or else the path of a file.

    Raises:
        VideoError: If it is an address of another kind, or nearly a camera and no file.
    """
    if match := _CAMERA.fullmatch(text):
        return Camera(number=int(match[1]))
    scheme, separator, _ = text.partition("://")
    if not separator:
        if _NEARLY_CAMERA.fullmatch(text) and not Path(text).exists():
            raise VideoError(
                f"'{text}' is neither a camera nor a file. Expected camera:0 for the first camera, "
                "camera:1 for the second one, an address, or the path of a file."
            )
        return Path(text)
    if scheme.lower() not in _SCHEMES:
        raise VideoError(
            f"'{scheme}://' is no address that can be read; expected {', '.join(_SCHEMES)}, "
            "camera:0, or the path of a file."
        )
    try:
        host = urlsplit(text).hostname
    except ValueError:
        host = None
    if not host:
        raise VideoError(f"The {scheme} address names no host. Expected {scheme}://HOST/PATH.")
    return Address(url=text)


def open_file(source: Path | bytes | IO[bytes]) -> InputContainer:
    """A video from its path, its bytes or an open file; FFmpeg opens nothing that they name.

    Raises:
        av.error.FFmpegError: If it is none of the containers that people have, or damaged.
        OSError: If it cannot be read.
    """
    # A path without its protocol may look like another one.
    file: str | IO[bytes]
    if isinstance(source, Path):
        file = f"file:{source}"
    else:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
    # Bytes need no protocol, and there is none of the name `none`.
    protocol = "file" if isinstance(source, Path) else "none"
    options = _FILE | {"protocol_whitelist": protocol}
    return av.open(file, "r", options=options, metadata_errors="replace")


def open_address(address: Address) -> InputContainer:
    """Connect to an address.

    Raises:
        VideoError: If there is nothing that can be read.
    """
    options = _RTSP if address.url.lower().startswith("rtsp") else _HTTP
    try:
        return av.open(
            address.url, "r", options=dict(options), metadata_errors="replace",
            timeout=(TIMEOUT_S, TIMEOUT_S),
        )  # fmt: skip
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise VideoError(
            f"'{address.name}' cannot be opened as a video ({reason_of(error)}). Check the "
            "address, the password in it, and whether the stream is on."
        ) from None


def is_live(container: InputContainer) -> bool:
    """Whether an opened address is a stream: it states neither how long nor how large it is."""
    is_rtsp = container.format.name == "rtsp"
    return is_rtsp or (not container.duration and container.size <= 0)


def reason_of(error: BaseException) -> str:
    """Why FFmpeg or the system refused, without the address."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
