"""The types of what a `card.json` holds. All that is shown of a card relies on them."""

from collections.abc import Mapping, Sequence
from typing import NotRequired, Required, TypedDict

from fer.typed import Empty

Interval = tuple[float, float]


class _Measured(TypedDict):
    images: int
    accuracy: float
    accuracy_ci95: Interval


class _Class(TypedDict):
    support: int
    precision: float
    recall: float
    f1: float


class _Maybe(TypedDict, total=False):
    """Figures of a part of the faces, which may be none."""

    images: int
    accuracy: float | None
    leaked: int
    relabelled: int
    excluded: int


class _Votes(TypedDict, total=False):
    majority_images: int
    majority_accuracy: float | None
    label_is_majority: float | None
    agreed_images: int
    agreed_accuracy: float | None
    disputed_images: int
    disputed_accuracy: float | None


class _Figures(_Measured):
    balanced_accuracy: float
    macro_f1: float
    per_class: Mapping[str, _Class]
    ece: NotRequired[float]
    ci95: NotRequired[Mapping[str, Interval]]
    dataset: NotRequired[str]
    leak_free: NotRequired[_Maybe | None]
    by_hand: NotRequired[_Maybe | None]
    votes: NotRequired[_Votes | None]


class _Slice(_Measured):
    by: str
    value: str | float


class _Other(_Measured):
    name: str
    how: str
    dataset: str
    balanced_accuracy: float
    ece: float
    ci95: NotRequired[Mapping[str, Interval]]


class _Checked(_Measured):
    dataset: str
    synthetic: NotRequired[bool]
    limits: NotRequired[Sequence[str]]


class _Contract(TypedDict, total=False):
    scale: str
    checked: _Checked | Empty


class _Data(TypedDict, total=False):
    name: str
    synthetic: bool
    fingerprint: str
    faces: str
    split_rule: str
    splits: Mapping[str, int]


class _Config(TypedDict, total=False):
    architecture: str
    dataset: str
    options: Mapping[str, float]
    seed: int
    start_from: str
    truth: str
    validation_fraction: float


class _Training(TypedDict, total=False):
    command: str
    epochs_run: int
    seconds: float
    stopped: bool


class _Calibration(TypedDict):
    dataset: str
    images: int
    ece_before: float
    ece_after: float


class _Form(TypedDict):
    file: str
    bytes: int
    sha256: str


class _MeasuredForm(_Form):
    dataset: NotRequired[str]  # version 0.1.0 did not name it
    split: str
    synthetic: NotRequired[bool]
    images: int
    accuracy: float
    accuracy_ci95: Interval
    balanced_accuracy: NotRequired[float]
    balanced_accuracy_ci95: NotRequired[Interval]
    largest_difference: NotRequired[float]
    same_answer: NotRequired[float]
    one_face_ms: float


class _UnmeasuredForm(_Form):
    accuracy: NotRequired[None]


class CardFile(TypedDict, total=False):
    """A `card.json`; `fer.models.card.ModelCard` describes its entries."""

    name: Required[str]
    labels: Required[Sequence[str]]
    height: Required[int]
    width: Required[int]
    channels: Required[int]
    framing: Required[Mapping[str, float]]
    data: Required[_Data]
    metrics: Mapping[str, _Figures]
    slices: Mapping[str, Sequence[_Slice]]
    other_data: Sequence[_Other]
    contract: _Contract
    remarks: Sequence[str]
    config: _Config
    training: _Training
    temperature: float
    calibration: _Calibration | Empty
    forms: Mapping[str, _MeasuredForm | _UnmeasuredForm]
    versions: Mapping[str, str]
    created: str
    made_by: str
    original: str
    model_sha256: str
    parameters: int
    multiply_adds: int
    format: int
