from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.slices import face_facts, slice_figures

SURE = np.eye(3) * 0.9 + 0.1 / 3


def test_the_worst_slice_comes_first(make_table: Callable[..., PredictionTable]) -> None:
    # The darkest quarter is always wrong, and so is one of two people.
    predicted = np.where(np.arange(100) < 25, 1, 0)
    person = np.where(np.arange(100) < 40, "A", "B")
    table = make_table([0] * 100, SURE[predicted], subject=person)
    rows = slice_figures(table, pd.DataFrame({"brightness": np.arange(100.0)}))
    assert rows[0]["by"] == "brightness"
    assert rows[0]["value"] == "lowest quarter (0 to 24)"
    assert (rows[0]["images"], rows[0]["accuracy"]) == (25, 0.0)
    assert rows[0]["accuracy_ci95"][1] == pytest.approx(0.133, abs=0.001)
    [one] = [row for row in rows if row["value"] == "A"]
    assert (one["by"], one["images"], one["accuracy"]) == ("subject", 40, pytest.approx(0.375))
    accuracies = [row["accuracy"] for row in rows]
    assert accuracies == sorted(accuracies)


def test_where_the_votes_are_the_labels_there_is_one_slice_of_them(
    make_table: Callable[..., PredictionTable],
) -> None:
    true = [0, 1] * 20
    table = make_table(true, SURE[true], majority=["happy", "sad"] * 20)
    facts = pd.DataFrame(index=range(40))
    assert [row["by"] for row in slice_figures(table, facts)] == ["label", "label"]
    other = replace(table, frame=table.frame.assign(majority=["sad", "happy"] * 20))
    assert {row["by"] for row in slice_figures(other, facts)} == {"label", "majority"}


def test_slices_of_few_faces_are_skipped(make_table: Callable[..., PredictionTable]) -> None:
    table = make_table([0] * 30, SURE[[0] * 30], subject=["A"] * 19 + ["B"] * 11)
    assert slice_figures(table, pd.DataFrame(index=range(30))) == []


def test_a_blurred_face_is_less_sharp_and_a_flat_one_has_no_contrast(
    tiny_dataset: Dataset,
) -> None:
    import cv2

    face = tiny_dataset.pixels[0]
    soft = cv2.GaussianBlur(face, (5, 5), 2)[..., None]
    flat = np.full_like(face, 7)
    pixels = np.stack([face, soft, flat])
    facts = face_facts(replace(tiny_dataset, pixels=pixels), np.array([2, 0, 1]))
    assert facts["contrast"][0] == 0
    assert facts["brightness"][0] == 7
    assert facts["sharpness"][2] < facts["sharpness"][1]
