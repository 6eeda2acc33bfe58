"""Files and folders by path or URL, as fsspec opens them; those of S3 need no further package."""

import re
from functools import lru_cache
from typing import IO, Any

import fsspec
from fsspec.implementations.arrow import ArrowFSWrapper

from fer.errors import ScalingError

_REASONS = {  # by what Arrow's messages have
    "NO_SUCH_BUCKET": "there is no such bucket",
    "To create buckets": "there is no such bucket",
    "ACCESS_DENIED": "the server denies access; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "INVALID_ACCESS_KEY_ID": "the server does not know the key; check AWS_ACCESS_KEY_ID",
    "SIGNATURE_DOES_NOT_MATCH": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "NETWORK_CONNECTION": "the server does not answer; check AWS_ENDPOINT_URL and the network",
}


def located(url: str) -> tuple[Any, str]:
    """The file system of a path or URL, and the path there.

    S3 is read by Arrow, which takes keys, region and AWS_ENDPOINT_URL from where AWS's own programs
    take them.

    Raises:
        ScalingError: If nothing reads such URLs, or the bucket cannot be found.
    """
    if url.startswith("s3://"):
        path = url.removeprefix("s3://").strip("/")
        return _bucket(path.partition("/")[0]), path
    try:
        files, path = fsspec.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise ScalingError(f"'{url}' cannot be reached: {error}.") from None
    return files, path


@lru_cache
def _bucket(name: str) -> Any:
    from pyarrow.fs import S3FileSystem

    try:
        # Without its delay, opening a file for writing would ask the server before there is a byte.
        files, _ = S3FileSystem.from_uri(f"s3://{name}?allow_delayed_open=true")
    except (OSError, ValueError) as error:
        raise ScalingError(f"'s3://{name}' cannot be reached: {reason_of(error)}.") from None
    return ArrowFSWrapper(files)


def opened(url: str) -> IO[bytes]:
    """A file, open for reading."""
    files, path = located(url)
    file: IO[bytes] = files.open(path)
    return file


def reason_of(error: BaseException) -> str:
    """Why a file system refused, in words."""
    known = re.search("|".join(_REASONS), str(error))
    if known:
        return _REASONS[known[0]]
    return str(getattr(error, "strerror", None) or error).rstrip(".")
