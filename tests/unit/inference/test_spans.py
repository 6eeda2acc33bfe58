import pytest

from fer.faces.quality import TOO_SMALL
from fer.inference.answer import FaceAnswer
from fer.inference.spans import (
    EVERYONE,
    clearest_moment,
    shares_of_time,
    spans_of_everyone,
    spans_of_people,
)
from fer.inference.timeline import Span, Timeline


def face(happy: float, number: int = 1, because: str = "") -> FaceAnswer:
    return FaceAnswer(
        number=number,
        box=(0, 0, 9, 9),
        score=1.0,
        probabilities={"happy": happy, "sad": 1 - happy},
        unreliable_because=because,
    )


def timeline(*frames: tuple[float, list[FaceAnswer]], longest_s: float = 5) -> Timeline:
    made = Timeline(("happy", "sad"), step_s=1, longest_s=longest_s)
    for at_s, faces in frames:
        made.add(at_s, faces)
    return made


def short(spans: list[Span]) -> list[tuple[int, float, float, str]]:
    return [(span.person, span.from_s, span.until_s, span.answer.verdict) for span in spans]


def test_steps_with_the_same_emotion_are_one_span_with_their_mean_confidence() -> None:
    spans = spans_of_people(
        timeline((0, [face(0.9)]), (1, [face(0.7)]), (2, [face(0.2)]), (3, [face(0.9)]))
    )
    assert short(spans) == [(1, 0, 2, "happy"), (1, 2, 3, "sad"), (1, 3, 4, "happy")]
    assert spans[0].answer.confidence == pytest.approx(0.8)


def test_frames_that_are_far_apart_leave_no_holes_and_a_pause_does() -> None:
    slow = [(2.5 * number, [face(0.9)]) for number in range(4)]
    assert short(spans_of_people(timeline(*slow))) == [(1, 0, 10, "happy")]
    paused = timeline(*slow, (60, [face(0.9)]), (62.5, [face(0.9)]), longest_s=3)
    assert short(spans_of_people(paused)) == [(1, 0, 10.5, "happy"), (1, 60, 65, "happy")]


def test_people_have_spans_of_their_own_and_an_unreliable_one_names_its_reason() -> None:
    spans = spans_of_people(
        timeline((0, [face(0.9), face(0.9, 2, TOO_SMALL)]), (1, [face(0.9)]), (2, []))
    )
    assert short(spans) == [(1, 0, 2, "happy"), (2, 0, 1, TOO_SMALL)]
    assert [span.answer.reliable for span in spans] == [True, False]
    assert spans_of_people(timeline()) == []


def test_everyone_is_the_mean_of_the_reliable_answers() -> None:
    [span] = spans_of_everyone(
        timeline(
            (0, [face(0.9), face(0.2, 2), face(0.0, 3, TOO_SMALL)]),
            (1, [face(0.0, 3, TOO_SMALL)]),
        )
    )
    assert (span.person, span.from_s, span.until_s, span.answer.verdict) == (
        EVERYONE,
        0,
        1,
        "happy",
    )
    assert span.answer.confidence == pytest.approx(0.55)


def test_shares_are_of_the_reliable_time_with_the_largest_first() -> None:
    verdicts = [face(0.1), face(0.9), face(0.9), face(0.9), face(0.9, because=TOO_SMALL)]
    spans = spans_of_people(timeline(*((at, [shown]) for at, shown in enumerate(verdicts))))
    assert list(shares_of_time(spans).items()) == [("happy", 0.75), ("sad", 0.25)]
    assert shares_of_time([]) == {}


def test_the_clearest_moment_of_a_person_shows_the_main_emotion_with_most_confidence() -> None:
    seen = timeline(
        (0, [face(0.6)]),
        (1, [face(0.8), face(0.9, number=2)]),
        (2, [face(0.05)]),  # clearer, but seldom
        (3, [face(0.7)]),
        (4, [face(0.99, because=TOO_SMALL)]),
        (5, []),
    )
    assert (clearest_moment(seen, 1), clearest_moment(seen, 2), clearest_moment(seen, 3)) == (
        1,
        1,
        0,
    )
