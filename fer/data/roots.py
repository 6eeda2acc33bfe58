"""The folders that the app, which other people may reach, is allowed to read."""

from pathlib import Path

from fer import settings
from fer.data.registry import feedback_file, registered
from fer.errors import DatasetError
from fer.files import exists


def allowed(path: str | Path) -> Path:
    """The path with links resolved, if it is below `FER_DATA_ROOTS` or the app's own data.

    Raises:
        DatasetError: If it is not, or contains `..`. The error does not reveal whether
            anything is there.
    """
    roots = settings.data_roots()
    listed = ", ".join(map(str, roots)) or "none"
    try:
        wanted = Path(path).expanduser()
        target = wanted.resolve()
        is_whole = wanted.is_absolute() and ".." not in wanted.parts
    except (OSError, ValueError, RuntimeError):  # a null character, ~nobody, a circle of links
        is_whole = False
    if not is_whole:
        raise DatasetError(
            f"'{path}' is not an absolute path. Expected one that starts with one of: {listed}."
        )
    own = (settings.datasets_folder(), feedback_file())
    if not any(target.is_relative_to(root) for root in (*roots, *own)):
        raise DatasetError(
            f"'{path}' is not under a folder that this app may read ({listed}). Move it there, or "
            "ask the owner of this machine to add its folder to FER_DATA_ROOTS."
        )
    return target


def check_source(source: str) -> None:
    """Check that a data set, by its name or absolute path, exists and that this app may read it.

    Raises:
        DatasetError: If not.
    """
    paths = {known.name: known.path for known in registered()}
    path = paths.get(source, source)
    if path == source and not {"/", "\\"} & set(source):
        raise DatasetError(
            f"There is no data set '{source}' here. Choose another one, add it on the Data page, "
            "or type the absolute path of a folder."
        )
    if path is not None and not exists(allowed(path)):
        raise DatasetError(f"No data set at '{source}'. Type the path of an existing folder.")
