import pandas as pd

from fer.faces.quality import TOO_SMALL
from fer.inference.answer import Answer
from pages.common.verdicts import share_columns, with_verdicts


def test_a_table_shows_the_reason_in_place_of_an_unreliable_emotion() -> None:
    answers = [
        Answer(probabilities={"happy": 0.75, "sad": 0.25}),
        Answer(probabilities={"happy": 0.1, "sad": 0.9}, unreliable_because=TOO_SMALL),
    ]
    rows = pd.DataFrame([{"file": "a.png", **answer.to_row()} for answer in answers])
    table = with_verdicts(rows)
    assert list(table) == ["file", "emotion", "confidence", "p_happy", "p_sad"]
    assert list(table["emotion"]) == ["happy", TOO_SMALL]
    assert table["confidence"].tolist()[0] == 0.75
    assert table[["confidence", "p_happy", "p_sad"]].iloc[1].isna().all()
    assert list(rows["emotion"]) == ["happy", "sad"]


def test_a_table_without_a_face_stays_as_it_is() -> None:
    rows = pd.DataFrame([{"file": "wall.png"}])
    assert with_verdicts(rows).equals(rows)


def test_no_share_of_an_unreliable_answer_is_shown() -> None:
    answers = [
        Answer(probabilities={"happy": 0.75, "sad": 0.25}),
        Answer(probabilities={"happy": 0.1, "sad": 0.9}, unreliable_because=TOO_SMALL),
    ]
    rows = pd.DataFrame(
        [
            {**answer.to_row(), "share": share}
            for answer, share in zip(answers, (1.0, 0.0), strict=True)
        ]
    )
    assert share_columns(rows) == ["confidence", "p_happy", "p_sad", "share"]
    assert with_verdicts(rows)["share"].isna().tolist() == [False, True]
