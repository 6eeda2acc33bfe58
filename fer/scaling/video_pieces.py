"""Where a video can be cut: at keyframes, so that each piece is decoded without those before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import av
import numpy as np

from fer.inference.stream import DETECT_EVERY
from fer.inference.video import VideoFile

LEAST = 250
"""Fewest analysed frames of a piece, but for the last one; some seconds of work."""


@dataclass(frozen=True, kw_only=True)
class VideoPiece:
    """Frames of a video, from one on which the detector runs to the next piece's first.

    Attributes:
        first: Number of its first frame.
        end: Number of the next piece's first frame; None in the last piece.
        key_pts: Where decoding starts, as the stream counts time; None for the video's beginning.
        first_pts: The time of the first frame.
        end_pts: That of the next piece's first frame; None in the last piece.
        start_s: The time of the video's first frame, as the file's clock counts.
    """

    first: int
    end: int | None = None
    key_pts: int | None = None
    first_pts: int
    end_pts: int | None = None
    start_s: float


def cut(video: VideoFile, *, every: int, start_s: float, least: int = LEAST) -> list[VideoPiece]:
    """The pieces of a video; none if it is short, or its packets leave any doubt about the frames.

    Args:
        video: The video, just opened; its packets are read to the end.
        every: Only every Nth frame is analysed.
        start_s: The time of its first frame, as the file's clock counts.
        least: Fewest analysed frames of a piece.
    """
    packets = list(video.packets())
    if not packets or any(map(_is_doubtful, packets)):
        return []
    times = np.array([packet.pts for packet in packets])
    keys = [at for at, packet in enumerate(packets) if packet.is_keyframe]
    in_order = np.sort(times)
    unit_s = float(packets[0].time_base or 0)
    video.check_end((int(in_order[-1]) - int(in_order[0])) * unit_s)
    if video.problem or keys[:1] != [0] or not _is_steady(np.split(times, keys[1:]), in_order):
        return []
    step = every * max(DETECT_EVERY // every, 1)
    pieces = [VideoPiece(first=0, first_pts=int(in_order[0]), start_s=start_s)]
    for key_pts in times[keys[1:]]:
        number = -(-int(np.searchsorted(in_order, key_pts)) // step) * step
        if number < len(in_order) and number - pieces[-1].first >= least * every:
            here = int(in_order[number])
            pieces[-1] = replace(pieces[-1], end=number, end_pts=here)
            new = VideoPiece(first=number, key_pts=int(key_pts), first_pts=here, start_s=start_s)
            pieces.append(new)
    return pieces if len(pieces) > 1 else []


def _is_doubtful(packet: "av.Packet[Any]") -> bool:
    return packet.pts is None or packet.is_corrupt or packet.is_discard


def _is_steady(groups: Sequence[np.ndarray], in_order: np.ndarray) -> bool:
    """Whether no two frames have one time, and none is earlier than the keyframe before its own."""
    is_unique = bool((np.diff(in_order) > 0).all())
    return is_unique and all(group.min() > before[0] for before, group in pairwise(groups))
