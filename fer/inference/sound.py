"""The sound of a video, written into another video in step with its images."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import av
import av.error
import numpy as np

from fer.inference.video_source import open_file

_RATE = 48_000
_PIECE = 60 * _RATE
_CHANNELS = 2
_FRAME = 1024  # samples that AAC encodes at a time
_INACCURATE = _RATE // 20  # timestamps are this many samples off, without a gap in the sound
_CLOCK_JUMP_S = 0.5  # as in fer/inference/video.py


class _Piece(NamedTuple):
    """Samples, shape (channels, n), float32, and where they belong, counted in samples."""

    place: int
    samples: np.ndarray


class Sound:
    """Encodes the sound of a video anew, as AAC in stereo; gaps in it become silence.

    Encoding it anew takes a hundredth of the time that the images take, and works for any codec,
    for sound that begins later than the images, and around damage.
    """

    def __init__(self, source: av.container.InputContainer, target: Any, *, start_s: float) -> None:
        """Read from an open container; see `sound_of`."""
        self._source = source
        self._target = target
        self._stream = target.add_stream("aac", rate=_RATE, layout="stereo")
        self._pieces = self._decoded(start_s)
        self._next: _Piece | None = None
        self._end = self._encoded = 0  # in samples
        self._rest = _silence(0)

    def write(self, until_s: float) -> None:
        """Write the sound up to a time, in seconds from the first image."""
        until = round(until_s * _RATE)
        while self._end < until:
            self._next = self._next or next(self._pieces, None)
            if self._next is None:
                return
            place, samples = self._next
            if place > self._end + _INACCURATE:
                # In pieces: after a jump of the clock, a gap may last a day.
                self._append(_silence(min(place, until, self._end + _PIECE) - self._end))
                continue
            if place < self._end - _INACCURATE:
                samples = samples[:, self._end - place :]
            self._append(samples)
            self._next = None

    def finish(self, until_s: float) -> None:
        """Write the rest of the sound up to the end of the images, and close its source."""
        self.write(until_s)
        surplus = max(self._end - round(until_s * _RATE), 0)
        self._encode(self._rest[:, : max(self._rest.shape[1] - surplus, 0)])
        self._target.mux(self._stream.encode())
        self._source.close()

    def _append(self, samples: np.ndarray) -> None:
        self._end += samples.shape[1]
        self._rest = np.concatenate([self._rest, samples], axis=1)
        whole = self._rest.shape[1] // _FRAME * _FRAME
        for start in range(0, whole, _FRAME):
            self._encode(self._rest[:, start : start + _FRAME])
        self._rest = self._rest[:, whole:]

    def _encode(self, samples: np.ndarray) -> None:
        if not samples.shape[1]:
            return
        contiguous = np.ascontiguousarray(samples)
        frame = av.AudioFrame.from_ndarray(contiguous, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = _RATE, self._encoded
        self._encoded += samples.shape[1]
        self._target.mux(self._stream.encode(frame))

    def _decoded(self, start_s: float) -> Iterator[_Piece]:
        """All that can be decoded, with the place of each piece after the first image."""
        resampler, end_s = _resampler(), 0.0
        for frame in self._frames():
            at_s = end_s if frame.time is None else float(frame.time) - start_s
            if at_s < end_s - _CLOCK_JUMP_S:  # videos joined end to end
                start_s += at_s - end_s
                at_s = end_s
            end_s = at_s + frame.samples / frame.sample_rate
            frame.pts = None
            try:
                parts = resampler.resample(frame)
            except ValueError:  # the sound changes its form on the way
                resampler = _resampler()
                parts = resampler.resample(frame)
            place = round(at_s * _RATE)
            for part in parts:
                yield _Piece(place, part.to_ndarray())
                place += part.samples

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Frame by frame, without those that are damaged."""
        packets = self._source.demux(self._source.streams.audio[0])
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError:  # the file ends early
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            yield from frames


def sound_of(source: Path | bytes, target: Any, *, start_s: float) -> Sound | None:
    """The sound of a video, to be written into another one; None if it has none.

    Args:
        source: The video, as bytes or a path.
        target: The container of the other one, to which nothing has been written yet.
        start_s: The time of the first image, as the source's clock counts.
    """
    container = open_file(source)
    if not container.streams.audio:
        container.close()
        return None
    return Sound(container, target, start_s=start_s)


def _resampler() -> av.AudioResampler:
    return av.AudioResampler(format="fltp", layout="stereo", rate=_RATE)


def _silence(samples: int) -> np.ndarray:
    return np.zeros((_CHANNELS, samples), np.float32)
