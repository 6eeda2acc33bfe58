"""Data sets from the Hugging Face hub by their name, through `datasets`, which is optional."""

import hashlib
import re
from pathlib import Path

import pyarrow.parquet as pq

from fer.data.archives import new_folder, unpacked_folder
from fer.data.classes import USUAL, Classes
from fer.data.registry import Source
from fer.errors import DatasetError
from fer.importing import install_command
from fer.progress import Progress

PREFIX = "hf:"
_BATCH = 1000
_NAME = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w.-]+)?")


def locate(source: str, classes: Classes = USUAL, *, progress: Progress | None = None) -> Source:
    """Fetch `hf:<owner>/<name>`, or `hf:<owner>/<name>/<configuration>`, unless it is here already.

    It is kept as Parquet, one file for each split, with the images in it; `datasets` runs no code
    of the data set for that.

    Args:
        source: Its name after `hf:`.
        classes: What the names of its classes mean.
        progress: Called with the rows kept and all rows, once they are downloaded.

    Raises:
        DatasetError: If the name is impossible, `datasets` is not installed, or the download fails.
    """
    slug = source.removeprefix(PREFIX).strip("/")
    if not _NAME.fullmatch(slug) or ".." in slug:
        raise DatasetError(
            f"'{source}' is not the name of a data set on the Hugging Face hub. Expected "
            f"{PREFIX}<owner>/<name>, as in the address of its page."
        )
    owner, name, *configuration = slug.split("/")
    digest = hashlib.blake2b(slug.encode(), digest_size=4).hexdigest()
    place = unpacked_folder() / f"hf-{owner}-{name}-{digest}"
    if not place.exists():
        with new_folder(place) as folder:
            _fetch(f"{owner}/{name}", configuration, folder, progress)
    return Source(name=name, path=place, classes=classes)


def _fetch(slug: str, configuration: list[str], folder: Path, progress: Progress | None) -> None:
    by_hand = (
        f"Or by hand: download the Parquet files from "
        f"https://huggingface.co/datasets/{slug}/tree/main into any folder, and add it by its path."
    )
    try:
        import datasets
        from datasets.table import embed_table_storage
    except ImportError:
        raise DatasetError(
            f"'{PREFIX}{slug}' needs the package datasets, which is not installed. Install it "
            f"with: {install_command('hf')}. {by_hand}"
        ) from None
    try:
        found = datasets.load_dataset(slug, *configuration)
        total, done = sum(len(rows) for rows in found.values()), 0
        for split, rows in found.items():
            schema = rows.features.arrow_schema
            with pq.ParquetWriter(folder / f"{split}.parquet", schema) as file:
                for batch in rows.with_format("arrow").iter(batch_size=_BATCH):
                    file.write_table(embed_table_storage(batch).cast(schema))
                    done += len(batch)
                    if progress:
                        progress(done, total)
    except Exception as error:  # requests, httpx, the hub's own, and plain ones, by version
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"The Hugging Face hub did not deliver '{slug}' ({reason}). {by_hand}"
        ) from error
