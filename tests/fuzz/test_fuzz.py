"""A few inputs of each kind that is quick; `python -m tests.fuzz` feeds thousands of all kinds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.kinds import kind_named
from tests.fuzz.worker import feed

INPUTS = 12


class Nothing:
    """A watch that sees nothing: a real one cannot be taken off the process of all tests."""

    def take(self) -> list[str]:
        return []


@pytest.mark.parametrize(
    "name", ["images", "archives", "folders", "tables", "votes", "cards", "notes", "videos", "api"]
)
def test_damaged_inputs_end_well_or_in_an_error_of_our_own(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("TMPDIR", "FER_HOME", "FER_MODELS", "FER_RUNS"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    kind = kind_named(name)(tmp_path)
    found = {number: feed(kind, name, 1, number, tmp_path, Nothing()) for number in range(INPUTS)}
    kind.close()
    assert not any(found.values()), found


def test_what_would_be_written_outside_of_the_folder_is_noted_and_prevented(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "victim").write_text("whole")
    program = f"""
from pathlib import Path
from contextlib import suppress
from tests.fuzz.watch import OutsideError, Watch
folder = Path({str(tmp_path)!r})
watch = Watch(folder / "inside")
(folder / "inside" / "a").write_text("fine")
assert watch.take() == []
(folder / "inside" / "link").symlink_to(folder / "victim")
for change in (
    lambda: (folder / "inside" / ".." / "b").write_text("not so"),
    lambda: (folder / "inside" / "link").write_text("not so"),
    lambda: (folder / "c").mkdir(),
):
    with suppress(OutsideError):
        change()
print(*watch.take(), sep="; ")
"""
    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    ).stdout  # fmt: skip
    places = f"open {tmp_path}/b; open {tmp_path}/victim; os.mkdir {tmp_path}/c\n"
    assert printed == places
    assert (tmp_path / "victim").read_text() == "whole"
    assert [one.name for one in sorted(tmp_path.iterdir())] == ["inside", "victim"]
