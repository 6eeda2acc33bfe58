import pytest

from fer.data import SYNTHETIC, Dataset, load_dataset
from fer.data.embedded import PER_CLASS


@pytest.fixture(scope="module")
def embedded() -> Dataset:
    return load_dataset(SYNTHETIC, height=24, width=32)


def test_it_is_balanced_and_called_synthetic(embedded: Dataset) -> None:
    assert embedded.synthetic
    counts = embedded.index.groupby("label").size()
    assert set(counts) == {sum(PER_CLASS.values())}
    assert len(counts) == 7
    assert embedded.pixels.shape[1:] == (24, 32, 1)


def test_no_face_stands_in_two_parts(embedded: Dataset) -> None:
    assert (embedded.index.groupby("hash")["split"].nunique() == 1).all()
    assert list(embedded.splits) == ["train", "validation", "test"]


def test_it_is_the_same_on_every_call(embedded: Dataset) -> None:
    again = load_dataset(SYNTHETIC, height=24, width=32)
    assert again.fingerprint() == embedded.fingerprint()
    assert (again.pixels == embedded.pixels).all()
