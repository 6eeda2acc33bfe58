import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No predictions kept by another test."""
    monkeypatch.setenv("FER_HOME", str(tmp_path_factory.mktemp("home")))
