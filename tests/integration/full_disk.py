"""Tries every kind of write where the disk is full or can only be read; `test_full_disk` runs it.

What it prints is JSON: by the name of each write, what came of it, and what was lost.
"""

import hashlib
import io
import json
import resource
import signal
import sys
import tarfile
import traceback
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import cv2
import numpy as np

from fer import models, settings
from fer.data import Dataset, add, annotations, load_dataset
from fer.data.registry import remove
from fer.data.synthetic import draw_face
from fer.data.uploads import add_upload
from fer.errors import FerError
from fer.evaluation.probabilities import uncalibrated_probabilities
from fer.faces.yunet_file import _store as store_detector
from fer.feedback.dataset import publish
from fer.feedback.records import Correction, now
from fer.feedback.store import open_store
from fer.inference import kept_photos
from fer.inference.annotated_video import annotate
from fer.inference.csv_log import GrowingCsv
from fer.models import formats, management
from fer.models.card import ModelCard
from fer.models.model import Model
from fer.runs import catalogue
from fer.training.config import TrainingConfig

SIDE = 24


def prepared(folder: Path) -> dict[str, Callable[[], object]]:
    """A home with something of everything, and what writes to it."""
    dataset, archive = data_set(folder / "set"), folder / "set.zip"
    with zipfile.ZipFile(archive, "w") as pack:
        for file in sorted((folder / "set").rglob("*.png")):
            pack.write(file, file.relative_to(folder / "set"))
    tar = folder / "set.tar"
    with tarfile.open(tar, "w") as pack:
        pack.add(folder / "set", "set")
    other = data_set(folder / "other", name="other")
    annotations.annotate(dataset, dataset.index["path"].tolist()[:1], excluded=True)
    model = folder / "given"
    model.mkdir()
    (model / "model.onnx").write_bytes(b"a network" * 1000)
    card = ModelCard(
        name="given", labels=("happy", "sad"), height=SIDE, width=SIDE, channels=1, framing={},
        data={}, original="onnx", model_sha256=models.folder.checksum(model / "model.onnx"),
    )  # fmt: skip
    models.save_card(card, model)
    mine = models.copy(model, models.named("mine"))
    loaded = Model(
        card=card, form="onnx", open_network=lambda: None,  # type: ignore[arg-type,return-value]
        forward=lambda faces: np.full((len(faces), 2), 0.5, np.float32),
    )  # fmt: skip
    spare = models.copy(model, models.named("spare"))
    settings.set_default_model("mine")
    run = catalogue.create(TrainingConfig(), name="a run", state="stopped")
    photo = picture("happy", 99)
    kept_photos.keep("a.png", photo, "happy")
    store = open_store()
    store.keep(correction())
    film, results = folder / "film.mp4", folder / "film.csv"
    write_film(film)
    results.write_text("frame,time_s,person,x,y,width,height,emotion,confidence,p_happy\n")
    exported = keras_model()
    return {
        "a data set": lambda: load_dataset(folder / "set", height=SIDE, width=SIDE, channels=3),
        "a name": lambda: add(folder / "other", name="third"),
        "a ZIP": lambda: add(archive, name="zipped"),
        "a TAR": lambda: add(tar, name="tarred"),
        "an upload": lambda: add_upload(io.BytesIO(archive.read_bytes()), name="uploaded"),
        "an uploaded table": lambda: add_upload(io.BytesIO(table()), name="t", file_name="t.csv"),
        "a removal": lambda: remove("other"),
        "an annotation": lambda: annotations.annotate(other, ["happy/0.png"], excluded=True),
        "an undo": lambda: annotations.undo(dataset),
        "predictions": lambda: uncalibrated_probabilities(loaded, dataset, "all", tta="none"),
        "a model": lambda: models.save(b"another" * 1000, card, models.named("new")),
        "a model in place of another": lambda: models.save(b"another" * 1000, card, mine),
        "a copy of a model": lambda: models.copy(model, models.named("copy")),
        "a card": lambda: models.save_card(replace(card, remarks=("changed",)), mine),
        "a model's new name": lambda: management.rename("mine", "better"),
        "a model's removal": lambda: management.remove(spare.name),
        "the default model": lambda: settings.set_default_model("given"),
        "a run": lambda: catalogue.create(TrainingConfig()),
        "a run's status": lambda: run.write_status(state="running"),
        "a run's notes": lambda: run.write_notes("a note"),
        "a run's name": lambda: run.rename("another"),
        "a request": lambda: run.request("stop"),
        "a photo": lambda: kept_photos.keep("b.png", picture("sad", 98), "sad"),
        "a photo's label": lambda: kept_photos.keep("a.png", photo, "sad"),
        "a detector": lambda: store_detector(b"yunet" * 1000),
        "a correction": lambda: store.keep(correction()),
        "accepted corrections": lambda: publish(store),
        "an annotated video": lambda: annotate(film, results, folder / "home" / "out.mp4"),
        "an exported network": lambda: formats.write(
            exported, model, folder / "home" / "out.keras"
        ),
        "an exported network in ONNX": lambda: formats.write(
            exported, model, folder / "home" / "out.onnx"
        ),
        "a video's results": lambda: write_csv(folder / "home" / "out.csv"),
    }


def read() -> None:
    """What works all the same."""
    assert len(load_dataset("mine", height=SIDE, width=SIDE)) == 8
    assert len(annotations.read("mine")) == 1
    assert models.find().name == settings.default_model() == "mine"
    assert catalogue.list_runs()[0].status()["state"] == "stopped"


def picture(emotion: str, seed: int) -> bytes:
    return cv2.imencode(".png", draw_face(emotion, seed=seed, size=SIDE))[1].tobytes()


def table() -> bytes:
    face = " ".join(map(str, draw_face("happy", seed=1, size=SIDE).ravel()))
    return f"emotion,pixels\n3,{face}\n".encode()


def data_set(root: Path, name: str = "mine") -> Dataset:
    for emotion in ("happy", "sad"):
        (root / emotion).mkdir(parents=True)
        for number in range(4):
            (root / emotion / f"{number}.png").write_bytes(picture(emotion, number))
    add(root, name=name)
    return load_dataset(name, height=SIDE, width=SIDE)


def correction() -> Correction:
    return Correction(
        id=str(uuid4()), created=now(), contributor="somebody", consent="first", source="predict",
        model="mine", model_sha256="0" * 64, labels=("happy", "sad"), probabilities=(0.5, 0.5),
        verdict="happy", crop=picture("happy", 5),
    )  # fmt: skip


def write_csv(file: Path) -> None:
    with GrowingCsv(file, ("a", "b")) as log:
        log.write([{"a": "x" * 5000, "b": 1}])


def write_film(file: Path) -> None:
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 320
        for shade in range(20):
            noise = np.random.default_rng(shade).integers(0, 256, (320, 320, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise)))
        container.mux(stream.encode(None))


def keras_model() -> Model:
    """One whose network can be written in other formats."""
    import keras

    given = keras.Input((SIDE, SIDE, 1))
    answers = keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(given))
    card = ModelCard(
        name="tiny", labels=("happy", "sad"), height=SIDE, width=SIDE, channels=1, framing={},
        data={}, model_sha256="0" * 64,
    )  # fmt: skip
    return Model.of(keras.Model(given, answers), card)


@contextmanager
def full(home: Path) -> Iterator[None]:
    """No file may grow: what a full disk does to files, while folders can still be made."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@contextmanager
def read_only(home: Path) -> Iterator[None]:
    """Nobody may write to the folder."""
    places = [home, *home.rglob("*")]
    modes = {place: place.stat().st_mode for place in places}
    for place in places:
        place.chmod(modes[place] & ~0o222)
    try:
        yield
    finally:
        for place in places:
            if place.exists():
                place.chmod(modes[place])


def contents(home: Path) -> dict[str, str]:
    """A hash of each file but locks and what databases keep beside theirs."""
    files = (file for file in sorted(home.rglob("*")) if file.is_file())
    return {
        str(file.relative_to(home)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.suffix not in (".lock", ".db-wal", ".db-shm") and file.name != "lock"
    }


def main(mode: str, folder: Path) -> dict[str, Any]:
    writes = prepared(folder)
    home = settings.home()
    before = contents(home)
    done: dict[str, str] = {}
    lost: dict[str, list[str]] = {}
    spoil = {"full": full, "read-only": read_only}[mode]
    with spoil(home):
        read()
    for name, write in writes.items():
        with spoil(home):
            try:
                write()
                done[name] = ""
            except FerError as error:
                done[name] = str(error)
            except Exception:  # noqa: BLE001 - these are what is looked for
                done[name] = traceback.format_exc(limit=-4)
        after = contents(home)
        if changed := [one for one in before if after.get(one) != before[one]]:
            lost[name] = changed
        if half := [one for one in after if one not in before and not one.startswith("locks/")]:
            lost[name] = [*lost.get(name, []), *half]
        before = after
    return {"done": done, "lost": lost}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
