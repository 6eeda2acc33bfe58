"""Pictures by the handful, and a home that no other test writes to."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MakeFaces = Callable[..., Path]


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def make(tmp_path: Path) -> MakeFaces:
    """Write random pictures below a folder, `set` in the test's own, and give that folder."""
    rng = np.random.default_rng(0)

    def make(
        *names: str, root: Path | None = None, size: tuple[int, int] = (48, 48), mode: str = "L"
    ) -> Path:
        folder = root or tmp_path / "set"
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shape = size if mode == "L" else (*size, 3)
            Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8), mode).save(path)
        return folder

    return make
