import numpy as np
import pandas as pd
import pytest

from fer.feedback.opinions import agreement, faces_judged, opinions


def table(rows: list[tuple[int, str, str]]) -> pd.DataFrame:
    """A table of opinions: face, person, verdict, in the order in which they came."""
    made = pd.DataFrame(rows, columns=["group", "contributor", "verdict"])
    return made.assign(created=range(len(rows)), id=[str(at) for at in range(len(rows))])


def test_a_person_has_one_opinion_of_a_face_which_is_the_last() -> None:
    given = opinions(table([(0, "a", "sad"), (0, "a", "happy"), (1, "a", "sad")]))
    assert given[["group", "verdict"]].to_numpy().tolist() == [[0, "happy"], [1, "sad"]]


def test_people_agree_only_on_faces_that_several_judged() -> None:
    given = table(
        [(0, "a", "sad"), (0, "b", "sad"), (1, "a", "sad"), (1, "b", "fear"), (2, "a", "happy")]
    )
    found = agreement(given)
    assert (found.faces, found.unanimous) == (2, 1)
    assert found.interval[0] < 0.5 < found.interval[1]
    assert faces_judged(given)["for_it"].tolist() == [2, 1]


def test_alpha_is_that_of_krippendorffs_example() -> None:
    """Computing Krippendorff's alpha-reliability (2011), C: 12 units, 4 observers, names."""
    observed = {
        "a": "1 2 3 3 2 1 4 1 2 . . .",
        "b": "1 2 3 3 2 2 4 1 2 5 . 3",
        "c": ". 3 3 3 2 3 4 2 2 5 1 .",
        "d": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    rows = [
        (unit, person, name)
        for person, names in observed.items()
        for unit, name in enumerate(names.split())
        if name != "."
    ]
    assert agreement(table(rows)).alpha == pytest.approx(0.743, abs=5e-4)


def test_nobody_can_agree_where_everybody_judged_another_face() -> None:
    found = agreement(table([(at, f"p{at}", "sad") for at in range(3)]))
    assert (found.faces, found.alpha) == (0, None)
    assert np.allclose(found.interval, [0, 1])
