from pathlib import Path

import pytest

from fer.errors import DetectorError
from fer.faces.detection import load_detector
from fer.faces.yunet_file import yunet_path


def test_a_damaged_file_of_yunet_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    path = yunet_path()
    path.parent.mkdir()
    path.write_bytes(b"half a file")
    for name in ("yunet", "auto"):
        with pytest.raises(DetectorError, match="is not the YuNet file"):
            load_detector(name)
