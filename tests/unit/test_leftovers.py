import os
import time
from pathlib import Path

import pytest

from fer import settings
from fer.data.archives import new_folder, unpacked_folder
from fer.files import replace_path
from fer.leftovers import UNPACKING, clear_leftovers, in_use


def aged(folder: Path, *, hours: float = 2) -> Path:
    """What a process that was killed so long ago left."""
    (folder / "whole").mkdir(parents=True)
    (folder / "whole" / "a.png").write_bytes(b"half")
    then = time.time() - 3600 * hours
    os.utime(folder, (then, then))
    return folder


@pytest.mark.usefixtures("own_home")
def test_what_a_killed_process_was_unpacking_goes_at_the_next_start_or_archive() -> None:
    for begin in (clear_leftovers, lambda: new_folder(unpacked_folder() / "next").__enter__()):
        left = aged(unpacked_folder() / f"{UNPACKING}killed", hours=0)
        with in_use(left):
            begin()
            assert left.exists()
        begin()
        assert not left.exists()


def test_half_made_files_models_and_runs_go_but_nothing_that_is_being_made(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_MODELS", str(own_home / "models"))
    runs, models = settings.runs_folder(), settings.models_folder()
    left = [
        aged(own_home / "datasets" / "names" / ".mine.json-0123abcd"),
        aged(own_home / "datasets" / "store" / "set-1" / ".000000000000.parquet-0123abcd"),
        aged(own_home / ".default_model.txt-0123abcd"),
        aged(own_home / "photos" / "sad" / ".a.jpg-0123abcd"),
        aged(runs / ".new-run"), aged(runs / "run" / ".status.json-0123abcd"),
    ]  # fmt: skip
    kept = [
        aged(models / "mine" / "part-0123abcd"), aged(runs / ".hidden"),
        aged(own_home / "photos" / "happy"), aged(runs / ".new-now", hours=0),
    ]  # fmt: skip
    with replace_path(own_home / "file") as made:
        made.write_text("new")
        clear_leftovers()
    assert (own_home / "file").read_text() == "new"
    assert [one for one in left if one.exists()] == []
    assert [one for one in kept if not one.exists()] == []
