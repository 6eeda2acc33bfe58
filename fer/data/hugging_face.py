"""Data sets from the Hugging Face hub by their name, through `datasets`, which is optional."""

import hashlib
import os
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fer.data.archives import new_folder, unpacked_folder
from fer.data.classes import USUAL, Classes
from fer.data.registry import Source
from fer.errors import DatasetError
from fer.files import exists
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
    is_path = any(part.startswith(".") for part in slug.split("/")) or ".." in slug
    if not _NAME.fullmatch(slug) or is_path or exists(Path(slug)):  # never a folder of this machine
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


def _check_images(batch: pa.Table, slug: str) -> None:
    """Refuse images that are only named: `datasets` would read any file or address for them."""
    for column in batch.columns:
        if not pa.types.is_struct(column.type) or "bytes" not in column.type.names:
            continue
        for image in column.to_pylist():
            path = (image or {}).get("path")
            if path and image["bytes"] is None and not _is_fetched(path):
                raise DatasetError(
                    f"'{slug}' names images by an address or by files of a machine, such as "
                    f"'{path}', which are not read. Choose a data set that holds its images."
                )


def _is_fetched(path: str) -> bool:
    """Whether an image is on the hub, or in the folders to which `datasets` downloads."""
    home = os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface"
    caches = [home, *filter(None, map(os.environ.get, ("HF_DATASETS_CACHE", "HF_HUB_CACHE")))]
    file = Path(path).resolve()
    return path.startswith("hf://") or any(
        file.is_relative_to(Path(cache).resolve()) for cache in caches
    )


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
                    _check_images(batch, slug)
                    file.write_table(embed_table_storage(batch).cast(schema))
                    done += len(batch)
                    if progress:
                        progress(done, total)
    except DatasetError:
        raise
    except Exception as error:  # requests, httpx, the hub's own, and plain ones, by version
        reason = " ".join(str(error).split())
        raise DatasetError(
            f"The Hugging Face hub did not deliver '{slug}' ({reason}). {by_hand}"
        ) from error
