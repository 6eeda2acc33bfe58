import io
import json
from collections.abc import Callable
from zipfile import ZipFile

from fer.feedback.exporting import TABLE, zip_of
from fer.feedback.records import Correction


def test_an_archive_holds_every_fact_and_picture_of_its_owner(
    make_correction: Callable[..., Correction],
) -> None:
    plain = make_correction(0)
    larger = make_correction(1, larger_crop=make_correction(2).crop)
    archive = ZipFile(io.BytesIO(zip_of([plain, larger])))
    first, second = json.loads(archive.read(TABLE))
    assert len(archive.namelist()) == 4
    assert archive.read(first["crop"]) == plain.crop
    assert archive.read(second["larger_crop"]) == larger.larger_crop
    assert "larger_crop" not in first
    assert (first["id"], first["created"]) == (plain.id, plain.created.isoformat())
    assert first["probabilities"] == [0.25, 0.75]


def test_an_archive_of_nothing_is_an_archive() -> None:
    archive = ZipFile(io.BytesIO(zip_of([])))
    assert json.loads(archive.read(TABLE)) == []
