import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ENTRY = Path(__file__).resolve().parents[2] / "streamlit_app.py"
THREADS_END_WITHIN_S = 15.0


@pytest.fixture(scope="session", autouse=True)
def threads_end() -> Iterator[None]:
    """Wait for what the pages do in the background: Python aborts if it ends in their C++ code."""
    yield
    until = time.monotonic() + THREADS_END_WITHIN_S
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(max(0.0, until - time.monotonic()))


@pytest.fixture(autouse=True)
def no_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that sends no cookie; Streamlit's own stand-in is a mock that has any."""
    monkeypatch.setattr(type(st.context), "cookies", {})


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file for corrections, which is not there yet."""
    file = tmp_path / "feedback.db"
    monkeypatch.setenv("FER_DATABASE_URL", f"sqlite:///{file}")
    return file


@pytest.fixture
def app() -> AppTest:
    """The app before its first run; the first one in a process loads the model."""
    return AppTest.from_file(str(ENTRY), default_timeout=120)


@pytest.fixture
def predict_page(app: AppTest) -> AppTest:
    """The Predict page, drawn once, with nothing chosen."""
    app.run()
    app.switch_page("pages/predict/page.py").run()
    assert not app.exception
    return app


@pytest.fixture
def train_page(app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The Train page with no runs, drawn once."""
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    app.run()
    app.switch_page("pages/train/page.py").run()
    assert not app.exception
    return app
