import numpy as np
import pytest

from fer import emotions
from fer.evaluation.label_order import best_order, exchange

GOOD = np.array([[60, 20, 20], [15, 70, 15], [10, 10, 80]])


def test_the_best_order_names_each_output_after_the_class_that_it_answers() -> None:
    counts = np.array([[1, 50, 3], [60, 2, 4], [5, 6, 70]])
    assert best_order(counts).tolist() == [1, 0, 2]


def test_an_output_too_many_has_no_class() -> None:
    assert best_order(np.array([[0, 9, 1], [8, 0, 1]])).tolist() == [1, 0, -1]


def test_outputs_too_few_take_the_classes_that_they_answer() -> None:
    assert best_order(np.array([[1, 2], [9, 0], [0, 9]])).tolist() == [1, 2]


def test_classes_without_a_face_keep_their_places() -> None:
    assert best_order(np.array([[9, 0, 0], [0, 0, 0], [0, 0, 0]])).tolist() == [0, 1, 2]


def test_an_alphabetical_order_in_place_of_the_order_of_the_codes_is_an_exchange() -> None:
    """Public networks follow fer2013.csv's codes, Keras' folder readers the alphabet."""
    named, meant = emotions.FER2013, emotions.FER2013_CODES
    matrix = np.full((7, 7), 5)
    for output, label in enumerate(meant):
        matrix[named.index(label), output] = 80
    found = exchange(matrix, named)
    assert found is not None
    assert found.labels == meant
    assert found.exchanged_accuracy == pytest.approx(560 / 770)
    assert "look exchanged: with the order angry, disgust, fear, happy, sad" in str(found)
    assert "would be 72.7% instead of 43.5%" in str(found)


def test_labels_in_the_right_order_are_no_exchange() -> None:
    assert exchange(GOOD, ("happy", "sad", "fear")) is None


def test_a_weak_network_that_favours_one_answer_is_no_exchange() -> None:
    biased = np.array([[40, 5, 60], [40, 20, 45], [50, 5, 50]])
    assert exchange(biased, ("happy", "sad", "fear")) is None


def test_few_faces_prove_no_exchange() -> None:
    assert exchange(np.array([[0, 2], [2, 0]]), ("happy", "sad")) is None
