"""Which folders the app, which others may reach, is allowed to read."""

from pathlib import Path

from fer import settings
from fer.errors import DatasetError


def allowed(path: str | Path) -> Path:
    """The path, links followed, if it lies under a root that `FER_DATA_ROOTS` names, or is ours.

    Raises:
        DatasetError: If it does not, or climbs with `..`. Whether anything is there is not told.
    """
    wanted = Path(path).expanduser()
    roots = settings.data_roots()
    listed = ", ".join(map(str, roots)) or "none"
    if ".." in wanted.parts or "\0" in str(path) or not wanted.is_absolute():
        raise DatasetError(
            f"'{path}' is not a whole path. Expected one that starts with one of: {listed}."
        )
    found = wanted.resolve()
    if not any(found.is_relative_to(root) for root in (*roots, settings.datasets_folder())):
        raise DatasetError(
            f"'{path}' is not under a folder that this app may read ({listed}). Move it there, or "
            "let the owner of this machine name its folder in FER_DATA_ROOTS."
        )
    return found
