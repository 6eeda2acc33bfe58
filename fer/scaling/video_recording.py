"""What a worker records of one piece of a video.

A person's number and smoothed probabilities depend on all frames before; what takes time does not.
On a frame on which the detector runs, the boxes are those that it finds. So from such a frame on, a
worker records what a tracker is given, and `video_joining` gives that of all pieces to one tracker.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fer.errors import VideoError
from fer.faces.face import Face
from fer.inference.answer import Box
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.tracking import Tracker
from fer.inference.video import VideoFile, VideoFrame, upright
from fer.scaling.video_pieces import VideoPiece


class Seen(NamedTuple):
    """One frame. People have numbers of their piece only.

    Attributes:
        number: Of the frame.
        at_s: Its time.
        moved: The boxes of those in view, as the optical flow moved them from the frame before.
        detected: The number, the box and the score of each face that the detector found; None if
            it did not run.
        answers: Of each person in view the network's output, and why it is unreliable.
    """

    number: int
    at_s: float
    moved: list[tuple[int, Box]]
    detected: list[tuple[int, Box, float]] | None
    answers: list[tuple[int, list[float], str]]


class Recording(NamedTuple):
    """A piece.

    Attributes:
        frames: Its frames, and the next piece's first one, of which only `moved` counts.
        first_crc: Checksum of the first frame's pixels.
        end_crc: That of the next piece's first frame; 0 in the last piece.
    """

    frames: list[Seen]
    first_crc: int
    end_crc: int


class _Recorder(Tracker):
    """A tracker that notes what it is given, and smooths nothing."""

    moved: list[tuple[int, Box]]
    detected: list[tuple[int, Box, float]] | None

    def follow(self, frame: np.ndarray) -> None:
        super().follow(frame)
        for track in self._tracks:
            track.probabilities = None  # so that the next ones are not mixed with them
        self.moved = [(track.number, track.face.box) for track in self.visible]
        self.detected = None

    def match(self, faces: Sequence[Face], at_s: float) -> None:
        super().match(faces, at_s)
        number_of = {track.face: track.number for track in self.visible}
        self.detected = [(number_of[face], face.box, face.score) for face in faces]


def record(video: VideoFile, piece: VideoPiece, predictor: Predictor, *, every: int) -> Recording:
    """Analyse a piece of a video.

    Args:
        video: The video, just opened.
        piece: One of those that `video_pieces.cut` gave for the same `every`.
        predictor: The model with a detector.
        every: Only every Nth frame is analysed.

    Raises:
        VideoError: If the video cannot be read, or its frames are not those of the piece.
    """
    tracker = _Recorder()
    stream = FaceStream(predictor, every=every, tracker=tracker)
    frames: list[Seen] = []
    first_crc = end_crc = 0
    for frame in _frames(video, piece):
        if frame.number == piece.first:
            first_crc = zlib.crc32(frame.pixels.tobytes())
        if frame.number == piece.end:
            tracker.follow(frame.pixels)
            end_crc = zlib.crc32(frame.pixels.tobytes())
            frames.append(Seen(frame.number, frame.at_s, tracker.moved, None, []))
        elif (frame.number - piece.first) % every == 0:
            answers = [
                (face.number, [*face.probabilities.values()], face.unreliable_because)
                for face in stream.step(frame.pixels, frame.at_s)
            ]
            seen = Seen(frame.number, frame.at_s, tracker.moved, tracker.detected, answers)
            frames.append(seen)
    if video.problem:
        raise VideoError(video.problem)
    return Recording(frames, first_crc, end_crc)


def _frames(video: VideoFile, piece: VideoPiece) -> Iterator[VideoFrame]:
    """The frames of a piece, and the next piece's first one.

    Raises:
        VideoError: If their number is not the piece's.
    """
    number = piece.first
    for frame in video.decoded_from(piece.key_pts):
        if frame.pts is None or frame.time is None or frame.is_corrupt:
            raise VideoError(f"Frame {number:,} is damaged.")
        if frame.pts < piece.first_pts:
            continue
        is_first, is_end = frame.pts == piece.first_pts, frame.pts == piece.end_pts
        if is_first != (number == piece.first) or is_end != (number == piece.end):
            raise VideoError(f"Frame {number:,} is another than the video's packets state.")
        at_s = float(frame.time) - piece.start_s
        yield VideoFrame(number=number, at_s=at_s, pixels=upright(frame))
        if is_end:
            return
        number += 1
    if piece.end is not None or number == piece.first:
        raise VideoError(f"The video ends at frame {number:,}, before its packets do.")
