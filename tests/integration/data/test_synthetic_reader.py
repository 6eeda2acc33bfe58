import pytest

from fer.data import SYNTHETIC, Dataset, load_dataset
from fer.data.synthetic_reader import PER_CLASS, drawn_reader


@pytest.fixture(scope="module")
def embedded() -> Dataset:
    """In the shape that other tests use too: all of a session is drawn once."""
    return load_dataset(SYNTHETIC)


def test_it_is_balanced_and_called_synthetic(embedded: Dataset) -> None:
    assert embedded.synthetic
    counts = embedded.index.groupby("label").size()
    assert set(counts) == {sum(PER_CLASS.values())}
    assert len(counts) == 7
    assert embedded.pixels.shape[1:] == (48, 48, 1)


def test_no_face_is_in_two_splits(embedded: Dataset) -> None:
    assert (embedded.index.groupby("hash")["split"].nunique() == 1).all()
    assert list(embedded.splits) == ["train", "validation", "test"]


def test_it_is_the_same_on_every_call(embedded: Dataset) -> None:
    again = load_dataset(SYNTHETIC)
    assert again.fingerprint() == embedded.fingerprint()
    assert (again.pixels == embedded.pixels).all()
    drawn_anew = drawn_reader(48).listing().image(7)
    assert (embedded.pixels[7, :, :, 0] == drawn_anew).all()


def test_other_sizes_are_drawn_at_that_size() -> None:
    assert drawn_reader(32).listing().image(0).shape == (32, 32)
    assert drawn_reader(32).signature != drawn_reader(48).signature
