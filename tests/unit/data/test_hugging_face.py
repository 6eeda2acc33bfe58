import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from fer.data import add, load_dataset, registered
from fer.data.archives import unpacked_folder
from fer.errors import DatasetError

pytestmark = pytest.mark.usefixtures("own_home")

FACES = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)


class Rows:
    """A split as `datasets` gives it."""

    def __init__(self, faces: np.ndarray, labels: list[int]) -> None:
        images = []
        for face in faces:
            content = io.BytesIO()
            Image.fromarray(face).save(content, "PNG")
            images.append({"bytes": content.getvalue(), "path": None})
        names = {"label": {"names": ["anger", "joy"], "_type": "ClassLabel"}}
        image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        schema = pa.schema([("image", image), ("label", pa.int64())])
        schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": names}})})
        self._table = pa.table([images, labels], schema=schema)
        self.features = SimpleNamespace(arrow_schema=schema)

    def __len__(self) -> int:
        return len(self._table)

    def with_format(self, kind: str) -> "Rows":
        assert kind == "arrow"
        return self

    def iter(self, batch_size: int) -> Iterator[pa.Table]:
        for start in range(0, len(self), batch_size):
            yield self._table.slice(start, batch_size).replace_schema_metadata()


def install(monkeypatch: pytest.MonkeyPatch, load: Callable[..., dict[str, Rows]]) -> None:
    """`datasets` as it answers, without its network."""
    module, tables = ModuleType("datasets"), ModuleType("datasets.table")
    module.load_dataset = load  # type: ignore[attr-defined]
    tables.embed_table_storage = lambda table: table  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", module)
    monkeypatch.setitem(sys.modules, "datasets.table", tables)


def test_a_data_set_of_the_hub_is_kept_and_read_with_its_class_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, ...]] = []

    def load(*names: str) -> dict[str, Rows]:
        asked.append(names)
        return {"train": Rows(FACES[:3], [0, 1, 0]), "test": Rows(FACES[3:], [1, 0])}

    install(monkeypatch, load)
    seen: list[tuple[int, int]] = []
    added = add("hf:someone/faces", progress=lambda done, planned: seen.append((done, planned)))
    assert added.name == "faces"
    assert added.splits == {"train": 3, "test": 2}
    assert seen[:2] == [(3, 5), (5, 5)]
    index = load_dataset("hf:someone/faces", validation_fraction=0).index
    assert index.loc[index["split"] == "train", "label"].tolist() == ["angry", "happy", "angry"]
    assert asked == [("someone/faces",)]  # the second time, it was here
    load_dataset("hf:someone/faces/large")
    assert asked[1:] == [("someone/faces", "large")]


def test_without_datasets_the_error_explains_what_to_install_or_download(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DatasetError, match=r"\[hf\].*huggingface\.co/datasets/someone/faces"):
        load_dataset("hf:someone/faces")
    for impossible in ("hf:faces", "hf:../..", "hf:a/b/c/d"):
        with pytest.raises(DatasetError, match="is not the name of a data set"):
            load_dataset(impossible)


def test_a_download_that_fails_leaves_nothing_and_gives_the_hubs_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*names: str) -> dict[str, Rows]:
        raise ConnectionError(f"Couldn't reach {names[0]}\n(offline)")

    install(monkeypatch, load)
    with pytest.raises(DatasetError, match=r"Couldn't reach someone/faces \(offline\).*by hand"):
        add("hf:someone/faces")
    assert list(unpacked_folder().iterdir()) == []
    assert [source.name for source in registered()] == ["synthetic"]


@pytest.mark.parametrize("name", ["./shared", "tests/data", "a/..b/c"])
def test_a_folder_of_this_machine_is_no_name_on_the_hub(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "tests" / "data").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    install(monkeypatch, lambda *_: pytest.fail("It was asked for."))
    with pytest.raises(DatasetError, match="is not the name of a data set"):
        add(f"hf:{name}")


@pytest.mark.parametrize("path", ["http://169.254.169.254/x.png", "/etc/passwd", "../x.png"])
def test_an_image_that_is_only_named_is_never_fetched(
    monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    rows = Rows(FACES[:1], [0])
    images = [{"bytes": None, "path": path}]
    rows._table = rows._table.set_column(
        0, "image", pa.array(images, rows._table.schema.field("image").type)
    )
    install(monkeypatch, lambda *_: {"train": rows})
    with pytest.raises(DatasetError, match="which are not read"):
        add("hf:someone/faces")
