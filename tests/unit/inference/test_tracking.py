from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fer.faces.face import Face
from fer.faces.quality import TOO_BLURRED, TOO_SMALL
from fer.inference.answer import FaceAnswer
from fer.inference.tracking import PATIENCE_S, Tracker, found_again, overlap

MakeFace = Callable[[int, int, int], Face]
Draw = Callable[..., np.ndarray]


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (10, 0, 10, 10)) == 0


def test_two_people_keep_their_numbers_whatever_order_they_are_detected_in(
    make_face: MakeFace,
) -> None:
    tracker = Tracker()
    tracker.match([make_face(0, 0, 50), make_face(100, 0, 50)], 0.0)
    tracker.match([make_face(105, 2, 50), make_face(6, 1, 50)], 0.1)
    assert [(track.number, track.face.box[0]) for track in tracker.visible] == [(1, 6), (2, 105)]


def test_a_face_that_jumps_less_than_its_size_is_the_same_and_one_far_off_is_not(
    make_face: MakeFace,
) -> None:
    tracker = Tracker()
    tracker.match([make_face(0, 0, 50)], 0.0)
    tracker.match([make_face(42, 0, 50)], 0.1)
    assert [track.number for track in tracker.visible] == [1]
    tracker.match([make_face(105, 0, 50)], 0.2)
    assert [track.number for track in tracker.visible] == [2]


def test_a_face_may_move_further_where_more_time_has_passed(make_face: MakeFace) -> None:
    tracker = Tracker()
    tracker.match([make_face(0, 0, 50)], 0.0)
    tracker.match([make_face(80, 0, 50)], 0.4)
    assert [track.number for track in tracker.visible] == [1]


def test_a_box_that_overlaps_wins_over_a_person_who_could_have_moved_there(
    make_face: MakeFace,
) -> None:
    tracker = Tracker()
    lost, seen = make_face(0, 0, 100), make_face(101, 0, 100)
    tracker.match([lost, seen], 0.0)
    tracker.match([seen], 0.4)
    tracker.match([make_face(61, 0, 100)], 0.5)
    assert [track.number for track in tracker.visible] == [2]


def test_a_person_who_is_lost_for_a_moment_keeps_the_number_and_later_does_not(
    make_face: MakeFace,
) -> None:
    tracker = Tracker()
    face = make_face(0, 0, 50)
    tracker.match([face], 0.0)
    tracker.match([], 0.5)
    assert tracker.visible == []
    tracker.match([face], 0.9)
    assert [track.number for track in tracker.visible] == [1]
    tracker.match([], 1.0)
    tracker.match([], 1.0 + 2 * PATIENCE_S)
    tracker.match([face], 3.1)
    assert [track.number for track in tracker.visible] == [2]


def test_boxes_follow_the_image_between_detections(make_face: MakeFace, square_frame: Draw) -> None:
    tracker = Tracker()
    tracker.follow(square_frame(40))
    tracker.match([make_face(40, 50, 60)], 0.0)
    for x in (44, 48, 52):
        tracker.follow(square_frame(x, 50))
    [track] = tracker.visible
    assert track.face.box[0] == pytest.approx(52, abs=2)
    assert track.face.box[1] == pytest.approx(50, abs=2)
    expected = make_face(52, 50, 60).landmarks
    np.testing.assert_allclose(track.face.landmarks, expected, atol=2)


@pytest.mark.parametrize("fps", [5, 30])
def test_smoothing_depends_on_time_and_not_on_the_rate(make_face: MakeFace, fps: int) -> None:
    tracker = Tracker()
    tracker.match([make_face(0, 0, 50)], 0.0)
    [track] = tracker.visible
    track.smooth(np.array([1.0, 0.0]), 0.0)
    for frame in range(1, fps + 1):
        track.smooth(np.array([0.0, 1.0]), frame / fps)
    assert track.probabilities is not None
    assert track.probabilities[0] == pytest.approx(np.exp(-1 / 0.5), abs=1e-6)


def test_an_unreliable_answer_of_an_earlier_run_does_not_enter_the_mean() -> None:
    tracker = Tracker()
    known = FaceAnswer(
        number=1, box=(0, 0, 9, 9), score=1.0, probabilities={"sad": 1.0},
        unreliable_because=TOO_SMALL,
    )  # fmt: skip
    tracker.remember([known, replace(known, number=2, unreliable_because="")], 0.0)
    tiny, large = tracker._tracks
    assert tiny.probabilities is None
    assert large.probabilities == [1.0]


def test_a_resumed_tracker_knows_what_the_uninterrupted_one_knows(make_face: MakeFace) -> None:
    straight, resumed = Tracker(), Tracker()
    known = FaceAnswer(number=1, box=(0, 0, 50, 50), score=1.0, probabilities={"a": 0, "b": 0})
    straight.match([make_face(0, 0, 50)], 0.0)
    [track] = straight.visible
    for at_s, latest in ((0.0, [1.0, 0.0]), (0.1, [0.0, 1.0])):
        mean = track.smooth(np.array(latest), at_s)
        resumed.remember([replace(known, probabilities=dict(zip("ab", mean, strict=True)))], at_s)
    blurred = replace(known, probabilities={"a": 0.5, "b": 0.5}, unreliable_because=TOO_BLURRED)
    resumed.remember([blurred], 0.2)
    resumed.remember([], 0.3)  # turned away, but back soon
    for tracker in (straight, resumed):
        tracker.match([make_face(2, 0, 50)], 0.4)
    [before], [after] = straight.visible, resumed.visible
    assert before.number == after.number == 1
    assert after.smooth(np.array([0.0, 1.0]), 0.4) == pytest.approx(
        before.smooth(np.array([0.0, 1.0]), 0.4), abs=1e-6
    )


def test_a_resumed_tracker_gives_no_number_twice(make_face: MakeFace) -> None:
    tracker = Tracker()
    known = FaceAnswer(number=3, box=(0, 0, 50, 50), score=1.0, probabilities={"a": 1.0})
    tracker.remember([known], 0.0)
    tracker.remember([], 5.0)
    tracker.match([make_face(0, 0, 50)], 5.1)
    assert [track.number for track in tracker.visible] == [4]


def test_faces_that_are_found_again_belong_to_the_people_whose_boxes_fit_best() -> None:
    def face(number: int, x: int) -> FaceAnswer:
        return FaceAnswer(number=number, box=(x, 0, 50, 50), score=0.9, probabilities={"sad": 1.0})

    people = [face(4, 0), face(7, 40), face(9, 300)]
    near_both, near_seven = face(1, 15), face(2, 42)
    assert found_again(people, [near_both, near_seven]) == {4: near_both, 7: near_seven}
    assert found_again(people[:2], [near_seven]) == {7: near_seven}
