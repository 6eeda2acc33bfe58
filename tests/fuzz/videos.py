"""Damaged videos."""

import io
from contextlib import suppress
from itertools import islice
from pathlib import Path
from random import Random

import av
import numpy as np

from fer.errors import FerError
from fer.inference.video import VideoFile
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import damaged

_FORMATS = {
    "mp4": ("mpeg4", "yuv420p"), "mov": ("mjpeg", "yuvj420p"), "avi": ("mpeg4", "yuv420p"),
    "matroska": ("mpeg4", "yuv420p"), "webm": ("libvpx", "yuv420p"),
    "mpegts": ("mpeg2video", "yuv420p"),
    "flv": ("flv1", "yuv420p"), "gif": ("gif", "rgb8"), "ogg": ("libtheora", "yuv420p"),
}  # fmt: skip
_TEXTS = (
    b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\n/etc/passwd\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", b"<svg/>",
)  # fmt: skip


def films() -> tuple[bytes, ...]:
    """A second of noise in each container."""
    rng = np.random.default_rng(0)
    made = []
    for container, (codec, pixels) in _FORMATS.items():
        file = io.BytesIO()
        with suppress(av.FFmpegError, ValueError), av.open(file, "w", format=container) as out:
            stream = out.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, pixels
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (48, 64, 3), np.uint8))
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
        made.append(file.getvalue())
    return tuple(one for one in made if one)


class Videos(Kind):
    """Videos as uploads and as files, read from front to back and at a time."""

    def __init__(self, folder: Path) -> None:
        self._films = films()

    def feed(self, rng: Random, folder: Path) -> None:
        content = damaged(rng, rng.choice((*self._films, *self._films, *_TEXTS)), self._films)
        source: Path | bytes = content
        if rng.random() < 0.3:
            source = folder / rng.choice(("film.mp4", "film.sdp", "film", "concat:a|b.mp4"))
            source.write_bytes(content)
        with VideoFile(source) as video:
            read = (
                every.pixels.shape[2]
                for every in islice(video.frames(every=rng.choice((1, 3))), 100)
            )
            assert all(channels == 3 for channels in read)
        with VideoFile(source) as video, suppress(FerError):
            video.frame_near(rng.choice((-1.0, 0.0, 0.5, 1e9, 0.9)))
