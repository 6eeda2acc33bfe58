import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fer.faces.quality import TOO_SMALL
from fer.inference.answer import Answer, FaceAnswer, face_columns
from fer.inference.csv_log import GrowingCsv

LABELS = ("happy", "sad", "calm, bored")


@pytest.fixture
def person() -> FaceAnswer:
    return FaceAnswer(
        number=3,
        box=(-4, 5, 60, 70),
        score=0.98765,
        probabilities={"happy": 0.123456, "sad": 0.5, "calm, bored": 0.376544},
    )


def test_the_emotion_is_the_most_probable_label_and_the_first_of_equals() -> None:
    answer = Answer(probabilities={"happy": 0.2, "sad": 0.4, "calm, bored": 0.4})
    assert (answer.emotion, answer.confidence) == ("sad", 0.4)


def test_a_row_has_the_columns_in_their_order(person: FaceAnswer) -> None:
    assert tuple(person.to_row()) == face_columns(LABELS)


def test_a_row_in_a_file_has_four_places_and_is_read_back_as_it_was_written(
    person: FaceAnswer, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    with GrowingCsv(path, face_columns(LABELS)) as table:
        table.write([person.to_row()])
    assert path.read_text().splitlines()[1] == (
        "3,-4,5,60,70,0.988,sad,0.5000,0.1235,0.5000,0.3765,true,"
    )
    with path.open(newline="") as file:
        [row] = csv.DictReader(file)
    again = FaceAnswer.from_row(row)
    assert again.to_row() == person.to_row()


def test_a_whole_photo_that_was_taken_as_the_face_has_no_score() -> None:
    face = FaceAnswer(number=1, box=(0, 0, 48, 48), score=None, probabilities={"happy": 1.0})
    assert face.to_row()["score"] == ""


def test_json_has_all_probabilities_as_they_are(person: FaceAnswer) -> None:
    assert json.loads(json.dumps(person.to_json())) == {
        "number": 3,
        "box": [-4, 5, 60, 70],
        "score": 0.98765,
        "emotion": "sad",
        "confidence": 0.5,
        "probabilities": {"happy": 0.123456, "sad": 0.5, "calm, bored": 0.376544},
        "reliable": True,
        "unreliable_because": "",
    }


def test_an_unreliable_answer_gives_its_reason_for_an_emotion(person: FaceAnswer) -> None:
    tiny = replace(person, unreliable_because=TOO_SMALL)
    assert (person.reliable, person.verdict) == (True, "sad")
    assert (tiny.reliable, tiny.verdict) == (False, "too small to say")
    assert tiny.to_json()["reliable"] is False
    row = {name: str(value) for name, value in tiny.to_row().items()}
    assert (row["reliable"], row["unreliable_because"]) == ("false", TOO_SMALL)
    assert FaceAnswer.from_row(row).unreliable_because == TOO_SMALL
