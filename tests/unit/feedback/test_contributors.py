from collections.abc import Callable

import numpy as np
import pandas as pd

from fer.feedback.contributors import HABITS, contributors, sentence

LABELS = np.array(["angry", "happy", "neutral", "sad", "surprise"])
Choose = Callable[[np.random.Generator, str, str], str]


def honest(rng: np.random.Generator, truth: str, answer: str) -> str:
    return truth if rng.random() < 0.8 else str(rng.choice(LABELS))


def sent(
    people: dict[str, tuple[Choose, int]], *, shared: int = 30, sure: float = 0.5, seed: int = 0
) -> pd.DataFrame:
    """What people send: of faces that others judge too, if there are any, and of their own."""
    rng = np.random.default_rng(seed)
    truths = rng.choice(LABELS, 10_000)
    rows = []
    for person, (choose, count) in people.items():
        faces = rng.choice(shared, min(count, shared), replace=False) if shared else []
        own = rng.choice(np.arange(shared, 10_000), count - len(faces), replace=False)
        for face in [*faces, *own]:
            truth = str(truths[face])
            answer = truth if rng.random() < 0.7 else str(rng.choice(LABELS))
            confidence = 0.95 if rng.random() < sure else 0.5
            verdict = choose(rng, truth, answer)
            rows.append((int(face), person, verdict, answer, confidence))
    table = pd.DataFrame(
        rows, columns=["group", "contributor", "verdict", "predicted", "confidence"]
    )
    return table.assign(
        id=[str(at) for at in range(len(table))], created=range(len(table)), status="new"
    )


def crowd(count: int = 20, each: int = 30) -> dict[str, tuple[Choose, int]]:
    return {f"honest {at}": (honest, each) for at in range(count)}


def suspects(table: pd.DataFrame) -> dict[str, list[str]]:
    found = contributors(table)
    return {
        str(name): [habit for habit in HABITS if row[f"{habit}_found"]]
        for name, row in found[found["suspicious"]].iterrows()
    }


def test_whoever_always_chooses_the_same_is_found() -> None:
    table = sent(crowd() | {"lazy": (lambda *_: "sad", 30)})
    assert "same" in suspects(table).pop("lazy")
    row = contributors(table).loc["lazy"]
    assert sentence(row, "same").startswith("chose “sad” for 30 of 30 faces (others: ")


def test_whoever_is_against_everybody_is_found() -> None:
    def wrong(rng: np.random.Generator, truth: str, answer: str) -> str:
        return str(rng.choice(LABELS[truth != LABELS]))

    found = suspects(sent(crowd() | {"foe": (wrong, 30)}, sure=0))
    assert found == {"foe": ["people"]}


def test_whoever_contradicts_a_sure_model_is_found_without_anybody_elses_opinion() -> None:
    def contrary(rng: np.random.Generator, truth: str, answer: str) -> str:
        return str(rng.choice(LABELS[answer != LABELS]))

    found = suspects(sent(crowd() | {"foe": (contrary, 30)}, shared=0))
    assert found == {"foe": ["model"]}


def test_honest_people_are_no_suspects() -> None:
    for seed in range(20):
        assert not suspects(sent(crowd(), seed=seed))


def test_a_few_answers_make_nobody_suspicious() -> None:
    assert not suspects(sent(crowd() | {"new here": (lambda *_: "sad", 4)}))


def test_without_others_nobody_is_suspicious() -> None:
    found = contributors(sent({"alone": (lambda *_: "sad", 200)}))
    assert not found["suspicious"].any()
    assert "nobody to compare with" in sentence(found.iloc[0], "same")


def test_somebody_whose_photos_are_all_of_smiles_is_no_suspect_if_the_model_sees_them_too() -> None:
    table = sent(crowd())
    smiles = pd.DataFrame(
        {
            "group": range(20_000, 20_040), "contributor": "merry", "verdict": "happy",
            "predicted": "happy", "confidence": 0.95, "created": 1, "status": "new",
            "id": [f"s{at}" for at in range(40)],
        }
    )  # fmt: skip
    assert not suspects(pd.concat([table, smiles], ignore_index=True))


def test_a_face_that_is_sent_again_and_again_counts_once() -> None:
    table = sent(crowd() | {"steady": (lambda *_: "sad", 1)})
    again = table[table["contributor"] == "steady"]
    repeated = pd.concat([table, *[again] * 50], ignore_index=True)
    assert contributors(repeated).loc["steady", "faces"] == 1
    assert not suspects(repeated)
