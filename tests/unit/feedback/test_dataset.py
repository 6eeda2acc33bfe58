import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from fer import settings
from fer.data import annotations, load_dataset, registered
from fer.data.locking import locked
from fer.data.registry import feedback_file, feedback_source, register, remove
from fer.data.roots import check_source
from fer.data.synthetic import draw_face
from fer.errors import DatasetError
from fer.feedback.dataset import is_published, publish
from fer.feedback.records import Correction
from fer.feedback.review import examine
from fer.feedback.store import Store, open_store
from fer.feedback.traces import LOCK

Make = Callable[..., Correction]


def face(seed: int) -> np.ndarray:
    return draw_face("happy", seed=seed, size=48)


@pytest.fixture
def store(own_home: Path) -> Store:
    return open_store()


@pytest.fixture
def accept(store: Store, make_correction: Make) -> Callable[..., str]:
    """Keep a correction of a drawn face, accept it, and give its id."""

    def accept(seed: int, contributor: str, *, label: str | None = None, **given: Any) -> str:
        crop = bytes(cv2.imencode(".png", face(seed))[1].tobytes())
        correction = make_correction(crop=crop, contributor=contributor, **given)
        store.keep(correction)
        store.review([correction.id], decision="accepted", reviewer="R", label=label)
        return correction.id

    return accept


Accept = Callable[..., str]


def splits() -> dict[str, str]:
    """The split by correction in the data set as it is published."""
    index = load_dataset("feedback", validation_fraction=0).index
    return dict(zip(index["path"].str.removesuffix(".png"), index["split"], strict=True))


def test_accepted_corrections_are_a_data_set_like_any_other(store: Store, accept: Accept) -> None:
    ids = [accept(seed, f"person {seed}") for seed in range(6)]
    relabelled = accept(7, "person 0", label="surprise")
    assert publish(store) == 7
    dataset = load_dataset("feedback", validation_fraction=0)
    assert "feedback" in [source.name for source in registered()]
    check_source("feedback")  # the pages may read it, wherever the home is
    assert dataset.source_format == "7 accepted corrections by 6 contributors"
    assert dataset.split_rule == "a third held out as test, by contributor"
    at = dataset.index["path"].tolist().index(f"{ids[0]}.png")
    assert (dataset.pixels[at, :, :, 0] == face(0)).all()
    labels = dict(zip(dataset.index["path"], dataset.index["label"], strict=True))
    assert labels[f"{relabelled}.png"] == "surprise"
    assert labels[f"{ids[0]}.png"] == "happy"
    assert dataset.index["hash"].iloc[at] == store.corrections(ids=[ids[0]])[0].face


def test_what_is_new_rejected_quarantined_or_no_emotion_is_not_in_it(
    store: Store, accept: Accept, make_correction: Make
) -> None:
    wanted, rejected, quarantined = (accept(seed, "somebody") for seed in range(3))
    accept(3, "somebody", verdict="not_a_face")
    store.keep(make_correction())
    store.review([rejected], decision="rejected", reviewer="R")
    store.quarantine([quarantined], "a test face")
    assert publish(store) == 1
    assert list(splits()) == [wanted]


def test_a_third_is_held_out_by_whole_contributors(store: Store, accept: Accept) -> None:
    people = {accept(seed, f"person {seed % 9}"): seed % 9 for seed in range(36)}
    publish(store)
    sides = pd.Series(splits())
    assert (sides == "test").mean() == pytest.approx(1 / 3)
    assert sides.groupby(people).nunique().eq(1).all()


def test_nobody_changes_sides_when_more_comes_in(store: Store, accept: Accept) -> None:
    for seed in range(9):
        accept(seed, f"person {seed % 3}")
    publish(store)
    before = splits()
    for seed in range(9, 30):
        accept(seed, f"person {seed % 7}")
    publish(store)
    after = splits()
    assert before.items() <= after.items()
    assert len(after) == 30
    shares = pd.Series(after).eq("test").mean()
    assert 0.2 < shares < 0.45


def test_a_held_out_face_that_is_learnt_from_elsewhere_is_left_out(
    store: Store, accept: Accept
) -> None:
    learnt = accept(1, "first")
    accept(2, "first")
    copy = accept(1, "second")
    held_out = accept(3, "second")
    publish(store)
    sides = splits()
    assert sides[learnt] == "train"
    assert sides[held_out] == "test"
    assert copy not in sides
    [(path, reason)] = load_dataset("feedback").skipped
    assert path == f"{copy}.png"
    assert "to learn from" in reason


def test_it_is_known_whether_the_data_set_is_up_to_date(store: Store, accept: Accept) -> None:
    first = accept(1, "somebody")
    assert not is_published(store)
    publish(store)
    assert is_published(store)
    store.review([first], decision="new", reviewer="R")
    assert not is_published(store)


def test_a_test_face_of_a_data_set_that_is_read_later_leaves_the_published_ones(
    store: Store, accept: Accept, tmp_path: Path
) -> None:
    copy, other = accept(1, "somebody"), accept(2, "somebody")
    examined = examine(store)
    publish(store, examined=examined)
    for split, seed in (("train", 8), ("test", 1)):
        folder = tmp_path / "later" / split / "happy"
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "face.png"), face(seed))
    load_dataset(tmp_path / "later", validation_fraction=0)
    assert not is_published(store)
    publish(store, examined=examined)
    assert is_published(store)
    assert list(splits()) == [other]
    assert store.corrections(ids=[copy])[0].status == "quarantined"


def test_nobody_waits_while_faces_are_looked_at_and_what_comes_in_meanwhile_is_published_later(
    store: Store, accept: Accept
) -> None:
    first, second = accept(1, "somebody"), accept(2, "somebody")
    came: list[str] = []

    def progress(done: int, planned: int) -> None:
        if not came:
            with locked(feedback_file().parent / LOCK, timeout_s=0):
                came.append(accept(3, "somebody"))
            store.delete(ids=[second])

    assert publish(store, progress=progress) == 1
    assert list(splits()) == [first]
    assert not is_published(store)
    assert publish(store) == 2
    assert set(splits()) == {first, *came}
    assert is_published(store)


def test_without_an_accepted_face_there_is_no_such_data_set(store: Store, accept: Accept) -> None:
    only = accept(1, "somebody")
    publish(store)
    store.review([only], decision="rejected", reviewer="R")
    assert publish(store) == 0
    assert not feedback_file().exists()
    assert "feedback" not in [source.name for source in registered()]
    with pytest.raises(DatasetError, match="No data set at 'feedback'"):
        load_dataset("feedback")


def test_annotations_stay_when_more_is_accepted(store: Store, accept: Accept) -> None:
    first = accept(1, "somebody")
    publish(store)
    annotations.annotate(load_dataset("feedback"), [f"{first}.png"], excluded=True)
    accept(2, "somebody")
    publish(store)
    dataset = load_dataset("feedback")
    assert dataset.index.loc[dataset.excluded, "path"].tolist() == [f"{first}.png"]


def test_nothing_of_a_deleted_correction_stays_in_the_data_set_or_its_pixels(
    store: Store, accept: Accept
) -> None:
    deleted, kept = accept(1, "first"), accept(2, "second")
    publish(store)
    paths = [f"{one}.png" for one in (deleted, kept)]
    annotations.annotate(load_dataset("feedback"), paths, excluded=True)
    load_dataset("feedback", height=32, width=32)
    pixels = face(1).tobytes()
    folder = feedback_source().folder
    assert any(pixels in file.read_bytes() for file in folder.glob("*.pixels"))
    answers = settings.predictions_folder() / "model.parquet"
    answers.parent.mkdir(parents=True)
    faces = [store.corrections(ids=[one])[0].face for one in (deleted, kept)]
    pd.DataFrame({"happy": [0.9, 0.8]}, index=faces).to_parquet(answers)
    [gone] = store.delete(ids=[deleted])
    assert pd.read_parquet(answers).index.tolist() == faces[1:]
    home = [file for file in settings.home().rglob("*") if file.is_file()]
    assert [file.name for file in home if gone.face.encode() in file.read_bytes()] == []
    assert [file.name for file in home if pixels in file.read_bytes()] == []
    assert not list(folder.glob("*.pixels"))
    assert list(annotations.read("feedback")) == [f"{kept}.png"]
    assert list(splits()) == [kept]


def places_of(face: str, pixels: bytes) -> list[str]:
    """The files of this machine that hold a face, by its hash or its pixels."""
    home = [file for file in settings.home().rglob("*") if file.is_file()]
    return [
        file.name for file in home if any(x in file.read_bytes() for x in (face.encode(), pixels))
    ]


@pytest.fixture
def used(store: Store, accept: Accept) -> Correction:
    """An accepted correction beside others, whose pixels and answer this machine keeps, too."""
    id = accept(1, "first")
    accept(2, "second")
    publish(store)
    dataset = load_dataset("feedback")
    annotations.annotate(dataset, [f"{id}.png"], excluded=True)
    answers = settings.predictions_folder() / "model.parquet"
    answers.parent.mkdir(parents=True)
    hashes = dataset.index["hash"].tolist()
    pd.DataFrame({"happy": [0.9] * len(hashes)}, index=hashes).to_parquet(answers)
    [correction] = store.corrections(ids=[id])
    assert len(places_of(correction.face, face(1).tobytes())) >= 4
    return correction


def test_a_deletion_that_was_interrupted_is_finished_at_the_next_opening(
    store: Store, used: Correction, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = feedback_file().with_name(f".{feedback_file().name}-a0b1c2d3")
    half.mkdir()
    shutil.copy(feedback_file(), half)
    with monkeypatch.context() as killed:
        killed.setattr(Store, "finish_deletions", lambda self: None)
        store.delete(ids=[used.id])
    open_store()
    assert places_of(used.face, face(1).tobytes()) == []
    assert annotations.read("feedback") == {}


def test_what_prevents_the_removal_of_traces_prevents_no_deletion_and_is_tried_again(
    store: Store, used: Correction, caplog: pytest.LogCaptureFixture
) -> None:
    noted = feedback_source().folder / annotations.FILE
    content = noted.read_text()
    noted.write_text("damaged")
    assert [one.id for one in store.delete(ids=[used.id])] == [used.id]
    assert "Traces of deleted corrections remain" in caplog.text
    noted.write_text(content)
    open_store()
    assert places_of(used.face, face(1).tobytes()) == []
    assert annotations.read("feedback") == {}


def test_another_machine_of_the_same_database_removes_its_traces_when_it_opens_the_store(
    store: Store, used: Correction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = settings.database_url()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("FER_HOME", str(tmp_path / "elsewhere"))
        open_store(url).delete(ids=[used.id])
    assert places_of(used.face, face(1).tobytes())
    open_store(url)
    assert places_of(used.face, face(1).tobytes()) == []


def test_the_answers_for_a_face_that_leaves_the_data_set_are_removed_with_its_pixels(
    store: Store, used: Correction
) -> None:
    """A later deletion would find no trace of it in the data set, and would leave them."""
    store.review([used.id], decision="rejected", reviewer="R")
    publish(store)
    store.delete(ids=[used.id])
    assert places_of(used.face, face(1).tobytes()) == []


def test_to_take_back_what_was_never_accepted_leaves_the_data_set_as_it_is(
    store: Store, used: Correction, make_correction: Make
) -> None:
    new = make_correction()
    store.keep(new)
    stored = [feedback_file(), *feedback_source().folder.glob("*.pixels")]
    before = [file.stat().st_mtime_ns for file in stored]
    assert store.take_back(new.id, new.contributor)
    assert [file.stat().st_mtime_ns for file in stored] == before


def test_the_name_is_reserved_and_cannot_be_removed(store: Store, accept: Accept) -> None:
    accept(1, "somebody")
    publish(store)
    with pytest.raises(DatasetError, match="Reject or delete them"):
        remove("feedback")
    with pytest.raises(DatasetError, match="cannot be a data set's name"):
        register(feedback_source())
