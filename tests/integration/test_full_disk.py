"""Every kind of write where the disk is full or can only be read."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("full_disk.py")
NEEDS_NO_ROOM = {"a removal", "a photo's label", "a model's removal", "predictions"}
"""These work on a full disk; predictions are then made anew each time."""

ADVICE = {
    "full": r"Make room|there is room|Choose another file",
    "read-only": r"Allow this program to write|who may write there|Choose another file",
}

if sys.platform == "win32":
    pytest.skip("Windows limits no sizes and knows other permissions", allow_module_level=True)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["full", "read-only"])
def test_a_disk_that_takes_no_more_is_a_sentence_for_every_kind_of_write_and_loses_nothing(
    tmp_path: Path, mode: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    places = {"FER_HOME": home, "FER_MODELS": home / "models", "FER_RUNS": home / "runs"}
    command = [sys.executable, str(PROGRAM), mode, str(tmp_path)]
    if mode == "read-only" and os.geteuid() == 0:  # whom permissions do not stop
        if not shutil.which("setpriv"):
            pytest.skip("run by root, and there is no setpriv to take its powers")
        command[:0] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=PROGRAM.parents[2],
        env=os.environ | {"PYTHONPATH": "."} | {name: str(path) for name, path in places.items()},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
    result = json.loads(ended.stdout)
    works = {name for name, text in result["done"].items() if not text}
    assert works <= (NEEDS_NO_ROOM if mode == "full" else {"predictions"})
    for name, text in result["done"].items():
        assert "Traceback" not in text, (name, text)
        if name not in works:
            assert len(text) < 500
            assert re.search(ADVICE[mode], text), (name, text)
    lost = {name: files for name, files in result["lost"].items() if name not in NEEDS_NO_ROOM}
    assert set(lost) <= {"a data set", "a video's results"}, lost  # which resume from these
