import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fer import importing, settings
from fer.errors import FerError, MissingPackageError

AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from fer import models

with ThreadPoolExecutor() as pool:
    for made in [pool.submit(models.load) for _ in range(3)]:
        made.result()
"""
MODULES = {
    "pillow-heif": "pillow_heif",
    "prometheus-client": "prometheus_client",
    "python-multipart": "python_multipart",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""What to import, where it is not the name to install."""


def test_threads_that_need_keras_at_once_all_get_the_whole_of_it() -> None:
    subprocess.run([sys.executable, "-c", AT_ONCE], check=True, capture_output=True, text=True)


def test_every_optional_package_of_the_project_names_an_extra_that_brings_it() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    names = {
        extra: {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
        for extra, requirements in project["optional-dependencies"].items()
    }
    optional = set().union(*names.values()) - {project["name"]}
    assert set(importing.EXTRAS) == {MODULES.get(name, name) for name in optional}
    for name in optional:
        assert name in names[importing.EXTRAS[MODULES.get(name, name)]]


def test_a_missing_package_of_an_extra_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "PACKAGE", tmp_path / "fer")
    monkeypatch.setitem(sys.modules, "optuna", None)
    with (
        pytest.raises(MissingPackageError, match="needs the package optuna") as caught,
        importing.extras(),
    ):
        import optuna  # noqa: F401
    assert 'pip install "fer-workbench[tune]"' in str(caught.value)
    assert isinstance(caught.value, FerError)


def test_any_other_missing_module_is_a_bug_and_stays_one() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"), importing.extras():
        import no_such_module  # noqa: F401


def test_a_checkout_installs_its_own_extras_and_keeps_its_place_to_itself() -> None:
    command = importing.install_command("kaggle")
    assert command == 'pip install -e ".[kaggle]" (in the folder of the checkout)'
