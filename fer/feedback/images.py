"""The pictures of corrections: PNG files that hold pixels and nothing else."""

from fer.errors import FeedbackError, ImageError
from fer.images import decode
from fer.pixels import content_hash

MAX_BYTES = 4_000_000
"""Of one picture."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def content_of(png: bytes) -> tuple[bytes, str]:
    """A PNG file without its metadata, which may name people and places; and its pixels' hash.

    Raises:
        FeedbackError: If it is no complete PNG file, or too large.
    """
    if not png.startswith(_SIGNATURE) or len(png) > MAX_BYTES:
        raise FeedbackError(
            f"A picture of the correction has {len(png):,} bytes that start with {png[:4]!r}; "
            f"expected a PNG file of at most {MAX_BYTES:,} bytes."
        )
    plain = _pixels_only(png)
    try:
        return plain, content_hash(decode(plain))
    except ImageError as error:
        raise FeedbackError(f"A picture of the correction cannot be kept. {error}") from error


def _pixels_only(png: bytes) -> bytes:
    """The chunks that are needed to draw it; those names begin with a capital letter."""
    kept, start = [_SIGNATURE], len(_SIGNATURE)
    while start < len(png):
        length, name = int.from_bytes(png[start : start + 4]), png[start + 4 : start + 8]
        end = start + 12 + length
        if name[:1].isupper() or name == b"tRNS":
            kept.append(png[start:end])
        if name == b"IEND":
            break
        start = end
    return b"".join(kept)
