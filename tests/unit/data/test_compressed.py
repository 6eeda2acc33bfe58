import bz2
import gzip
import io
import lzma
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer.data import add, compressed, load_dataset
from fer.data.uploads import add_upload
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")
MakeFaces = Callable[..., Path]

FACES = np.random.default_rng(0).integers(0, 256, (4, 48 * 48))
USAGES = ("Training", "Training", "PublicTest", "PrivateTest")
CSV = "emotion,pixels,Usage\n" + "".join(
    f"{code},{' '.join(map(str, face))},{usage}\n"
    for code, face, usage in zip((0, 3, 6, 4), FACES, USAGES, strict=True)
)


@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("fer2013.csv.gz", gzip.compress),
        ("fer2013.csv.bz2", bz2.compress),
        ("fer2013.csv.xz", lzma.compress),
        ("fer2013.gz", gzip.compress),
        ("fer2013.csv", gzip.compress),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_compressed_table_of_pixels_is_read_by_itself_and_uploaded(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    compress: Callable[[bytes], bytes],
    encoding: str,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = tmp_path / name
    file.write_bytes(compress(CSV.encode(encoding)))
    dataset = load_dataset(file, validation_fraction=0)
    assert dataset.name == "fer2013"
    assert dataset.splits == {"train": 2, "public_test": 1, "private_test": 1}
    assert dataset.index["label"].tolist() == ["angry", "happy", "neutral", "sad"]
    np.testing.assert_array_equal(dataset.pixels.reshape(4, -1), FACES)
    assert list(Path(tempfile.gettempdir()).glob("fer-*")) == []
    uploaded = add_upload(io.BytesIO(file.read_bytes()), name="mine", file_name=name)
    assert len(uploaded) == 4


def test_a_compressed_table_is_found_in_its_folder_and_names_images_there(make: MakeFaces) -> None:
    root = make("a.png", "b.png")
    (root / "labels.csv.gz").write_bytes(gzip.compress(b"path,label\na.png,happy\nb.png,sad\n"))
    assert add(root, name="mine").index["label"].tolist() == ["happy", "sad"]
    (root / "labels.csv.gz").unlink()
    lines = b'{"file_name": "a.png", "label": "sad"}\n{"file_name": "b.png", "label": "fear"}\n'
    (root / "metadata.jsonl.gz").write_bytes(gzip.compress(lines))
    assert load_dataset(root, validation_fraction=0).index["label"].tolist() == ["sad", "fear"]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_table_that_is_cut_short_is_refused_in_a_sentence(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(CSV.encode())
    for end in (20, len(whole) // 2, len(whole) - 5):
        (tmp_path / "fer2013.csv.gz").write_bytes(whole[:end])
        for source in (tmp_path, tmp_path / "fer2013.csv.gz"):
            with pytest.raises(DatasetError, match="cut short"):
                load_dataset(source)


def test_a_small_file_that_unpacks_to_a_very_large_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "MAX_BYTES", 100_000)
    (tmp_path / "fer2013.csv.gz").write_bytes(gzip.compress(CSV.encode() + b"0" * 200_000))
    with pytest.raises(DatasetError, match="unpacks to more than"):
        load_dataset(tmp_path)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_table_that_is_damaged_behind_its_header_is_refused_in_a_sentence(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "fer2013.csv.gz"
    whole = compress(CSV.encode())
    file.write_bytes(whole[:12] + bytes(255 - one for one in whole[12:200]) + whole[200:])
    for source in (tmp_path, file):
        with pytest.raises(DatasetError, match=r"damaged|it is not text"):
            load_dataset(source)
