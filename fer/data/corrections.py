"""The data set of the accepted corrections: a table that holds its images, named `feedback`."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.readers.listing import Listing, Reader, signature_of, stamp
from fer.errors import DatasetError
from fer.files import replace_path, writing
from fer.images import decode
from fer.wording import counted


class AcceptedFace(NamedTuple):
    """A row of the table.

    Attributes:
        id: The correction's.
        label: The emotion that it was accepted as.
        split: `train` or `test`.
        subject: Who sent it, as the store knows them.
        hash: Of the pixels.
        reason: Why it is in neither split; "" if it is.
        image: A PNG file; empty if it is in neither split.
    """

    id: str
    label: str
    split: str
    subject: str
    hash: str
    reason: str
    image: bytes


def write_accepted(file: Path, faces: Sequence[AcceptedFace]) -> None:
    """Write the table, complete or not at all.

    Raises:
        DatasetError: If it cannot be written.
    """
    columns = dict(zip(AcceptedFace._fields, zip(*faces, strict=True), strict=True))
    table = pa.table({name: list(values) for name, values in columns.items()})
    with writing(file.parent, DatasetError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_path(file) as made:
            pq.write_table(table, made)


def path_of(correction: str) -> str:
    """What the data set calls the face of a correction, by its id."""
    return f"{correction}.png"


def faces_in(file: Path) -> dict[str, str]:
    """Id and hash of every correction in the table; none if there is no table or it is damaged."""
    try:
        table = pq.read_table(file, columns=["id", "hash"])
    except (OSError, ValueError, pa.ArrowException):
        return {}
    return dict(zip(table["id"].to_pylist(), table["hash"].to_pylist(), strict=True))


def drop_accepted(file: Path, ids: Collection[str]) -> None:
    """Write the table without some corrections; without a face left, there is none.

    Raises:
        DatasetError: If it cannot be written.
    """
    if not file.is_file():
        return
    faces = [AcceptedFace(**row) for row in _read(file).to_pylist()]
    kept = [face for face in faces if face.id not in ids]
    if any(not face.reason for face in kept):
        write_accepted(file, kept)
    else:
        file.unlink(missing_ok=True)


def corrections_reader(file: Path) -> Reader:
    """Reads the table.

    Raises:
        DatasetError: If it cannot be read.
    """
    try:
        signature = signature_of("corrections", [(file.name, stamp(file.stat()))])
    except OSError as error:
        raise _unreadable(file, error) from None
    return Reader(signature, lambda: _listing(file))


def _listing(file: Path) -> Listing:
    table = _read(file)
    faces = table.drop_columns(["image"]).to_pandas()
    faces["path"] = faces["id"].map(path_of)
    is_used = (faces["reason"] == "").to_numpy()
    images = table.column("image").filter(pa.array(is_used))
    used = faces[is_used].reset_index(drop=True)

    def image(row: int) -> np.ndarray:
        return decode(images[row].as_py())

    people = counted(used["subject"].nunique(), "contributor")
    return Listing(
        source_format=f"{counted(len(used), 'accepted correction')} by {people}",
        table=used[["path", "label", "split", "subject"]].assign(stamp=used["hash"]),
        skipped=tuple(faces.loc[~is_used, ["path", "reason"]].itertuples(index=False, name=None)),
        image=image,
    )


def _read(file: Path) -> pa.Table:
    try:
        return pq.read_table(file, columns=list(AcceptedFace._fields))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> DatasetError:
    return DatasetError(
        f"'{file}', the table of the accepted corrections, cannot be read ({error}). Delete it: "
        "it is written again when a correction is reviewed."
    )
