"""The recorded pieces of a video → the people on each frame, as if it had not been cut."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from fer.errors import VideoError
from fer.faces.face import Face
from fer.inference.answer import Box, FaceAnswer, by_label
from fer.inference.frame_log import FrameFaces
from fer.inference.tracking import Tracker
from fer.scaling.video_recording import Recording, Seen

_NOWHERE = np.zeros((5, 2), np.float32)


class _Replay(Tracker):
    """A tracker that gets from a recording what others take from pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: dict[int, int] = {}
        """The number that a person in view has in the recording, by the real one."""

    def move(self, boxes: Iterable[tuple[int, Box]]) -> None:
        """Put those in view where the optical flow moved them."""
        moved = dict(boxes)
        for track in self.visible:
            track.face = replace(track.face, box=moved[self.recorded[track.number]])

    def find(self, faces: Sequence[tuple[int, Box, float]], at_s: float) -> None:
        """Match what the detector found."""
        found = {
            Face(box=box, score=score, landmarks=_NOWHERE): number for number, box, score in faces
        }
        self.match(list(found), at_s)
        self.recorded = {track.number: found[track.face] for track in self.visible}


def joined(pieces: Iterable[Recording], labels: Sequence[str]) -> Iterator[FrameFaces]:
    """The people on each frame.

    Args:
        pieces: Of one video, in the order of time; one at a time is in memory.
        labels: Of the model.

    Raises:
        VideoError: If two pieces do not have the same frame at their seam.
    """
    tracker = _Replay()
    before: Recording | None = None
    for piece in pieces:
        first, *others = piece.frames if piece.end_crc == 0 else piece.frames[:-1]
        if before is not None:
            seam = before.frames[-1]
            if (seam.number, before.end_crc) != (first.number, piece.first_crc):
                raise VideoError(f"Decoding from a keyframe gives another frame {first.number:,}.")
            tracker.move(seam.moved)
        for seen in (first, *others):
            if seen is not first:
                tracker.move(seen.moved)
            if seen.detected is not None:
                tracker.find(seen.detected, seen.at_s)
            yield FrameFaces(seen.number, seen.at_s, _answers(tracker, seen, labels))
        before = piece


def _answers(tracker: _Replay, seen: Seen, labels: Sequence[str]) -> tuple[FaceAnswer, ...]:
    recorded = {number: (values, reason) for number, values, reason in seen.answers}
    answers = []
    for track in tracker.visible:
        values, reason = recorded[tracker.recorded[track.number]]
        latest = np.array(values, np.float32)
        shown = latest if reason else track.smooth(latest, seen.at_s)
        answers.append(
            FaceAnswer(
                number=track.number,
                box=track.face.box,
                score=track.face.score,
                probabilities=by_label(labels, shown),
                unreliable_because=reason,
            )
        )
    return tuple(answers)
