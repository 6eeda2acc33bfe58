"""Images as arrays: safe decoding, and the one way to shape a face for a network.

RGB everywhere; grey has one channel. OpenCV's BGR appears only where OpenCV is called.
"""

import io
import stat
import warnings
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from fer.errors import ImageError, ImageTooLargeError, ImageTooSmallError, UnreadableImageError

# Damaged metadata, odd tags, huge sizes: `decode` raises an error for those that matter. Not
# around each call, as Python's filters apply to all threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")
SUFFIXES = frozenset({".jpg", ".jpeg", ".mpo", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
"""Suffixes of the files that `decode` can probably read."""

MAX_PIXELS = 50_000_000
MAX_BYTES = 200_000_000
MIN_SIDE_PX = 12
_MAX_PREVIEW_PIXELS = 2_000_000

_EXPECTED = "a JPEG, PNG, WebP, GIF, BMP or TIFF image"
_GROUND = (255, 255, 255)  # shows through transparent pixels


def decode(source: Path | str | bytes | np.ndarray) -> np.ndarray:
    """Read an image, upright, in any supported format.

    EXIF orientation is applied, transparency is laid on white, 16-bit and floating-point values
    are scaled to 8 bits, CMYK becomes RGB, and an animation gives its first frame.

    Args:
        source: A file, the bytes of one, or pixels: uint8, grey (h, w) or (h, w, 1), or RGB
            (h, w, 3), which come back as they are.

    Returns:
        RGB, shape (height, width, 3), uint8.

    Raises:
        UnreadableImageError: If there is no file, or it is not a complete image of a known format.
        ImageTooLargeError: If it has over 50 megapixels or 200 MB; no pixel has been decoded then.
        ImageTooSmallError: If its shorter side is under 12 pixels.
    """
    if isinstance(source, np.ndarray):
        return _from_pixels(source)
    if isinstance(source, bytes):
        return _from_bytes(source, "The image")
    if isinstance(source, (str, Path)):
        return _from_bytes(_read(source), f"'{source}'")
    raise UnreadableImageError(
        f"Found {type(source).__name__}; expected a path, the bytes of a file or a NumPy array."
    )


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


def _from_pixels(pixels: np.ndarray) -> np.ndarray:
    shape = pixels.shape if pixels.ndim != 2 else (*pixels.shape, 1)
    if pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] not in (1, 3):
        raise UnreadableImageError(
            f"Found an array of {pixels.dtype} with shape {pixels.shape}; expected uint8, 0–255, "
            "with shape (height, width) for grey or (height, width, 3) for RGB."
        )
    _check_size(shape[1], shape[0], "The array")
    return pixels if shape[2] == 3 else np.repeat(pixels.reshape(shape), 3, axis=2)


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


def _from_bytes(data: bytes, name: str) -> np.ndarray:
    _check_bytes(len(data), name)
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(*image.size, name)
            image.load()
            with suppress(Exception):  # an image with damaged metadata is still an image
                ImageOps.exif_transpose(image, in_place=True)
            return np.array(_to_rgb(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(f"{name} has over {MAX_PIXELS / 1e6:.0f}") from None
    except UnidentifiedImageError:
        raise UnreadableImageError(
            f"{name} is {_kind(data)}; expected {_EXPECTED}. Save it as JPEG or PNG."
        ) from None
    except ImageError:
        raise
    except Exception as error:
        # Pillow's readers answer damaged bytes with nearly every built-in exception.
        raise UnreadableImageError(
            f"{name} is damaged or cut short ({error}); expected {_EXPECTED}. "
            "Copy or download it again, or save it anew as JPEG or PNG."
        ) from error


def _check_bytes(count: int, name: str) -> None:
    if count == 0:
        raise UnreadableImageError(f"{name} is empty (0 bytes); expected {_EXPECTED}.")
    if count > MAX_BYTES:
        raise ImageTooLargeError(
            f"{name} has {count / 1e6:,.0f} MB; at most {MAX_BYTES / 1e6:.0f} can be used. "
            "Scale it down, or save it as JPEG."
        )


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise _too_large(f"{name} has {width:,}×{height:,} pixels, {width * height / 1e6:,.0f}")
    if min(width, height) < MIN_SIDE_PX:
        raise ImageTooSmallError(
            f"{name} has {width:,}×{height:,} pixels; a face needs at least {MIN_SIDE_PX} on the "
            "shorter side. Use a larger image."
        )


def _too_large(size: str) -> ImageTooLargeError:
    return ImageTooLargeError(
        f"{size} megapixels; at most {MAX_PIXELS / 1e6:.0f} can be used. Scale it down."
    )


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return Image.fromarray(_to_8_bits(np.asarray(image))).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, _GROUND)
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_8_bits(values: np.ndarray) -> np.ndarray:
    """Scale grey values: 16-bit values span 0–65535; the range of others is inferred.

    32-bit and floating-point formats have no fixed white: it is taken as 1 (floats only), 255 or
    65535, the first that holds all values; where none does, the values are stretched.
    """
    if values.dtype.itemsize == 2:
        return cv2.convertScaleAbs(values.astype(np.uint16), alpha=255 / 65535)
    whites = (1, 255, 65535) if values.dtype.kind == "f" else (255, 65535)
    finite = np.nan_to_num(values.astype(np.float32), nan=0, posinf=0, neginf=0)
    low, high = float(finite.min()), float(finite.max())
    white = next((white for white in whites if high <= white), None)
    if low < 0 or white is None:
        scale = 255 / (high - low) if high > low else 0
        return cv2.convertScaleAbs(finite, alpha=scale, beta=-low * scale)
    return cv2.convertScaleAbs(finite, alpha=255 / white)


_SIGNATURES = (
    (b"\xff\xd8\xff", "a damaged JPEG"),
    (b"\x89PNG", "a damaged PNG"),
    (b"GIF8", "a damaged GIF"),
    (b"RIFF", "a damaged WebP, or sound or video"),
    (b"II*\0", "a damaged TIFF"),
    (b"MM\0*", "a damaged TIFF"),
    (b"%PDF", "a PDF"),
    (b"PK\3\4", "a ZIP archive or a document"),
)


def _kind(data: bytes) -> str:
    """A guess at the format of bytes that are not an image."""
    head = data[:1024]
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[4:8] == b"ftyp":
        return "an HEIC or AVIF photo, or a video"
    if b"<svg" in head.lower():
        return "an SVG drawing"
    is_text = all(byte >= 32 or byte in b"\t\n\r" for byte in head)
    return "text" if is_text else "in a format that is not known"
