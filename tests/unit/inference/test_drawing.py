from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageDraw

from fer import emotions
from fer.faces.quality import TOO_BLURRED
from fer.inference.answer import FaceAnswer
from fer.inference.drawing import close_up, draw_faces, ink_on, outlined


def face(box: tuple[int, int, int, int], emotion: str = "happy") -> FaceAnswer:
    return FaceAnswer(number=7, box=box, score=0.9, probabilities={emotion: 0.9, "other": 0.1})


def test_a_face_is_boxed_in_the_colour_of_its_emotion_and_the_photo_stays_as_it_was() -> None:
    photo = np.full((200, 300, 3), 255, np.uint8)
    drawn = draw_faces(photo, [face((100, 80, 60, 60))])
    color = [int(emotions.describe("happy").color[i : i + 2], 16) for i in (1, 3, 5)]
    assert drawn[110, 101].tolist() == color
    assert drawn[110, 130].tolist() == [255, 255, 255]
    assert (photo == 255).all()


def test_boxes_are_scaled_with_the_photo() -> None:
    photo = np.full((100, 150, 3), 255, np.uint8)
    drawn = draw_faces(photo, [face((100, 80, 60, 60))], scale=0.5)
    rows, columns = np.nonzero((drawn != 255).any(axis=2))
    assert columns.min() >= 48
    assert rows.max() <= 72


def test_a_face_beyond_the_photo_is_not_drawn() -> None:
    photo = np.full((50, 50, 3), 255, np.uint8)
    assert (draw_faces(photo, [face((80, 80, 20, 20))]) == 255).all()


@pytest.mark.parametrize(("color", "ink"), [("#FFFF00", "#000000"), ("#00007F", "#FFFFFF")])
def test_ink_contrasts_with_its_ground(color: str, ink: str) -> None:
    assert ink_on(color) == ink


def test_an_unreliable_face_is_boxed_without_the_colour_of_an_emotion() -> None:
    photo = np.full((200, 300, 3), 255, np.uint8)
    sure = face((100, 80, 60, 60))
    drawn = draw_faces(photo, [replace(sure, unreliable_because=TOO_BLURRED)])
    color = [int(emotions.UNRELIABLE_COLOR[i : i + 2], 16) for i in (1, 3, 5)]
    assert drawn[110, 101].tolist() == color


@pytest.mark.parametrize("box", [(1000, 1000, 1, 1), (-50, -50, 4000, 4000), (3990, 10, 30, 30)])
def test_any_face_is_outlined_in_white_on_a_smaller_photo(box: tuple[int, int, int, int]) -> None:
    drawn = outlined(np.full((3000, 4000, 3), 100, np.uint8), box, long_side_px=400)
    assert drawn.shape == (300, 400, 3)
    assert (drawn == 255).any()
    assert (outlined(drawn, None, long_side_px=900) == drawn).all()


def test_a_close_up_is_a_square_around_the_face_or_the_whole_photo() -> None:
    photo = np.zeros((200, 400, 3), np.uint8)
    photo[90:110, 190:210] = 255
    near = close_up(photo, (150, 50, 100, 100), side_px=80)
    assert near.shape == (80, 80, 3)
    assert near[40, 40].tolist() == [255, 255, 255]
    # 160 px of the photo are 80: the bright square has 10 of them.
    assert (near[40, :, 0] > 128).sum() == 10
    far = close_up(photo, None, side_px=200)
    assert (far[100, :, 0] > 128).sum() == 10


def test_a_close_up_of_a_strip_needs_no_square_as_large_as_the_strip_is_long() -> None:
    strip = close_up(np.full((12, 20_000, 3), 255, np.uint8), None, side_px=100)
    assert (strip[50] == 255).all()
    assert strip.any(axis=(1, 2)).sum() == 1


def test_a_close_up_is_black_beyond_the_photo() -> None:
    near = close_up(np.full((200, 400, 3), 255, np.uint8), (-40, 150, 100, 100), side_px=80)
    # 160 px from (-70, 120): the photo ends 70 px from the left and 80 px from the top.
    assert (near[:39, 36:] == 255).all()
    assert not near[:, :34].any()
    assert not near[41:].any()


@pytest.mark.parametrize(("side", "texts"), [(120, ["7 too blurred to say"]), (18, ["7 ?"])])
def test_the_tag_of_an_unreliable_face_has_the_reason_if_it_fits_and_else_a_question_mark(
    side: int, texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def write(_: ImageDraw.ImageDraw, __: object, text: str, **___: object) -> None:
        written.append(text)

    monkeypatch.setattr(ImageDraw.ImageDraw, "text", write)
    blurred = replace(face((100, 80, side, side)), unreliable_because=TOO_BLURRED)
    draw_faces(np.full((900, 900, 3), 255, np.uint8), [blurred])
    assert written == texts
