"""Images as arrays: safe decoding, and the one way to shape a face for a network.

RGB everywhere; grey has one channel. OpenCV's BGR appears only where OpenCV is called.
"""

import io
import os
import stat
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer.errors import ImageError, ImageTooLargeError, UnreadableImageError
from fer.image_formats import FORMATS, HEAD_BYTES, TGA_END, is_heic, kind_of
from fer.importing import install_command
from fer.pixels import MAX_PIXELS, check_size, on_white, rgb_from, to_8_bits, too_large

# Damaged metadata, odd tags, huge sizes: `decode` raises an error for those that matter. Not
# around each call, as Python's filters apply to all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")


def _keep_freed_memory() -> None:
    """Let this process keep the memory of one photo for the next.

    glibc gives it back after each, and a third of a prediction was spent on getting its pages
    anew. Freeing a block of almost 32 MB raises its bounds for good ("dynamic mmap threshold" in
    mallopt(3)); no page of the block is touched, and elsewhere this changes nothing.
    """
    np.empty(31 << 20, np.uint8)


_keep_freed_memory()

MAX_BYTES = 200_000_000
_MAX_PREVIEW_PIXELS = 2_000_000
_MAX_SCANNED_PIXELS = 50 * MAX_PIXELS
"""Of all scans of a JPEG together. Each scan goes over all pixels, and may take four bytes."""

_ROWS_AT_A_TIME = 64

_EXPECTED = "a JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF image, or another that Pillow reads"
_AGAIN = "Copy or download it again, or save it anew as JPEG or PNG."
_WITH_FRAMES = {"GIF", "PNG", "WEBP", "TIFF", "AVIF"}  # in others, what follows is no photo

ImageSource = Path | str | bytes | np.ndarray | Image.Image | IO[bytes] | Sequence[Any]
"""What `decode` takes."""


class FirstImage(NamedTuple):
    """An image, and whether its file holds more of them: an animation's frames, or more pages."""

    pixels: np.ndarray
    is_first_of_several: bool


def decode(source: ImageSource) -> np.ndarray:
    """Read an image, upright, in any supported format.

    EXIF orientation is applied, transparency is laid on white, 16-bit and floating-point values
    are scaled to 8 bits, CMYK becomes RGB, and an animation gives its first frame.

    Args:
        source: A file, the bytes of one, a file that is open for reading bytes, a PIL image, or
            pixels: an array or nested lists, grey (h, w), RGB (h, w, 3) or RGBA (h, w, 4), whole
            numbers of 0–255 or floats of 0–1. RGB pixels, uint8, come back as they are; OpenCV's
            BGR cannot be told from RGB, so convert it first.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        UnreadableImageError: If there is no file, it is not a complete image of a known format,
            or the pixels leave open what they mean.
        ImageTooLargeError: If it has over 50 megapixels or 200 MB, or is a JPEG of so many scans
            that it would take minutes; no pixel has been decoded then.
        ImageTooSmallError: If its shorter side is under 12 pixels.
    """
    return decode_first(source).pixels


def decode_first(source: ImageSource, *, max_pixels: int = MAX_PIXELS) -> FirstImage:
    """Like `decode`, and whether there are more images in the file.

    A file with more than `max_pixels` is refused before any pixel is decoded.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), "The image", max_pixels)
    if isinstance(source, (str, os.PathLike)):
        return _from_bytes(_read(source), f"'{os.fspath(source)}'", max_pixels)
    if isinstance(source, Image.Image):
        return FirstImage(_from_pil(source), False)
    if hasattr(source, "read"):
        return _from_bytes(_read_open(cast("IO[bytes]", source)), "The file", max_pixels)
    return FirstImage(rgb_from(source), False)


def preview(data: bytes, *, long_side_px: int) -> bytes | None:
    """A small JPEG of an image file, upright, quickly: for people to see while work goes on.

    Args:
        data: The file.
        long_side_px: Longer side of the result at most.

    Returns:
        None where the file cannot be read, or only in full and it is large: over 2 megapixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_scans(image, data, "The image")
            image.draft("RGB", (long_side_px, long_side_px))
            if image.width * image.height > _MAX_PREVIEW_PIXELS:
                return None
            image.thumbnail((long_side_px, long_side_px))
            buffer = io.BytesIO()
            ImageOps.exif_transpose(image).convert("RGB").save(buffer, "JPEG", quality=80)
    except Exception:  # noqa: BLE001 - damaged images raise nearly anything; `decode` explains it
        return None
    return buffer.getvalue()


def to_network_input(face: np.ndarray, *, height: int, width: int, channels: int) -> np.ndarray:
    """Shape one face crop the way every network of the project takes it.

    Training, evaluation and prediction all come through here. Scaling of values is the
    network's first layer.

    Args:
        face: Grey (h, w) or (h, w, 1), or RGB (h, w, 3); uint8, 0–255.
        height: Height of the result in pixels.
        width: Width of the result in pixels.
        channels: 1 for grey (ITU-R BT.601 luma), 3 for RGB.

    Returns:
        Shape (height, width, channels), uint8. Area averaging when shrinking, bilinear when
        growing.
    """
    if face.ndim == 3 and face.shape[2] == 1:
        face = face[:, :, 0]
    if channels == 1 and face.ndim == 3:
        face = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    elif channels == 3 and face.ndim == 2:
        face = cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)
    if face.shape[:2] != (height, width):
        shrinks = face.shape[0] * face.shape[1] > height * width
        mode = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        face = cv2.resize(face, (width, height), interpolation=mode)
    return face.reshape(height, width, channels)


def _read(path: Path | str) -> bytes:
    try:
        status = Path(path).stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a file"
            raise UnreadableImageError(f"'{path}' is {kind}; expected {_EXPECTED}.")
        _check_bytes(status.st_size, f"'{path}'")
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UnreadableImageError(f"There is no file '{path}'. Check its name.") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise UnreadableImageError(
            f"'{path}' cannot be read: {reason}. Check that you may open it."
        ) from None


def _read_open(file: IO[bytes]) -> bytes:
    """An open file from its beginning, wherever it was read or written last."""
    try:
        with suppress(OSError, AttributeError):  # a pipe has no beginning to go back to
            file.seek(0)
        data: object = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise UnreadableImageError(
            f"The open file cannot be read: {error}. Open it anew."
        ) from None
    if not isinstance(data, bytes):
        raise UnreadableImageError("The file is open as text. Open it with mode 'rb'.")
    return data


def _from_bytes(data: bytes, name: str, max_pixels: int) -> FirstImage:
    _check_bytes(len(data), name)
    head = data[:HEAD_BYTES]
    formats = _heif(name) if is_heic(head) else FORMATS
    if data.endswith(TGA_END):
        formats = (*formats, "TGA")
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            check_size(*image.size, name, max_pixels=max_pixels)
            _check_scans(image, data, name)
            image.load()
            with suppress(Exception):  # an image with damaged metadata is still an image
                ImageOps.exif_transpose(image, in_place=True)
            return FirstImage(_pixels(_to_rgb(image)), _has_more(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large(f"{name} has over {max_pixels / 1e6:.0f}", max_pixels) from None
    except UnidentifiedImageError:
        kind = kind_of(head)
        if kind.startswith("a damaged"):
            raise UnreadableImageError(f"{name} is {kind}. {_AGAIN}") from None
        is_packed = "archive" in kind
        advice = "Unpack it, and give the images" if is_packed else "Save it as JPEG or PNG"
        raise UnreadableImageError(f"{name} is {kind}; expected {_EXPECTED}. {advice}.") from None
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers answer damaged bytes with nearly every built-in exception.
        raise UnreadableImageError(f"{name} is damaged or cut short ({error}). {_AGAIN}") from error


def _from_pil(image: Image.Image) -> np.ndarray:
    """The image that a PIL image is at, upright; it stays as it is."""
    check_size(*image.size, "The image")
    try:
        upright = image
        with suppress(Exception):
            upright = ImageOps.exif_transpose(image)
        return _pixels(_to_rgb(upright))
    except Exception as error:
        raise UnreadableImageError(
            f"The PIL image cannot be read ({error}). Its file may be damaged or closed: open it "
            "again."
        ) from error


def _heif(name: str) -> tuple[str, ...]:
    """The format to give to Pillow for an HEIC photo, once its reader is there."""
    try:
        from pillow_heif import register_heif_opener
    except ModuleNotFoundError:
        raise UnreadableImageError(
            f"{name} is an HEIC photo. Save it as JPEG, or install the package pillow-heif, which "
            f"reads it, with: {install_command('heic')}"
        ) from None
    if "HEIF" not in Image.OPEN:
        register_heif_opener()
    return ("HEIF",)


def _has_more(image: Image.Image) -> bool:
    with suppress(Exception):  # what follows may be damaged
        return image.format in _WITH_FRAMES and bool(getattr(image, "is_animated", False))
    return False


def _check_bytes(count: int, name: str) -> None:
    if count == 0:
        raise UnreadableImageError(f"{name} is empty (0 bytes); expected {_EXPECTED}.")
    if count > MAX_BYTES:
        raise ImageTooLargeError(
            f"{name} has {count / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} can be used. "
            "Scale it down, or save it as JPEG."
        )


def _check_scans(image: Image.Image, data: bytes, name: str) -> None:
    """Refuse a JPEG that would take minutes: programs write some ten scans, files may hold any."""
    if image.format not in ("JPEG", "MPO"):
        return
    scans = data.count(b"\xff\xda")  # never in a scan, and seldom in metadata
    if scans * image.width * image.height > _MAX_SCANNED_PIXELS:
        raise ImageTooLargeError(
            f"{name} is a JPEG of {scans:,} scans, which would take minutes to read; expected "
            f"some ten. {_AGAIN}"
        )


def _pixels(image: Image.Image) -> np.ndarray:
    """The pixels of an RGB image, a few rows at a time.

    As a whole, Pillow copies them three times, each time into memory that the system has to clear.
    """
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, _ROWS_AT_A_TIME):
        rows = image.crop((0, top, width, min(top + _ROWS_AT_A_TIME, height)))
        pixels[top : top + _ROWS_AT_A_TIME] = np.asarray(rows)
    return pixels


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(to_8_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        return on_white(image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")
