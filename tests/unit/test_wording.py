import pytest

from fer.wording import as_cell, counted, from_cell, in_chart, percent, signed, split_name


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces"), (35_887, "35,887 faces")]
)
def test_only_one_takes_the_singular(number: int, text: str) -> None:
    assert counted(number, "face") == text


@pytest.mark.parametrize(
    ("split", "name"), [("private_test", "PrivateTest"), ("test", "test"), ("all", "all")]
)
def test_a_split_of_fer2013_has_the_name_that_it_has_there(split: str, name: str) -> None:
    assert split_name(split) == name


def test_a_plural_that_does_not_end_in_s_is_given() -> None:
    assert [counted(number, "person", "people") for number in (1, 3)] == ["1 person", "3 people"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0%"),
        (1e-12, "<1%"),
        (0.0099, "<1%"),
        (0.01, "1%"),
        (0.876, "88%"),
        (0.99, "99%"),
        (0.991, ">99%"),
        (1 - 1e-12, ">99%"),
        (1, "100%"),
    ],
)
def test_only_all_is_100_percent_and_only_nothing_is_0(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_class_named_in_html_or_tex_is_shown_as_it_is_in_a_chart() -> None:
    assert in_chart("<b>a</b> $b$ & c") == "&lt;b&gt;a&lt;/b&gt; &#36;b&#36; &amp; c"
    assert in_chart("happy") == "happy"


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (1200, 0, "+1,200"),
        (-3, 0, "−3"),
        (-15.54, 1, "−15.5"),
        (0, 0, "0"),
        (-0.04, 1, "0.0"),
    ],
)
def test_a_difference_has_a_real_minus_and_nothing_has_no_sign(
    number: float, decimals: int, text: str
) -> None:
    assert signed(number, decimals) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-photo.jpg", "@SUM(A1)", "\t=1", "'=1", "''=1", "'a", "a=b", ""]
)
def test_a_cell_is_never_a_formula_and_gives_its_text_back(text: str) -> None:
    cell = as_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert from_cell(cell) == text
