"""Networks that visitors uploaded, and what labelled faces tell of them."""

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer import emotions
from fer.data import Dataset, load_dataset
from fer.errors import ModelError
from fer.evaluation.contract import ContractSearch
from fer.evaluation.contract_search import Outputs, try_scales
from fer.importing import require
from fer.models.adoption import adopt, ending_needed, faces_and_classes
from fer.models.card import ModelCard
from fer.models.keras_files import read_network
from pages.common import predictors
from pages.common.cache import Work, dataset_work
from pages.common.progress import Meter

_AT_ONCE = 3
_ANY_SCALE = "0-255"
_ANSWERS = {
    "": "Probabilities",
    "softmax": "Logits",
    "shares": "Shares of any sum",
}
"""What a network answers with, by the ending of `fer.models.endings` that it needs."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreign:
    """A network from elsewhere.

    Attributes:
        key: Differs for other files.
        name: Of its file, without suffix.
        files: Its files by name.
        outputs_of: Computes it.
        shape: Height, width and channels of its faces.
        classes: Number of outputs.
        facts: What else it is, in words by name.
        outputs: The number of classes of each output that it might answer with, by name.
        output: The one that is taken; "" if there is no choice.
    """

    key: str
    name: str
    files: Mapping[str, bytes]
    outputs_of: Outputs
    shape: tuple[int, int, int]
    classes: int
    facts: Mapping[str, str]
    outputs: Mapping[str, int] = field(default_factory=dict)
    output: str = ""

    def adopt(
        self, labels: Sequence[str], *, out: Path, scale: str, checked: Mapping[str, Any]
    ) -> ModelCard:
        """Make a model of it; the arguments are those of `fer.models.adoption.adopt`."""
        with _on_disk(self.files) as (file, weights):
            return adopt(
                file, labels, out=out, scale=scale, weights=weights, checked=checked,
                output=self.output or None, may_replace=False,
            )  # fmt: skip


def read_upload(uploads: Sequence[UploadedFile]) -> Work[Foreign]:
    """A network of uploaded files, with the likeliest of its outputs."""
    return _reading(_digest(tuple(one.file_id for one in uploads), uploads), uploads)


def with_output(foreign: Foreign, output: str) -> Work[Foreign]:
    """The network with another of its outputs."""
    return _reading_again(foreign.key, output, foreign)


@st.cache_data(max_entries=50, show_spinner=False)
def _digest(ids: tuple[str, ...], _uploads: Sequence[UploadedFile]) -> str:
    """The same for the same files, computed once for each upload: they may be large."""
    digest = hashlib.sha256()
    for upload in sorted(_uploads, key=lambda one: one.name):
        digest.update(f"{upload.name}\0{upload.size}\0".encode())
        digest.update(upload.getbuffer())
    return digest.hexdigest()


@st.cache_resource(max_entries=_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _reading(digest: str, _uploads: Sequence[UploadedFile]) -> Work[Foreign]:
    files = {upload.name: upload.getvalue() for upload in _uploads}
    return Work(lambda _: _read(digest, files))


@st.cache_resource(max_entries=_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _reading_again(key: str, output: str, _foreign: Foreign) -> Work[Foreign]:
    return Work(lambda _: _read(f"{key} {output}", _foreign.files, output))


def _read(key: str, files: Mapping[str, bytes], output: str | None = None) -> Foreign:
    with _on_disk(files) as (file, weights):
        is_onnx = file.suffix.lower() == ".onnx"
        parts = _of_onnx(file, output) if is_onnx else _of_keras(file, weights)
        return Foreign(key=key, name=file.name.split(".")[0], files=files, **parts)


@contextmanager
def _on_disk(files: Mapping[str, bytes]) -> Iterator[tuple[Path, Path | None]]:
    """The file of a network and that of its weights, for a time."""
    main, weights = _roles(list(files))
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, content in files.items():
            paths[name] = Path(folder) / (PurePath(name).name or "network")
            paths[name].write_bytes(content)
        try:
            yield paths[main], paths[weights] if weights else None
        except ModelError as error:
            raise ModelError(str(error).replace(f"{folder}/", "")) from error


def _of_keras(file: Path, weights: Path | None) -> dict[str, Any]:
    predictors.import_keras()
    network = read_network(file, weights=weights)
    shape, classes = faces_and_classes(network)
    return {
        "outputs_of": network.predict_on_batch,
        "shape": shape,
        "classes": classes,
        "facts": {
            "Answers with": _ANSWERS[ending_needed(network, shape, _ANY_SCALE)],
            "Parameters": f"{network.count_params():,}",
            "Layers": f"{len(network.layers):,}",
        },
    }


def _of_onnx(file: Path, output: str | None) -> dict[str, Any]:
    require("onnx")
    require("onnxruntime")
    from fer.models import onnx_adoption, onnx_reading

    usual = (len(emotions.FER2013), len(emotions.ALL))
    network = onnx_reading.read_network(file, output=output, likely=usual)
    return {
        "outputs": network.outputs,
        "output": network.output,
        "outputs_of": network.run,
        "shape": network.shape,
        "classes": network.classes,
        "facts": {
            "Answers with": _ANSWERS[onnx_adoption.ending_needed(network, _ANY_SCALE)],
            "Made by": network.maker or "–",
            "Layers": f"{len(network.proto.graph.node):,}",
        },
    }


def _roles(names: list[str]) -> tuple[str, str | None]:
    """The file of the network, and that of its weights if it is named by hand.

    An ONNX file names its second file itself.
    """
    graphs = [name for name in names if name.lower().endswith(".onnx")]
    if len(graphs) == 1 and not any(name.lower().endswith(".json") for name in names):
        return graphs[0], None
    described = [name for name in names if name.lower().endswith(".json")]
    others = [name for name in names if name not in described]
    if described == names and len(names) == 1:
        raise ModelError(
            f"'{names[0]}' describes a network without its weights. Upload its weights with it: "
            "choose both files at once."
        )
    if len(names) == 1:
        return names[0], None
    if len(described) == 1 and len(others) == 1:
        return described[0], others[0]
    raise ModelError(
        f"{len(names)} files were given: {', '.join(names)}. Upload one network: a single file, or "
        "a .json file with its weights, or an .onnx file with its second one."
    )


def faces_for(foreign: Foreign, dataset: str) -> Work[Dataset]:
    """A data set in the shape of a network."""
    return _opening(dataset, foreign.shape)


@st.cache_resource(max_entries=_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _opening(dataset: str, shape: tuple[int, int, int]) -> Work[Dataset]:
    height, width, channels = shape
    return dataset_work(
        dataset,
        lambda meter: load_dataset(
            dataset, height=height, width=width, channels=channels, progress=meter
        ),
    )


def search_for(foreign: Foreign, dataset: Dataset) -> Work[ContractSearch]:
    """The search for the contract of a network on a data set, which may still be at work."""
    return _searching((foreign.key, dataset.name, id(dataset)), foreign, dataset)


@st.cache_resource(max_entries=_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _searching(
    key: tuple[str, str, int], _foreign: Foreign, _dataset: Dataset
) -> Work[ContractSearch]:
    def search(meter: Meter) -> ContractSearch:
        return try_scales(_foreign.outputs_of, _dataset, outputs=_foreign.classes, progress=meter)

    return Work(search)
