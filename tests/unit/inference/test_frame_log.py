import pytest

from fer.faces.quality import TOO_SMALL
from fer.inference import frame_log
from fer.inference.answer import FaceAnswer
from fer.inference.frame_log import FrameFaces, FrameLog

LABELS = ("happy", "sad")


def face(number: int, because: str = "") -> FaceAnswer:
    return FaceAnswer(
        number=number, box=(-3, 4, 50, 60), score=0.75, unreliable_because=because,
        probabilities={"happy": 0.25, "sad": 0.75},
    )  # fmt: skip


FRAMES = [
    FrameFaces(0, 0.0, (face(1), face(2, TOO_SMALL))),
    FrameFaces(2, 0.4, ()),
    FrameFaces(4, 1.7, (face(2),)),
]


def test_a_log_gives_back_what_was_put_in() -> None:
    log = FrameLog(LABELS)
    for frame in FRAMES:
        log.append(frame)
    assert list(log) == FRAMES
    assert len(log) == 3


def test_a_moment_shows_the_last_frame_that_began_by_then() -> None:
    log = FrameLog(LABELS)
    assert log.at(0.0) is None
    for frame in FRAMES:
        log.append(frame)
    numbers = [(log.at(at_s) or FRAMES[0]).number for at_s in (-1, 0.39, 0.4, 1.69, 1.7, 99)]
    assert numbers == [0, 0, 2, 2, 4, 4]


def test_a_log_is_full_after_so_many_people_and_empty_frames(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frame_log, "MAX_ROWS", 3)
    log = FrameLog(LABELS)
    log.append(FRAMES[0])
    assert not log.is_full
    log.append(FRAMES[1])
    assert log.is_full
