import numpy as np

from fer.evaluation.matrix import matrix_cells, strengths

LABELS = ("happy", "sad", "fear")
MATRIX = np.array([[8, 1, 1], [2, 2, 0], [0, 0, 0]])


def test_a_quarter_of_the_largest_count_has_half_the_colour_whether_right_or_wrong() -> None:
    cells = matrix_cells(MATRIX, LABELS)
    assert [cell.strength for cell in cells] == [1, 0.125**0.5, 0.125**0.5, 0.5, 0.5, 0, 0, 0, 0]
    assert [cell.tone for cell in cells[:5]] == ["right", "wrong", "wrong", "wrong", "right"]


def test_a_cell_shows_its_count_or_its_share_of_the_row_and_names_both() -> None:
    assert [cell.text for cell in matrix_cells(MATRIX, LABELS)[:4]] == ["8", "1", "1", "2"]
    shares = matrix_cells(MATRIX, LABELS, is_share=True)
    assert [cell.text for cell in shares[:4]] == ["80%", "10%", "10%", "50%"]
    assert shares[3].title == "True sad, predicted happy: 2 faces, 50% of 4"


def test_a_matrix_without_a_face_has_no_colour() -> None:
    assert strengths(np.zeros((2, 2), int), 0).tolist() == [[0, 0], [0, 0]]


def test_a_decrease_is_as_strong_as_an_increase() -> None:
    assert strengths(np.array([-4, 4, 1]), 4).tolist() == [1, 1, 0.5]
