"""Data sets from Kaggle by their slug, through kagglehub, which is optional."""

import os
from pathlib import Path

from fer.data.classes import USUAL, Classes
from fer.data.registry import Source
from fer.errors import DatasetError
from fer.importing import install_command

PREFIX = "kaggle:"


def cache_folder() -> Path:
    """The folder of kagglehub's downloads."""
    return Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub")


def locate(source: str, classes: Classes = USUAL) -> Source:
    """Download `kaggle:<owner>/<name>`, or find the copy that kagglehub has.

    Raises:
        DatasetError: If the slug is impossible, kagglehub is not installed, or the download fails.
    """
    slug = source.removeprefix(PREFIX).strip("/")
    owner, _, name = slug.partition("/")
    if not owner or not name or "/" in name:
        raise DatasetError(
            f"'{source}' is not a Kaggle slug. Expected {PREFIX}<owner>/<name>, as in the "
            f"address of its page, such as {PREFIX}msambare/fer2013."
        )
    by_hand = (
        f"Or by hand: press Download on https://www.kaggle.com/datasets/{slug}, put archive.zip "
        "into any folder, and add it by its path."
    )
    try:
        import kagglehub
    except ImportError:
        raise DatasetError(
            f"'{source}' needs kagglehub, which is not installed. Install it with: "
            f"{install_command('kaggle')}. {by_hand}"
        ) from None
    try:
        folder = Path(kagglehub.dataset_download(slug)).resolve()
    except Exception as error:  # requests, kagglehub's own, and plain ones, by version
        raise DatasetError(f"Kaggle did not deliver '{slug}' ({error}). {by_hand}") from error
    return Source(name=name, path=folder, classes=classes)
