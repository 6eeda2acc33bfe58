from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer.data import load_dataset
from fer.data.synthetic import draw_face
from fer.feedback.query import Query, found, rows
from fer.feedback.records import Correction, Status
from fer.feedback.review import examine, reject_all_of
from fer.feedback.store import Store, open_store

Make = Callable[..., Correction]


def face(seed: int) -> np.ndarray:
    return draw_face("happy", seed=seed, size=48)


def as_png(pixels: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


@pytest.fixture
def store(own_home: Path) -> Store:
    return open_store()


@pytest.fixture
def keep(store: Store, make_correction: Make) -> Callable[..., str]:
    """Keep a correction of a drawn face, and give its id."""

    def keep(pixels: np.ndarray, **given: Any) -> str:
        correction = make_correction(crop=as_png(pixels), **given)
        store.keep(correction)
        return correction.id

    return keep


def learn_from(root: Path, name: str, *, tested: int) -> None:
    """Read a data set with one face to learn from, and this one to test on."""
    for split, seed in (("train", 0), ("test", tested)):
        folder = root / name / split / "happy"
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "face.png"), face(seed))
    load_dataset(root / name, validation_fraction=0)


@pytest.fixture
def tested(own_home: Path, tmp_path: Path) -> None:
    """This machine has read a data set whose test face is `face(1)`."""
    learn_from(tmp_path, "tested", tested=1)


@pytest.mark.usefixtures("tested")
def test_a_near_copy_of_a_test_face_is_quarantined_and_cannot_be_accepted(
    store: Store, keep: Callable[..., str]
) -> None:
    copy, other, taught = keep(face(1) // 2), keep(face(7)), keep(face(0))
    examined = examine(store)
    states = examined.table.set_index("id")["status"]
    assert states[copy] == Status.QUARANTINED
    assert states[other] == states[taught] == Status.NEW
    assert "test of tested" in examined.table.set_index("id")["reason"][copy]
    assert store.review([copy], decision="accepted", reviewer="R") == 0


@pytest.mark.usefixtures("tested")
def test_what_was_accepted_before_its_test_face_was_known_is_quarantined_too(
    store: Store, keep: Callable[..., str], tmp_path: Path
) -> None:
    accepted = keep(face(20))
    store.review([accepted], decision="accepted", reviewer="R")
    assert examine(store).table["status"].tolist() == [Status.ACCEPTED]
    cv2.imwrite(str(tmp_path / "tested" / "test" / "happy" / "more.png"), face(20))
    load_dataset(tmp_path / "tested", validation_fraction=0)
    assert examine(store).table["status"].tolist() == [Status.QUARANTINED]


def test_a_copy_of_a_quarantined_face_is_quarantined_though_its_data_set_is_gone(
    store: Store, keep: Callable[..., str]
) -> None:
    store.quarantine([keep(face(1))], "a test face of a data set that was removed")
    keep(face(1) // 2)
    assert examine(store).table["status"].tolist() == [Status.QUARANTINED] * 2


def test_equal_and_nearly_equal_faces_share_a_group_whatever_their_size(
    store: Store, keep: Callable[..., str]
) -> None:
    large = cv2.resize(face(1), (96, 96), interpolation=cv2.INTER_CUBIC)
    for pixels in (face(1), face(1), face(1) // 2, large, face(5)):
        keep(pixels)
    groups = examine(store).table["group"].tolist()
    assert len(set(groups[:4])) == 1
    assert groups[4] not in groups[:4]


def test_decisions_are_seen_without_another_look_at_the_faces_but_new_faces_are_not(
    store: Store, keep: Callable[..., str]
) -> None:
    first = keep(face(1))
    examined = examine(store)
    assert examined.updated(store) is examined
    store.review([first], decision="rejected", reviewer="R", reason="blurred")
    now = examined.updated(store)
    assert now is not None
    assert now.table[["status", "reason"]].to_numpy().tolist() == [["rejected", "blurred"]]
    keep(face(2))
    assert now.updated(store) is None


def test_a_data_set_that_is_read_later_is_a_reason_to_look_again(
    store: Store, keep: Callable[..., str], tmp_path: Path
) -> None:
    keep(face(1))
    examined = examine(store)
    learn_from(tmp_path, "later", tested=1)
    assert examined.updated(store) is None
    assert examined.updated(store, may_lack=True) is examined
    assert examine(store).table["status"].tolist() == [Status.QUARANTINED]


def test_filters_find_what_people_dispute_and_what_the_model_would_not_have_chosen(
    store: Store, keep: Callable[..., str]
) -> None:
    sure = {"probabilities": (0.05, 0.95)}
    one = keep(face(1), contributor="a", verdict="happy", **sure)
    two = keep(face(1), contributor="b", verdict="surprise", **sure)
    three = keep(face(5), contributor="b", verdict="not_a_face")
    examined = examine(store)
    ids = examined.table["id"]
    assert set(ids[found(examined, "disputed")]) == {one, two}
    assert set(ids[found(examined, "contradicts")]) == {one}
    assert set(ids[found(examined, "confirms")]) == {two}
    fitting = rows(examined, Query(contributor="b", sort="newest"))
    assert ids.iloc[fitting].tolist() == [three, two]
    assert ids.iloc[rows(examined, Query())].tolist()[-1] == two, "the least doubtful comes last"


def test_everything_of_a_contributor_is_rejected_at_once_but_what_is_quarantined(
    store: Store, keep: Callable[..., str]
) -> None:
    bad = [keep(face(seed), contributor="bad") for seed in range(3)]
    good = keep(face(9), contributor="good")
    store.review(bad[:1], decision="accepted", reviewer="R")
    store.quarantine(bad[1:2], "a test face")
    assert reject_all_of(store, "bad", reviewer="R", reason="careless") == 2
    states = {one.id: one.status for one in store.corrections()}
    assert [states[id] for id in bad] == ["rejected", "quarantined", "rejected"]
    assert states[good] == "new"
    assert [one.reviewer for one in store.reviews(bad[2])] == ["R"]


def test_nothing_to_review_is_no_error(store: Store) -> None:
    examined = examine(store)
    assert examined.table.empty
    assert not examined.suspects
    assert examined.findings.agreement.faces == 0
    assert len(rows(examined, Query())) == 0
    assert examined.updated(store) is examined
