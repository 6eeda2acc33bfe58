import pytest

from fer import emotions
from pages.common import examples


def test_without_scikit_image_the_examples_are_the_drawn_faces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(examples, "find_spec", lambda name: None)
    assert list(examples.examples()) == list(emotions.FER2013)
    assert "NASA" not in examples.words_on_examples(examples.examples())


def test_with_scikit_image_the_first_example_is_its_photo_whose_maker_is_credited() -> None:
    pytest.importorskip("skimage")
    photo = next(iter(examples.examples().values()))
    assert not photo.is_face
    assert "NASA" in photo.name
    assert "NASA" in photo.picture.caption
    assert isinstance(photo.read(), bytes)
