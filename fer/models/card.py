"""The card of a trained network: its preprocessing contract and its record, as `card.json`."""

import json
import platform
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer import settings
from fer.errors import CardError, DatasetError, FerError
from fer.models.card_types import CardFile
from fer.people import acting
from fer.typed import from_json, has_no_infinity, problem

if TYPE_CHECKING:
    import keras

    from fer.data import Dataset

FORMAT = 1
"""Version of the card's layout that this code writes, and the newest that it reads."""

ORIGINALS = ("keras", "onnx")
"""The forms that a network can be trained or adopted in. A Keras network has layers to look into
and to train further; an ONNX network only answers."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """How a network is used, and where it and its figures come from.

    Attributes:
        name: Name of the model.
        labels: Classes in the order of the outputs.
        height: Height of the input in pixels.
        width: Width of the input in pixels.
        channels: 1 for grey, 3 for RGB. Values are uint8 0–255; scaling is inside the network.
        framing: How a face is cut out of a photo (`fer.faces.alignment.Framing`).
        data: Name, fingerprint, split rule and faces by split of the training data, and in
            `faces` a hash of its faces alone.
        metrics: By split, `images`, `accuracy`, `accuracy_ci95`, `balanced_accuracy`, … as
            `fer.evaluate` gives them. Only `validation` has picked anything.
        slices: By split other than train and validation, accuracy by brightness, contrast and
            sharpness, the worst first, as `fer.evaluation.slices` gives them.
        other_data: Figures on other data, as rows with its `name`, `how` it was made, the `dataset`
            whose faces it shows, the number of its `faces`, and of those that have an answer the
            same keys as in `metrics`.
        contract: Of a network from elsewhere, the `scale` of `fer.models.pixel_scales` that it was
            adopted with, and in `checked` the `dataset`, whether its faces are drawn (`synthetic`),
            their number (`images`), `accuracy` and `accuracy_ci95` where these and the labels
            proved right. Empty for one trained here.
        remarks: Its maker's notes, such as results measured elsewhere.
        config: The training configuration.
        training: Epochs run, the best one, seconds, and whether it was stopped early. Of one that
            learnt from corrections, their hashes in `feedback`, and in `origin` the `name` and
            `sha256` of the model before all of them.
        temperature: What `Model.classify` divides the logits by (Guo et al. 2017); 1 leaves
            the network's own probabilities.
        calibration: What the temperature was fitted on, and the ECE before and after.
        forms: By form (`keras`, `litert`, `litert-int8`, `onnx`) its `file`, `bytes`, `sha256`, and
            what `fer.evaluation.parity` measured of it and of its difference from the original.
            Empty until the model is exported.
        versions: Versions of Python, the libraries and the backend.
        created: Time of training, ISO 8601, UTC.
        made_by: Who trained or adopted it; "" where nobody had to sign in.
        original: The form that the network was trained or adopted in, `keras` or `onnx`.
        model_sha256: SHA-256 of the original's file.
        parameters: Number of weights.
        multiply_adds: Multiply-adds of one face.
        format: Version of this layout.
    """

    name: str
    labels: tuple[str, ...]
    height: int
    width: int
    channels: int
    framing: Mapping[str, Any]
    data: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    slices: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    other_data: Sequence[Mapping[str, Any]] = ()
    contract: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    temperature: float = 1.0
    calibration: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    made_by: str = ""
    original: str = "keras"
    model_sha256: str = ""
    parameters: int = 0
    multiply_adds: int = 0
    format: int = FORMAT

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise CardError(f"The model card is not valid: {problem}.")

    def _problem(self) -> str:
        are_names = all(isinstance(label, str) and label for label in self.labels)
        if not are_names or len(set(self.labels)) < max(2, len(self.labels)):
            return f"labels must be two or more different names, not {list(self.labels)}"
        for name in ("height", "width"):
            value = getattr(self, name)
            if not isinstance(value, int) or not 16 <= value <= 512:
                return f"{name} must be a whole number from 16 to 512, not {value!r}"
        if self.channels not in (1, 3):
            return f"channels must be 1 or 3, not {self.channels!r}"
        if self.original not in ORIGINALS:
            return f"original must be one of {', '.join(ORIGINALS)}, not {self.original!r}"
        if type(self.temperature) not in (int, float) or not 0.01 <= self.temperature <= 100:
            return f"temperature must be a number from 0.01 to 100, not {self.temperature!r}"
        return ""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the faces that the network takes."""
        return self.height, self.width, self.channels

    @property
    def is_unchecked(self) -> bool:
        """Whether it comes from elsewhere and nobody has checked its labels and its scale.

        Only networks from elsewhere name no data that they were trained on.
        """
        return not self.data and not self.contract.get("checked")

    def to_json(self) -> str:
        """The card as readable JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def check_shape(
    error: type[FerError],
    given: str,
    found: Sequence[int | None],
    taker: str,
    expected: Sequence[int],
    advice: str,
) -> None:
    """Raise `error` if the height, width and channels found differ from the expected ones.

    `given` begins its message ("The faces of 'mine' have"), `taker` the second half ("the model
    'ferplus' takes"); `advice` ends it.
    """
    if tuple(found) != tuple(expected):
        raise error(
            f"{given} (height, width, channels) {tuple(found)}; {taker} {tuple(expected)}. {advice}"
        )


def check_faces(dataset: "Dataset", taker: str, expected: Sequence[int]) -> None:
    """Raise DatasetError if the faces of a data set have another shape than `taker` needs."""
    check_shape(
        DatasetError,
        f"The faces of '{dataset.name}' have",
        dataset.pixels.shape[1:],
        taker,
        expected,
        "Give the data set by name or path, and it is read in that shape.",
    )


def read_card(path: Path) -> ModelCard:
    """Read and check a `card.json`.

    Raises:
        CardError: If it is missing, damaged, from a newer version, or impossible.
    """
    try:
        values = from_json(path.read_bytes())
    except FileNotFoundError:
        error = CardError(
            f"No card at '{path}'. A model is a folder with a network and card.json. Train one."
        )
        error.add_note("To train one: python -m fer train")
        raise error from None
    except (OSError, ValueError) as error:
        raise CardError(
            f"The card '{path}' cannot be read ({error}). Restore it or train the model again."
        ) from None
    if not isinstance(values, dict):
        raise CardError(f"The card '{path}' holds a {type(values).__name__}, not an object.")
    found = values.get("format")
    if type(found) is not int:
        raise CardError(f"The card '{path}' has no format number. Is it a card of this project?")
    if found > FORMAT:
        raise CardError(
            f"The card '{path}' has format {found}; this version reads up to {FORMAT}. Update fer."
        )
    wrong = problem(values, CardFile)
    if not wrong and not has_no_infinity(values):
        wrong = "it holds a number that is infinite or none"
    if wrong:
        raise CardError(
            f"The card '{path}' is not valid: {wrong}. Restore it or train the model again."
        )
    values["labels"] = tuple(values["labels"])
    values["other_data"] = tuple(values.get("other_data", ()))
    return ModelCard(**{key: values[key] for key in CardFile.__annotations__ if key in values})


def facts_of(network: "keras.Model") -> dict[str, Any]:
    """What a card records of a new network: its input, its cost, its time and the versions."""
    import keras

    from fer.nets.cost import multiply_adds

    height, width, channels = network.input_shape[1:]
    backend = keras.backend.backend()
    return {
        "height": height,
        "width": width,
        "channels": channels,
        **time_and_versions("keras", backend, backend=backend),
        "parameters": network.count_params(),
        "multiply_adds": multiply_adds(network),
    }


def time_and_versions(*packages: str, **others: str) -> dict[str, Any]:
    """`created`, `made_by` and `versions` of a new card.

    The versions are those of these packages and of what all models need.
    """
    versions = {"fer": settings.VERSION, "python": platform.python_version(), **others}
    for package in (*packages, "numpy", "opencv-python-headless", "pillow"):
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return {"versions": versions, "created": created, "made_by": acting().name}
