import math
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from fer.errors import FeedbackError
from fer.feedback.records import Correction, Verdict

MakeCorrection = Callable[..., Correction]


@pytest.mark.parametrize("verdict", ["surprise", *Verdict])
def test_a_person_may_answer_any_of_the_models_emotions_or_that_there_is_none(
    make_correction: MakeCorrection, verdict: str
) -> None:
    assert make_correction(verdict=verdict).verdict == verdict


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"id": "17"}, "UUID"),
        ({"id": "6BA7B810-9DAD-41D1-80B4-00C04FD430C8"}, "UUID"),  # another one, in lower case
        ({"created": datetime(2026, 1, 1)}, "time zone"),
        ({"contributor": ""}, "contributor"),
        ({"consent": " "}, "consent"),
        ({"source": "fax"}, "predict, video, live, api"),
        ({"labels": ()}, "0 labels"),
        ({"probabilities": (1.0,)}, "1 probabilities"),
        ({"probabilities": (0.5, math.nan)}, "outside 0–1"),
        ({"probabilities": (0.5, 1.5)}, "outside 0–1"),
        ({"verdict": "hungry"}, "hungry"),
    ],
)
def test_a_correction_that_does_not_fit_together_is_refused(
    make_correction: MakeCorrection, given: dict[str, object], reason: str
) -> None:
    with pytest.raises(FeedbackError, match=reason):
        make_correction(**given)


def test_the_answer_is_the_emotion_with_the_highest_probability(
    make_correction: MakeCorrection,
) -> None:
    assert make_correction(probabilities=(0.25, 0.75)).answer == "surprise"


def test_pixels_are_not_shown_where_a_correction_is(make_correction: MakeCorrection) -> None:
    correction = make_correction()
    shown = repr(replace(correction, larger_crop=correction.crop))
    assert "PNG" not in shown
    assert correction.id in shown
