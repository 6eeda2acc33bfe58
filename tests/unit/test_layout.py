from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = {"unit": "fer", "integration": "fer", "pages": "pages"}
OF_THE_WHOLE = {
    "test_asgi",
    "test_backends",
    "test_docs",
    "test_full_disk",
    "test_layout",
    "test_package",
    "test_readme",
    "test_shipped_model",
    "test_web_pipeline",
}
"""Tests of no single module."""

FILES = [
    file
    for layer in LAYERS
    for file in sorted((ROOT / "tests" / layer).rglob("test_*.py"))
    if file.stem not in OF_THE_WHOLE
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT / "tests")))
def test_a_file_of_tests_is_named_after_the_module_it_tests(file: Path) -> None:
    layer, *rooms = file.relative_to(ROOT / "tests").parent.parts
    name = file.stem.removeprefix("test_")
    place = ROOT.joinpath(LAYERS[layer], *rooms)
    assert (place / f"{name}.py").is_file() or (place / name).is_dir()
