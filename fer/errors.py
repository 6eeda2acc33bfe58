"""Every deliberate error: a message says what was found, what was expected and what to do."""


class FerError(Exception):
    """The base of all errors that are raised on purpose."""


class ImageError(FerError):
    """An image that cannot be used."""


class UnreadableImageError(ImageError):
    """Bytes that are not an image of a known format, or a damaged one."""


class ImageTooLargeError(ImageError):
    """An image with more pixels than allowed."""


class ImageTooSmallError(ImageError):
    """An image with too few pixels to hold a face."""


class TooManyFacesError(ImageError):
    """A photo with more faces than allowed."""


class VideoError(FerError):
    """A video that cannot be read or written."""


class StreamError(FerError):
    """A camera's frame that is refused.

    Attributes:
        reason: `busy`, `gone`, `image`, `origin`, `rate`, `size` or `type`.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ResultsError(FerError):
    """A file of results that is not what it should be."""


class ScalingError(FerError):
    """A Ray cluster that does not answer, or whose machines do not agree."""


class DetectorError(FerError):
    """A face detector that is unknown, missing or damaged."""


class LabelError(FerError):
    """An emotion name outside the known sets."""


class DatasetError(FerError):
    """A data set that is not there or cannot be read."""


class MissingPackageError(FerError):
    """A package of an extra that is not installed."""


class ConfigError(FerError):
    """A setting that is impossible."""


class TrainingError(FerError):
    """A training that cannot start, continue or end well."""


class ModelError(FerError):
    """A trained model that cannot be loaded or saved."""


class ModelNotFoundError(ModelError):
    """No model of that name or at that path."""


class CardError(ModelError):
    """A card that is damaged, from a newer version, or does not fit its network."""


class FeedbackError(FerError):
    """A correction, or what is done with it, that is not as it should be."""


class FeedbackUnavailable(FeedbackError):  # noqa: N818 - a state that passes, no mistake
    """The database of corrections cannot be used at the moment; nothing was changed."""


class AccessError(FerError):
    """A key, a role or a setting of either that is not as it should be."""


class NotAllowedError(AccessError):
    """Something that a person may not do."""
