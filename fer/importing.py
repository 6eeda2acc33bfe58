"""Packages that not every installation has, and Keras, imported by one thread at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import RLock

from fer import settings
from fer.errors import MissingPackageError

_PACKAGES = {
    "app": ("streamlit",),
    "data": (
        "cleanlab",
        "h5py",
        "jinja2",
        "pandas",
        "plotly",
        "pyarrow",
        "scipy",
        "sklearn",
        "threadpoolctl",
    ),
    "examples": ("skimage",),
    "feedback": ("alembic", "sqlalchemy"),
    "heic": ("pillow_heif",),
    "hf": ("datasets",),
    "jax": ("jax",),
    "kaggle": ("kagglehub",),
    "login": ("authlib", "httpx"),
    "onnx": ("onnx", "onnxruntime", "tf2onnx"),
    "postgres": ("psycopg",),
    "ray": ("fsspec", "ray"),
    "serve": ("fastapi", "prometheus_client", "python_multipart", "starlette", "uvicorn"),
    "tensorboard": ("tensorboard",),
    "train": ("keras", "tensorflow"),
    "tune": ("optuna",),
    "video": ("av",),
}

EXTRAS = {package: extra for extra, packages in _PACKAGES.items() for package in packages}
"""The extra that brings each package that plain prediction does not need."""

_LOCK = RLock()


@contextmanager
def extras() -> Iterator[None]:
    """Turn a failed import of a package into an error that names the command to install it.

    Raises:
        MissingPackageError: If a package of an extra is imported inside and is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        raise _missing(error.name) from error


def require(package: str) -> None:
    """Check for a package of an extra without importing it, before work begins.

    Raises:
        MissingPackageError: If it is not installed.
    """
    if find_spec(package) is None:
        raise _missing(package)


def _missing(package: str) -> MissingPackageError:
    return MissingPackageError(
        f"This needs the package {package}, which is not installed. Install it with: "
        f"{install_command(EXTRAS[package])}"
    )


def install_command(extra: str) -> str:
    """The command that installs an extra; it works in cmd.exe, too.

    It names no folder of this machine, because pages and the HTTP API show it to anybody.
    """
    if settings.checkout():
        return f'pip install -e ".[{extra}]" (in the folder of the checkout)'
    return f'pip install "fer-workbench[{extra}]"'


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold while Keras or TensorFlow may be imported.

    Their modules import each other in circles. Threads that enter such a circle from two sides
    get half-initialised modules, because Python prefers that to a deadlock.

    Raises:
        MissingPackageError: If they are not installed.
    """
    with _LOCK, extras():
        yield
