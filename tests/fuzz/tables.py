"""Tables in every format, votes beside them, and files of annotations."""

import gzip
import io
import re
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.io

from fer import emotions
from fer.data import Dataset, load_dataset
from fer.data.annotation_import import read_csv
from fer.data.votes import VOTES
from fer.errors import FerError
from tests.fuzz.files import pictures
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import TEXTS, VALUES, changed, damaged, json_of

SIDE = 16
_HEADERS = (
    "emotion", "pixels", "Usage", "label", "path", "image", "filename", "split", "subject",
    "is_train",
    "happy", "sad", "angry", "neutral", "id", "", "bbox", "pixel0", "pixel1", *VOTES, *TEXTS[:12],
)  # fmt: skip
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "gb18030")


def faces(seed: int, count: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE), np.uint8)


def pixel_rows(count: int = 8) -> list[list[str]]:
    """The cells of a fer2013.csv."""
    usages = ("Training", "Training", "Training", "PublicTest", "PrivateTest")
    return [["emotion", "pixels", "Usage"]] + [
        [str(at % 7), " ".join(map(str, face.ravel())), usages[at % 5]]
        for at, face in enumerate(faces(0, count))
    ]


def records() -> list[dict[str, Any]]:
    """Rows as JSON has them."""
    labels = [*emotions.FER2013, "happy"]
    return [
        {"label": label, "pixels": face.tolist(), "split": "train", "bbox": [0, 0, 8, 8]}
        for label, face in zip(labels, faces(1), strict=True)
    ]


def binary_tables() -> dict[str, bytes]:
    """A file of each binary format."""
    images, labels = faces(2), [*emotions.FER2013, "happy"]
    bytes_of = [{"bytes": one, "path": None} for one in pictures()[:8]]
    made: dict[str, bytes] = {}
    for name, write in {
        "a.parquet": lambda file: pd.DataFrame({"image": bytes_of, "label": labels}).to_parquet(
            file
        ),
        "b.parquet": lambda file: pd.DataFrame(
            {"pixels": [one.ravel().tolist() for one in images], "emotion": range(8)}
        ).to_parquet(file),
        "c.feather": lambda file: pd.DataFrame({"image": bytes_of, "label": labels}).to_feather(
            file
        ),
        "d.npz": lambda file: np.savez(file, images=images, labels=labels),
        "e.npz": lambda file: np.savez_compressed(file, x_train=images, y_train=np.arange(8) % 7),
        "f.npy": lambda file: np.save(file, images),
        "g.mat": lambda file: scipy.io.savemat(file, {"images": images, "labels": np.arange(8)}),
        "h.h5": lambda file: _write_h5(file, images),
    }.items():
        file = io.BytesIO()
        write(file)
        made[name] = file.getvalue()
    return made


def _write_h5(file: io.BytesIO, images: np.ndarray) -> None:
    with h5py.File(file, "w") as kept:
        kept["Training_pixel"], kept["Training_label"] = images, np.arange(8) % 7
        kept["names"] = [one.encode() for one in emotions.FER2013]


class Tables(Kind):
    """Whatever somebody may take for a table."""

    def __init__(self, folder: Path) -> None:
        self._binary = binary_tables()
        self._photos = pictures()

    def feed(self, rng: Random, folder: Path) -> None:
        what = rng.randrange(4)
        if what == 0:
            name, content = rng.choice([*self._binary.items()])
            content = damaged(rng, content, tuple(self._binary.values()))
        elif what == 1:
            name = rng.choice(("a.json", "a.jsonl"))
            content = self._json(rng, name)
        elif what == 2:
            name, content = "fer2013.csv", damaged(rng, _text(pixel_rows(), ",").encode())
        else:
            name, content = rng.choice(("a.csv", "a.tsv", "a.txt", "a")), _random_text(rng)
        if rng.random() < 0.1:
            name, content = name + ".gz", gzip.compress(content)
        (folder / name).write_bytes(content)
        for number in range(rng.randint(0, 3)):
            (folder / f"{number}.png").write_bytes(rng.choice(self._photos))
        source = folder if rng.random() < 0.5 else folder / name
        use(load_dataset(source, custom_classes=rng.random() < 0.5, height=SIDE, width=SIDE))

    @staticmethod
    def _json(rng: Random, name: str) -> bytes:
        tree: Any = changed(rng, rng.choice((records(), {"data": records()}, {"label": ["a"]})))
        lines = tree if name.endswith("l") and isinstance(tree, list) else [tree]
        text = b"\n".join(map(json_of, lines))
        return text if rng.random() < 0.8 else damaged(rng, text)


class Votes(Kind):
    """Votes beside images and pixels, and annotations from a file."""

    def __init__(self, folder: Path) -> None:
        self._photos = pictures()
        (folder / "whole").mkdir()
        (folder / "whole" / "fer2013.csv").write_text(_text(pixel_rows(), ","))
        self._whole = load_dataset(folder / "whole", height=SIDE, width=SIDE)

    def feed(self, rng: Random, folder: Path) -> None:
        annotations = [["path", "excluded", "label"]] + [
            [path, rng.choice("01"), "happy"] for path in self._whole.index["path"][:4]
        ]
        try:
            read_csv(self._whole, _disturbed(rng, annotations), add_classes=rng.random() < 0.5)
        except FerError:
            if rng.random() < 0.3:
                raise
        for number in range(4):
            place = folder / rng.choice(("happy", "sad")) / f"{number}.png"
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(self._photos[4])
        header = ["path", *VOTES] if rng.random() < 0.6 else [*VOTES]
        rows = [[f"{number}.png", *["1"] * 9, "2"][-len(header) :] for number in range(4)]
        name = rng.choice(("votes.csv", "happy/votes.csv", "fer2013new.csv"))
        (folder / "happy").mkdir(exist_ok=True)
        (folder / name).write_bytes(_disturbed(rng, [header, *rows]))
        if name == "fer2013new.csv":
            (folder / "fer2013.csv").write_text(_text(pixel_rows(4), ","))
        use(load_dataset(folder, height=SIDE, width=SIDE))


def use(dataset: Dataset) -> None:
    """Touch all that a page shows of it."""
    assert dataset.pixels.shape[1:3] == (SIDE, SIDE)
    assert not {*dataset.index["label"]} - {*dataset.labels}
    assert all(isinstance(path, str) and reason for path, reason in dataset.skipped)
    _ = int(dataset.pixels[:4].sum()) + sum(dataset.splits.values())


def _text(rows: list[list[str]], separator: str) -> str:
    return "\n".join(separator.join(row) for row in rows) + "\n"


def _disturbed(rng: Random, rows: list[list[str]]) -> bytes:
    """A table with some cells, and maybe some bytes, changed."""
    for _ in range(rng.randint(0, 4)):
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = str(rng.choice(VALUES)).replace("\ud800", "?")
    content = _text(rows, rng.choice(",,,;\t")).encode(rng.choice(_ENCODINGS), "replace")
    return content if rng.random() < 0.5 else damaged(rng, content)


def _random_text(rng: Random) -> bytes:
    header = [rng.choice(_HEADERS) for _ in range(rng.choice((1, 2, 3, 5, 300)))]
    pixels = " ".join(map(str, faces(3, 1).ravel()))
    cells = (
        "happy", "sad", "0", "3", "1.0", "0.png", "1.png", "train", "test", pixels, f'"{pixels}"',
        f"[{pixels}]",
        re.sub(r" \d+", " 0.5", pixels), pixels.replace(" ", ","), *TEXTS,
    )  # fmt: skip
    rows = [[rng.choice(cells) for _ in header] for _ in range(rng.choice((0, 1, 4, 20)))]
    separator = rng.choice((",", ";", "\t", "|", " ", ", "))
    if rng.random() < 0.2:
        rows = [row[: rng.randint(0, len(row))] for row in rows]
    text = _text([header, *rows], separator).replace("\ud800", "?")
    content = text.encode(rng.choice(_ENCODINGS), "replace")
    return content if rng.random() < 0.6 else damaged(rng, content)
