"""The rows of photos in a folder of results, whose files name the photos that they answer.

A photo is known by a key of its name and its content. Keys of one name stand together where they
are sorted, so that a photo that changed is found by its name.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fer.errors import ResultsError
from fer.scaling.results import ResultFolder, parquet_of

_PHOTOS = b"fer.photos"
_NAME, _KEY = "S12", "S20"


def key_of(name: str, content: bytes) -> bytes:
    """72 bits of the name's SHA-256 and 48 of the content's, in base64."""
    named = hashlib.sha256(name.encode()).digest()[:9]
    return base64.b64encode(named + hashlib.sha256(content).digest()[:6])


def is_among(key: bytes, done: np.ndarray) -> bool:
    """Whether sorted keys hold one."""
    at = int(np.searchsorted(done, key))
    return at < len(done) and bool(done[at] == key)


def has_others(key: bytes, done: np.ndarray) -> bool:
    """Whether sorted keys hold another one of the same name."""
    name = key[:12]
    at = int(np.searchsorted(done, name))
    return any(one[:12] == name and one != key for one in done[at : at + 2].tolist())


class PhotoResults(ResultFolder):
    """The folder, as photos use it."""

    def done(self) -> np.ndarray:
        """The keys of all photos that have their rows, sorted, 20 bytes each.

        Raises:
            ResultsError: If a file among the results is damaged.
        """
        return np.sort(np.concatenate([np.empty(0, _KEY), *(keys for _, keys in self._keys())]))

    def write(self, table: pa.Table, keys: Sequence[bytes]) -> None:
        """Write the rows of some photos as one file.

        Args:
            table: The rows of each photo together, in the order of the keys.
            keys: Of the photos.

        Raises:
            ResultsError: If it cannot be written.
        """
        together = b"".join(keys)
        self._put_rows(f"{hashlib.sha256(together).hexdigest()[:32]}.parquet", table, together)

    def drop_outdated(self, present: bytes) -> None:
        """Remove the rows that photos had with another content.

        Each file is replaced in one step; where that is interrupted, it is done after the next
        resumed work.

        Args:
            present: Keys of photos whose names have several; of such a name, what is not here goes.

        Raises:
            ResultsError: If a file is damaged, or cannot be written.
        """
        keys_left = np.frombuffer(present, _KEY)
        names = keys_left.astype(_NAME)
        for name, keys in list(self._keys()):
            is_outdated = np.isin(keys.astype(_NAME), names) & ~np.isin(keys, keys_left)
            if is_outdated.all():
                self.remove(name)
            elif is_outdated.any():
                table = pq.read_table(pa.BufferReader(self.get(name)))
                is_first = table.column("face").fill_null(1).to_numpy() == 1
                kept = table.filter(pa.array(~is_outdated[np.cumsum(is_first) - 1]))
                self._put_rows(name, kept, keys[~is_outdated].tobytes())

    def _put_rows(self, name: str, table: pa.Table, keys: bytes) -> None:
        table = table.replace_schema_metadata(None)
        self.put(name, parquet_of([table], table.schema, {_PHOTOS: keys}))

    def _keys(self) -> Iterator[tuple[str, np.ndarray]]:
        """The name of each file, and the keys of its photos in the order of their rows."""
        for name, file in self.opened(".parquet"):
            try:
                metadata = pq.read_metadata(file).metadata or {}
            except (OSError, pa.ArrowException) as error:
                raise ResultsError(
                    f"'{name}' is no Parquet file as this program writes it ({error}). Remove it."
                ) from None
            yield name, np.frombuffer(metadata.get(_PHOTOS, b""), _KEY)
