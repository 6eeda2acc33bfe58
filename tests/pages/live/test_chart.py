import re

from fer.faces.quality import TOO_SMALL
from fer.inference.answer import Answer
from fer.inference.spans import EVERYONE
from fer.inference.timeline import Span
from pages.live.chart import chart_html


def span(person: int, from_s: float, until_s: float, happy: float, because: str = "") -> Span:
    answer = Answer(probabilities={"happy": happy, "sad": 1 - happy}, unreliable_because=because)
    return Span(person=person, from_s=from_s, until_s=until_s, answer=answer)


def test_a_span_stands_at_its_time_in_the_row_of_its_person() -> None:
    html = chart_html([span(2, 5, 20, 0.9), span(EVERYONE, 0, 5, 0.2), span(2, 0, 5, 0.1)])
    everyone, second = html.split("fer-track")[1:]
    assert "left: 0.000%; width: 25.000%" in everyone
    assert 'title="everyone: sad, 80%, 0.0 to 5.0 s"' in everyone
    assert "left: 25.000%; width: 75.000%" in second
    assert second.count("<i ") == 4  # two spans, and the legend with two emotions


def test_an_unreliable_span_is_hatched_and_names_its_reason_without_a_confidence() -> None:
    html = chart_html([span(1, 0, 2, 0.9, TOO_SMALL)])
    assert f'title="person 1: {TOO_SMALL}, 0.0 to 2.0 s"' in html
    assert html.count("fer-hatched") == 2
    assert "😄" not in html


def test_the_time_axis_has_few_round_ticks_however_long_the_session_is() -> None:
    for end_s, shown in {
        12: ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s"],
        90: ["0 s", "15 s", "30 s", "45 s", "60 s", "75 s"],
        600: ["0 min", "2 min", "4 min", "6 min", "8 min"],
    }.items():
        axis = chart_html([span(1, 0, end_s, 0.9)]).partition("fer-axis")[2]
        assert re.findall(r">([^<]*(?:s|min))</span>", axis) == shown


def test_a_class_name_is_never_html() -> None:
    answer = Answer(probabilities={"<b>joy</b>": 1.0})
    assert "<b>" not in chart_html([Span(person=1, from_s=0, until_s=1, answer=answer)])


def test_a_session_of_one_frame_is_no_error() -> None:
    assert "width: 0.000%" in chart_html([span(1, 0, 0, 0.9)])
