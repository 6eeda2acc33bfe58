from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from fer.evaluation.predictions import PredictionTable

LABELS = ("happy", "sad", "surprise")


def _make_table(
    true: Sequence[int], probabilities: np.ndarray, *, model: str = "made", **columns: object
) -> PredictionTable:
    """A prediction table by hand over three emotions."""
    answers = np.asarray(probabilities, np.float32)
    predicted = answers.argmax(axis=1)
    frame = pd.DataFrame(
        {
            "row": np.arange(len(true)),
            "path": [f"{i}.png" for i in range(len(true))],
            "label": [LABELS[i] for i in true],
            "predicted": [LABELS[i] for i in predicted],
            "confidence": answers.max(axis=1),
            "correct": predicted == np.asarray(true),
            "in_training": False,
            "label_by_hand": "",
            "excluded": False,
            "hash": [str(i) for i in range(len(true))],
            "majority": "",
            "agreement": np.nan,
            **{f"p_{label}": answers[:, i] for i, label in enumerate(LABELS)},
        }
    ).assign(**columns)
    return PredictionTable(
        frame=frame, labels=LABELS, model=model, dataset="by hand", split="test",
        trained_on="by hand", trained_here=True,
    )  # fmt: skip


@pytest.fixture
def make_table() -> Callable[..., PredictionTable]:
    return _make_table


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path_factory.mktemp("home")))
