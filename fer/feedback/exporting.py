"""Corrections for their owner, to read and to take elsewhere."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from io import BytesIO
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from fer.feedback.records import Correction

TABLE = "corrections.json"
"""The file in an archive that describes its pictures."""


def facts(correction: Correction) -> dict[str, Any]:
    """Everything about a correction but its pictures, as JSON has it."""
    pictures = ("crop", "larger_crop")
    values = {name: value for name, value in asdict(correction).items() if name not in pictures}
    return values | {"created": correction.created.isoformat()}


def write_zip(corrections: Iterable[Correction], file: IO[bytes]) -> None:
    """Write corrections as a ZIP archive: `corrections.json` and a PNG for each picture."""
    rows = []
    with ZipFile(file, "w") as archive:
        for correction in corrections:
            row = facts(correction)
            pictures = {"crop": correction.crop, "larger_crop": correction.larger_crop}
            for name, png in pictures.items():
                if png:
                    row[name] = f"{correction.id}-{name}.png"
                    archive.writestr(row[name], png, ZIP_STORED)  # it is compressed already
            rows.append(row)
        table = json.dumps(rows, indent=1, ensure_ascii=False)
        archive.writestr(TABLE, table, ZIP_DEFLATED)


def zip_of(corrections: Iterable[Correction]) -> bytes:
    """Corrections as a ZIP archive, as `write_zip` makes it."""
    buffer = BytesIO()
    write_zip(corrections, buffer)
    return buffer.getvalue()
