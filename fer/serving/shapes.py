"""What goes over the wire, as OpenAPI describes it. Behind the routes nothing uses these."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Box = Annotated[list[int], Field(min_length=4, max_length=4)]


class _Given(BaseModel):
    """What a client sends; a misspelt name is an error."""

    model_config = ConfigDict(extra="forbid")


class PhotoInJson(_Given):
    """A photo in JSON: its name, which comes back as `file`, and its file as base64."""

    name: str = Field("photo", max_length=1000)
    data: str = Field(description="Base64, or a data URL of it.")


class PhotosInJson(_Given):
    """Photos in JSON."""

    photos: list[PhotoInJson]


class FaceAnswer(BaseModel):
    """A face, with the model's answer."""

    number: int = Field(description="From 1, the largest first.")
    box: Box = Field(description="x, y, width, height in pixels of the upright photo.")
    score: float | None = Field(description="The detector's confidence.")
    emotion: str
    confidence: Share
    probabilities: dict[str, Share]
    reliable: bool
    unreliable_because: str = Field(description="Empty where the answer is reliable.")


class PhotoAnswer(BaseModel):
    """A photo, as `fer predict --json` has it: `faces` is empty where there is an `error`."""

    file: str
    error: str | None
    note: str | None
    model: str
    detector: str
    faces: list[FaceAnswer]


class Health(BaseModel):
    """The server's state."""

    status: str = Field(description="`ok`.")
    version: str
    model: str = Field(description="The model that answers where none is named.")
    loaded: bool = Field(description="Whether a model is in memory already.")


class ModelFacts(BaseModel):
    """A model. If its card cannot be read, there is an `error` and nothing else."""

    name: str
    default: bool
    error: str | None = None
    labels: list[str] = []
    height: int = 0
    width: int = 0
    channels: int = 0
    sha256: str = ""
    parameters: int = 0
    created: str = ""
    forms: list[str] = []
    metrics: dict[str, Any] = Field({}, description="By split, as in the model's card.")


class JobState(BaseModel):
    """A job and how far it is."""

    id: str
    status: Literal["waiting", "running", "done"]
    model: str
    detector: str
    photos: int
    done: int = Field(description="Photos that have a result, those that failed included.")
    failed: int
    progress: Share
    eta_s: float | None = Field(description="Seconds left; null while unknown.")
    created: datetime


class Consent(BaseModel):
    """What people agree to before a correction is kept."""

    version: str
    text: list[str]
    verdicts: list[str] = Field(description="Answers beside the model's own labels.")


class Key(BaseModel):
    """A contributor's key."""

    key: str


class NewCorrection(_Given):
    """A correction with its photo, of which only the face that the network saw is kept."""

    id: str = Field(description="A random UUID: the same one sent twice is kept once.")
    consent: str = Field("", description="The version of the text that the person agreed to.")
    photo: str = Field(description="The photo's file as base64. It is not kept.")
    face: int = Field(1, ge=1, description="The number of the face.")
    verdict: str = Field(description="What the face shows: a label of the model, or a verdict.")
    larger_crop: bool = Field(False, description="Whether the face's surroundings are kept, too.")
    model: str | None = None
    detector: Literal["auto", "mtcnn", "yunet", "none"] = "auto"


class KeptCorrection(BaseModel):
    """A correction that is kept."""

    id: str
    key: str | None = Field(description="The new key, shown this once; null if one was given.")
    new: bool = Field(description="False if it had been kept before.")
    emotion: str = Field(description="The model's answer.")
    verdict: str


class CorrectionFacts(BaseModel):
    """A kept correction without its pictures, as `fer feedback list --json` has it."""

    id: str
    created: datetime
    contributor: str
    consent: str
    source: str
    model: str
    model_sha256: str
    labels: list[str]
    probabilities: list[Share]
    verdict: str
    detector: str
    side_px: float | None
    sharpness: float | None
    unreliable_because: str
    face: str
    status: str
    label: str
    reason: str
    held_out: bool | None


class Deleted(BaseModel):
    """How many corrections were deleted."""

    deleted: int


class ProblemDocument(BaseModel):
    """A refusal (RFC 9457). Some kinds have more members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    request_id: str
