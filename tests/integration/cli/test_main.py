import subprocess
import sys

import pytest

HEAVY = {
    "cv2", "fsspec", "keras", "numpy", "pandas", "ray", "rich", "sklearn", "streamlit",
    "tensorflow",
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("-c", "import fer"),
        ("-m", "fer", "--help"),
        ("-m", "fer", "predict", "--help"),
        ("-m", "fer", "train", "--help"),
    ],
    ids=" ".join,
)
def test_the_package_and_its_help_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-X", "importtime", *arguments]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in report.splitlines()}
    assert "fer" in imported
    assert imported & HEAVY == set()
