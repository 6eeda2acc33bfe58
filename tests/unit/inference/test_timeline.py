from dataclasses import replace
from itertools import pairwise

import pytest

from fer.faces.quality import TOO_BLURRED, TOO_SMALL
from fer.inference.answer import FaceAnswer
from fer.inference.timeline import MAX_PEOPLE, Timeline

LABELS = ("happy", "sad")


def face(number: int, happy: float) -> FaceAnswer:
    return FaceAnswer(
        number=number,
        box=(0, 0, 9, 9),
        score=1.0,
        probabilities={"happy": happy, "sad": 1 - happy},
    )


def test_a_step_holds_the_mean_of_its_frames_by_person() -> None:
    timeline = Timeline(LABELS, step_s=1.0)
    timeline.add(0.1, [face(1, 0.9), face(2, 0.2)])
    timeline.add(0.6, [face(1, 0.7)])
    timeline.add(1.2, [face(1, 0.1)])
    rows = [(r["time_s"], r["person"], r["emotion"], r["confidence"]) for r in timeline.rows()]
    assert rows == [(0.1, 1, "happy", 0.8), (0.1, 2, "sad", 0.8), (1.2, 1, "sad", 0.9)]


def spans(timeline: Timeline) -> list[tuple[int, float, float]]:
    return [(row["person"], row["time_s"], row["until_s"]) for row in timeline.rows()]


def test_a_frame_lasts_until_the_next_one_however_far_apart_they_are() -> None:
    timeline = Timeline(LABELS)
    for at_s in (0.0, 1.2, 2.4, 2.5, 5.0):
        timeline.add(at_s, [face(1, 0.9)])
    assert spans(timeline) == [(1, 0, 1.2), (1, 1.2, 2.4), (1, 2.4, 2.5), (1, 2.5, 5), (1, 5, 7.5)]


def test_a_person_who_left_has_no_span_where_the_frame_shows_nobody() -> None:
    timeline = Timeline(LABELS)
    timeline.add(0.0, [face(1, 0.9), face(2, 0.9)])
    timeline.add(1.0, [face(2, 0.9)])
    timeline.add(2.0, [])
    timeline.add(3.0, [face(1, 0.9)])
    assert spans(timeline) == [(1, 0, 1), (2, 0, 1), (2, 1, 2), (1, 3, 4)]
    shares = [(row["time_s"], row["until_s"], row["p_happy"]) for row in timeline.shares()]
    assert shares == [(0, 1, 0.9), (1, 2, 0.9), (2, 3, 0), (3, 4, 0.9)]


def test_merged_steps_still_span_what_was_seen_and_nothing_more() -> None:
    timeline = Timeline(LABELS)
    for second in range(2000):
        timeline.add(float(second), [face(1, 0.9)])
    ends = spans(timeline)
    assert (ends[0][1], ends[-1][2]) == (0, 2000)
    assert all(before[2] == after[1] for before, after in pairwise(ends))
    assert timeline.summary()[0]["seconds"] == 2000


def test_a_pause_longer_than_the_limit_belongs_to_nobody() -> None:
    timeline = Timeline(LABELS, longest_s=2.0)
    timeline.add(0.0, [face(1, 0.9)])
    timeline.add(100.0, [face(1, 0.9)])
    assert spans(timeline) == [(1, 0, 2), (1, 100, 102)]
    assert timeline.summary()[0]["seconds"] == 4


def test_the_summary_names_the_emotion_shown_for_the_longest_time() -> None:
    timeline = Timeline(LABELS)
    for at_s, happy in ((0.0, 1.0), (0.1, 1.0), (0.2, 0.4), (1.2, 0.2)):
        timeline.add(at_s, [face(1, happy)])
    timeline.add(3.2, [])
    [person] = timeline.summary()
    assert (person["emotion"], person["seconds"]) == ("sad", 3.2)
    assert person["share"] == pytest.approx(3.0 / 3.2, abs=1e-4)
    assert person["confidence"] == pytest.approx((0.6 + 2 * 0.8) / 3, abs=1e-4)
    assert person["p_happy"] == pytest.approx(0.65)  # still the mean over frames


def test_the_summary_has_a_row_per_person() -> None:
    timeline = Timeline(LABELS)
    timeline.add(2.0, [face(1, 1.0)])
    timeline.add(4.0, [face(1, 0.5), face(2, 0.0)])
    [first, second] = timeline.summary()
    assert (first["person"], first["from_s"], first["to_s"], first["frames"]) == (1, 2.0, 4.0, 2)
    assert first["p_happy"] == pytest.approx(0.75)
    assert (second["emotion"], second["confidence"]) == ("sad", 1.0)


def test_a_long_timeline_needs_no_more_memory_than_a_short_one() -> None:
    timeline = Timeline(LABELS, step_s=0.1)
    for second in range(5000):
        timeline.add(float(second), [face(1, second % 2)])
    rows = timeline.rows()
    assert 300 <= len(rows) <= 600
    assert rows[-1]["time_s"] > 4900
    assert timeline.summary()[0]["frames"] == 5000


def test_people_beyond_the_bound_are_counted_once_and_the_first_ones_stay() -> None:
    timeline = Timeline(LABELS)
    crowd = [face(number, 0.5) for number in range(1, 203)]
    for at_s in (0.0, 1.0):
        timeline.add(at_s, crowd)
    assert MAX_PEOPLE == 200
    assert timeline.dropped == 2
    assert [row["person"] for row in timeline.summary()] == list(range(1, 201))
    assert {row["frames"] for row in timeline.summary()} == {2}


def test_only_reliable_answers_count_where_there_are_any() -> None:
    timeline = Timeline(LABELS, step_s=1.0)
    tiny = replace(face(1, 0.0), unreliable_because=TOO_SMALL)
    timeline.add(0.1, [tiny])
    timeline.add(0.2, [tiny])
    timeline.add(0.3, [replace(face(1, 0.0), unreliable_because=TOO_BLURRED)])
    timeline.add(1.1, [tiny])
    timeline.add(1.2, [face(1, 0.75)])
    first, second = timeline.rows()
    assert (first["reliable"], first["unreliable_because"]) == ("false", TOO_SMALL)
    assert (second["reliable"], second["p_happy"]) == ("true", 0.75)
    [person] = timeline.summary()
    assert (person["frames"], person["reliable_frames"]) == (5, 1)
    assert (person["reliable"], person["emotion"], person["p_happy"]) == ("true", "happy", 0.75)
