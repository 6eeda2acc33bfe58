"""Which folders the app, which others may reach, is allowed to read."""

from pathlib import Path

from fer import settings
from fer.data.registry import registered
from fer.errors import DatasetError


def allowed(path: str | Path) -> Path:
    """The path, links followed, if it lies under a root that `FER_DATA_ROOTS` names, or is ours.

    Raises:
        DatasetError: If it does not, or climbs with `..`. Whether anything is there is not told.
    """
    roots = settings.data_roots()
    listed = ", ".join(map(str, roots)) or "none"
    try:
        wanted = Path(path).expanduser()
        found = wanted.resolve()
        is_whole = wanted.is_absolute() and ".." not in wanted.parts
    except (OSError, ValueError, RuntimeError):  # a null character, ~nobody, a circle of links
        is_whole = False
    if not is_whole:
        raise DatasetError(
            f"'{path}' is not a whole path. Expected one that starts with one of: {listed}."
        )
    if not any(found.is_relative_to(root) for root in (*roots, settings.datasets_folder())):
        raise DatasetError(
            f"'{path}' is not under a folder that this app may read ({listed}). Move it there, or "
            "let the owner of this machine name its folder in FER_DATA_ROOTS."
        )
    return found


def check_source(source: str) -> None:
    """Refuse a data set that is not there or that this app may not read.

    Args:
        source: A data set's name or whole path.

    Raises:
        DatasetError: If so.
    """
    paths = {known.name: known.path for known in registered()}
    path = paths.get(source, source)
    if path is not None and not allowed(path).exists():
        raise DatasetError(f"No data set at '{source}'. Type the path of a folder that is there.")
