"""Which files are images: by their suffix, or by how their content begins."""

import re
from pathlib import Path, PurePath

from fer.files import is_text

FORMATS = (
    "JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "JPEG2000", "PPM", "PCX", "PSD", "QOI",
    "SGI", "SUN",
)  # fmt: skip
"""Pillow's formats that are read, the usual ones first; HEIF and TGA come in where they are met."""

_ICONS = "it holds images of other formats, whose size is known only once they are decoded"
_NOT_DECODED = "Pillow recognises it, and leaves decoding to a program that is not there"
_SIGNATURE = "it has no signature, or too short a one: other files would pass for it"
_NO_PHOTOS = "it is for textures of games, brushes or films of old, not for photos"

LEFT_OUT = {
    "EPS": "Pillow starts Ghostscript, which runs the file as a program",
    "WMF": "only Windows can draw it",
    "PDF": "Pillow only writes it",
    "PALM": "Pillow only writes it",
    "XBM": "it is the source text of a program",
    "XPM": "it is the source text of a program",
    "FITS": "telescopes' values have no fixed black and white",
    **dict.fromkeys(("CUR", "DCX", "ICNS", "ICO", "IPTC", "XVTHUMB"), _ICONS),
    **dict.fromkeys(("BUFR", "GRIB", "HDF5", "MPEG"), _NOT_DECODED),
    **dict.fromkeys(("DIB", "IM", "IMT", "MCIDAS", "MSP", "PCD", "PIXAR", "SPIDER"), _SIGNATURE),
    **dict.fromkeys(("BLP", "DDS", "FLI", "FTEX", "GBR"), _NO_PHOTOS),
}
"""Why Pillow's other formats are not read."""

SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".bmp", ".gif", ".tif", ".tiff",
    ".webp", ".avif", ".avifs", ".heic", ".heics", ".heif", ".heifs", ".hif",
    ".jp2", ".j2k", ".jpc", ".jpf", ".jpx", ".j2c", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm",
    ".pcx", ".psd", ".qoi", ".bw", ".rgb", ".rgba", ".sgi", ".ras",
    ".tga", ".icb", ".vda", ".vst",
})  # fmt: skip
"""Suffixes of the files that are taken as images, whatever they turn out to hold."""

_RAW_SUFFIXES = frozenset({
    ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".srw",
})  # fmt: skip
HEAD_BYTES = 1024
"""How much of a file's beginning tells what it is."""

TGA_END = b"TRUEVISION-XFILE.\0"
"""How a TGA file ends; at its beginning it has no signature."""

_IMAGES = (
    (rb"\xff\xd8", "JPEG"),
    (rb"\x89PNG", "PNG"),
    (rb"GIF8", "GIF"),
    (rb"BM.{4}\0\0\0\0", "BMP"),
    (rb"RIFF.{4}WEBP", "WebP"),
    (rb"II[*+]\0|MM\0[*+]", "TIFF"),
    (rb"\0\0\0\x0cjP  \r\n|\xff\x4f\xff\x51", "JPEG 2000"),
    (rb"P[1-6]\s[\s\d#]|Pf\s", "PPM"),
    (rb"\x0a[\x00\x02\x03\x05]\x01[\x01\x02\x04\x08]", "PCX"),
    (rb"8BPS\x00\x01", "Photoshop image"),
    (rb"qoif", "QOI"),
    (rb"\x01\xda[\x00\x01][\x01\x02]", "SGI"),
    (rb"\x59\xa6\x6a\x95", "Sun raster"),
)
_OTHERS = (
    (rb"%PDF", "a PDF"),
    (rb"%!PS", "a PostScript document"),
    (rb"PK\x03\x04", "a ZIP archive or a document"),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b", "an archive"),
    (rb"RIFF|OggS|ID3|fLaC|\x1aE\xdf\xa3", "sound or a video"),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "a JPEG XL image"),
    (rb"\x93NUMPY", "a NumPy array"),
    (rb"version https://git-lfs", "a Git LFS pointer instead of the file itself"),
    (rb"\s*(?i:<!doctype html|<html)", "a web page"),
    (rb"\0+\Z", "nothing but zeros"),
)


def _compiled(signatures: tuple[tuple[bytes, str], ...]) -> list[tuple[re.Pattern[bytes], str]]:
    return [(re.compile(pattern, re.DOTALL), name) for pattern, name in signatures]


_IMAGE_PATTERNS, _OTHER_PATTERNS = _compiled(_IMAGES), _compiled(_OTHERS)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}


def why_no_image(name: str, head: bytes) -> str:
    """What a file is instead of an image, such as "text"; "" if it may be an image.

    Args:
        name: Its name: one that ends as images do is enough.
        head: Its first `HEAD_BYTES` bytes, which count for all other names.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix in _RAW_SUFFIXES:
        return "a camera's raw file, to be exported as JPEG"
    if suffix in SUFFIXES or _image_format(head):
        return ""
    return kind_of(head)


def why_no_image_file(file: Path) -> str:
    """The same for a file, which is only opened if its name does not tell.

    One that cannot be opened may be an image; reading it gives the reason.
    """
    if file.suffix.lower() in SUFFIXES:
        return ""
    try:
        if not file.is_file():
            return "not a file"
        with file.open("rb") as opened:
            return why_no_image(file.name, opened.read(HEAD_BYTES))
    except OSError:
        return ""


def kind_of(head: bytes) -> str:
    """A guess at what bytes are that cannot be read as an image."""
    if not head:
        return "empty (0 bytes)"
    if known := _image_format(head):
        return f"a damaged {known}"
    for pattern, kind in _OTHER_PATTERNS:
        if pattern.match(head):
            return kind
    if head[4:8] == b"ftyp":
        return "a video"
    if b"<svg" in head.lower():
        return "an SVG drawing"
    return "text" if is_text(head) else "in a format that is not known"


def is_heic(head: bytes) -> bool:
    """Whether a file begins as an HEIC photo does."""
    return _image_format(head) == "HEIC photo"


def _image_format(head: bytes) -> str:
    """The format of an image that begins so; "" if it is none that is read."""
    if head[4:8] == b"ftyp":
        size = min(int.from_bytes(head[:4]), len(head))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, size, 4))}
        if brands & {b"avif", b"avis"}:
            return "AVIF photo"
        return "HEIC photo" if brands & _HEIC_BRANDS else ""
    return next((name for pattern, name in _IMAGE_PATTERNS if pattern.match(head)), "")
