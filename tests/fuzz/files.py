"""Damaged images, and archives made to do harm."""

import io
import tarfile
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from fer.data.archives import is_archive, unpack
from fer.data.uploads import add_upload
from fer.errors import FerError
from fer.images import decode, preview
from fer.inference.zip_photos import photos_in_zip
from tests.fuzz.kinds import Kind
from tests.fuzz.mutations import damaged

_NAMES = (
    "happy/1.png", "sad/2.png", "train/happy/3.png", "../4.png", "/5.png", "C:\\6.png",
    "a/../../7.png",
    "", "/", ".", "happy/" + "n" * 300 + ".png", "happy/\udce4.png", "CON", "happy",
    "happy/1.png/2.png",
    "__MACOSX/happy/1.png", "happy/a:b.png", "happy/a\\b.png", "happy/\x01.png",
    "x/" * 1900 + "1.png",
    "fer2013.csv", "votes.csv", "inner.zip", "..", "happy/..", "~/x.png", "happy/1.PNG",
)  # fmt: skip


def pictures() -> tuple[bytes, ...]:
    """An image file in each format and mode that Pillow writes."""
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, (40, 56), np.uint8)
    colour = Image.fromarray(rng.integers(0, 256, (40, 56, 3), np.uint8))
    frames = [Image.fromarray(np.roll(grey, at, 0)) for at in range(3)]
    made = []
    for kind, image, more in (
        ("JPEG", colour, {}), ("JPEG", colour, {"progressive": True}), ("JPEG", frames[0], {}),
        ("JPEG", colour.convert("CMYK"), {}), ("PNG", colour, {}), ("PNG", frames[0], {}),
        ("PNG", colour.convert("P"), {}), ("PNG", colour.convert("RGBA"), {"compress_level": 0}),
        ("PNG", frames[0], {"save_all": True, "append_images": frames[1:]}),
        ("GIF", frames[0], {"save_all": True, "append_images": frames[1:]}), ("BMP", colour, {}),
        ("TIFF", colour, {}), ("TIFF", colour, {"compression": "tiff_lzw"}),
        ("TIFF", Image.fromarray(grey / np.float32(255)), {}),
        ("TIFF", frames[0], {"save_all": True, "append_images": frames[1:]}),
        ("TIFF", Image.fromarray(grey.astype(np.uint16) * 257), {}),
        ("WEBP", colour, {}), ("WEBP", colour, {"lossless": True}),
        ("WEBP", frames[0], {"save_all": True, "append_images": frames[1:]}), ("AVIF", colour, {}),
        ("JPEG2000", colour, {}), ("PPM", colour, {}), ("PPM", frames[0], {}), ("PCX", colour, {}),
        ("TGA", colour, {}), ("TGA", colour, {"compression": "tga_rle"}), ("SGI", colour, {}),
        ("QOI", colour, {}), ("MPO", colour, {"save_all": True, "append_images": [colour]}),
    ):  # fmt: skip
        file = io.BytesIO()
        exif = Image.Exif()
        exif[0x0112] = 6
        with suppress(KeyError, OSError, ValueError):  # a format that this Pillow lacks
            image.save(file, kind, **({"exif": exif} if kind in ("JPEG", "WEBP") else {}), **more)
            made.append(file.getvalue())
    made.append(b"P2 4 4 255 " + b"7 " * 16)
    return tuple(made)


class Images(Kind):
    """What `decode` takes, as bytes and as files."""

    limit_s = 20.0

    def __init__(self, folder: Path) -> None:
        self._files = pictures()

    def feed(self, rng: Random, folder: Path) -> None:
        content = damaged(rng, rng.choice(self._files), self._files)
        with suppress(FerError):
            preview(content, long_side_px=64)
        if rng.random() < 0.3:
            file = folder / rng.choice(("a.jpg", "a.png", "a", "a.heic", "a.txt"))
            file.write_bytes(content)
            pixels = decode(file)
        else:
            pixels = decode(content)
        assert pixels.dtype == np.uint8, pixels.dtype
        assert pixels.shape[2:] == (3,), pixels.shape


class Archives(Kind):
    """Archives as uploads, as data sets and as albums of photos."""

    limit_s = 30.0

    def __init__(self, folder: Path) -> None:
        self._photos = pictures()

    def feed(self, rng: Random, folder: Path) -> None:
        with warnings.catch_warnings():  # of names that stand in an archive twice
            warnings.simplefilter("ignore")
            content = self._made(rng)
        if rng.random() < 0.6:
            content = damaged(rng, content)
        name = rng.choice(("set.zip", "set.tar", "set.tar.gz", "set", "", "../set.zip", "."))
        file = folder / "packed"
        file.write_bytes(content)
        errors = []
        for use in (
            lambda: [one.read() for one in photos_in_zip(name, content).photos[:20]],
            lambda: is_archive(file) and unpack(file, _new(folder / "out"), max_bytes=50_000_000),
            lambda: add_upload(
                io.BytesIO(content), name=f"set-{rng.randrange(10**9)}", file_name=name
            ),
        ):
            try:
                use()
            except FerError as error:
                errors.append(error)
        outside = [one.name for one in folder.iterdir() if one.name not in ("packed", "out")]
        assert not outside, outside
        for error in errors[-1:]:
            raise error

    def _made(self, rng: Random) -> bytes:
        names = [rng.choice(_NAMES) for _ in range(rng.randint(0, 8))]
        parts = [(name, rng.choice((*self._photos, b"", b"x" * 100))) for name in names]
        file = io.BytesIO()
        if rng.random() < 0.5:
            kind = rng.choice(
                (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
            )
            with zipfile.ZipFile(file, "w", kind) as pack:
                for name, content in parts:
                    entry = zipfile.ZipInfo(name.encode("utf-8", "replace").decode() or "x")
                    entry.filename = entry.filename if rng.random() < 0.9 else ""
                    entry.compress_type = kind
                    entry.external_attr = (
                        rng.choice((0, 0, 0, 0o120777, 0o020666, 0o100644, 0o040755)) << 16
                    )
                    pack.writestr(entry, content)
            return file.getvalue()
        mode = rng.choice(("w", "w:gz", "w:bz2", "w:xz"))
        shape = rng.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
        with tarfile.open(fileobj=file, mode=mode, format=shape) as tar:  # type: ignore[call-overload]
            for name, content in parts:
                info = tarfile.TarInfo(name)
                info.type = rng.choice((tarfile.REGTYPE,) * 6 + (
                    tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE,
                    tarfile.DIRTYPE,
                ))  # fmt: skip
                info.linkname = rng.choice(("../../outside", "/etc/passwd", "happy/1.png"))
                info.size = len(content) if info.type == tarfile.REGTYPE else 0
                with suppress(UnicodeError, ValueError):
                    tar.addfile(info, io.BytesIO(content))
        return file.getvalue()


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder
