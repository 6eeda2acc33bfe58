from pathlib import Path

import pytest

from fer import settings
from fer.errors import ConfigError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package as pip installs it: its folder, with no checkout around it."""
    package = tmp_path / "site-packages" / "fer"
    package.mkdir(parents=True)
    monkeypatch.setattr(settings, "PACKAGE", package)
    for variable in ("FER_MODELS", "FER_RUNS", "FER_DATA_ROOTS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    return package


def test_a_checkout_keeps_models_and_runs_in_its_own_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FER_RUNS")
    checkout = Path(__file__).resolve().parents[2]
    assert settings.checkout() == checkout
    assert settings.models_folders() == (checkout / "models",)
    assert settings.runs_folder() == checkout / "runs"


def test_an_installed_package_writes_models_and_runs_to_the_users_folder(installed: Path) -> None:
    assert settings.checkout() is None
    assert settings.models_folder() == settings.home() / "models"
    assert settings.runs_folder() == settings.home() / "runs"


def test_an_installed_package_finds_the_users_models_before_those_shipped(installed: Path) -> None:
    assert settings.models_folders() == (settings.home() / "models", installed / "_models")


def test_a_named_folder_of_models_is_the_only_one(
    installed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "mine"))
    assert settings.models_folders() == (tmp_path / "mine",)


def test_an_installed_app_may_read_the_users_home_and_nothing_of_the_environment(
    installed: Path,
) -> None:
    assert settings.data_roots() == (Path.home().resolve(),)


def test_the_default_model_is_ferplus_until_one_is_chosen_and_fer_model_takes_precedence(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FER_MODEL", raising=False)
    assert settings.default_model() == "ferplus"
    settings.set_default_model("mine")
    assert settings.default_model() == "mine"
    monkeypatch.setenv("FER_MODEL", "another")
    assert settings.default_model() == "another"


def test_corrections_are_kept_in_the_home_unless_a_database_is_named(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert settings.database_url() == f"sqlite:///{settings.home() / 'feedback.db'}"
    monkeypatch.setenv("FER_DATABASE_URL", " postgresql://host/corrections ")
    assert settings.database_url() == "postgresql://host/corrections"


@pytest.mark.parametrize(
    ("named", "days"), [("", None), (" 30 ", 30), ("0030", 30), ("36500", 36500)]
)
def test_corrections_are_kept_until_deleted_unless_days_are_named(
    monkeypatch: pytest.MonkeyPatch, named: str, days: int | None
) -> None:
    monkeypatch.setenv("FER_FEEDBACK_DAYS", named)
    assert settings.feedback_days() == days


@pytest.mark.parametrize("named", ["0", "-3", "a year", "1.5", "36501", "9" * 5000])
def test_days_that_are_no_whole_number_or_too_many_are_refused(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("FER_FEEDBACK_DAYS", named)
    with pytest.raises(ConfigError, match="FER_FEEDBACK_DAYS"):
        settings.feedback_days()
