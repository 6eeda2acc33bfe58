"""Write a model as a folder that any web server can serve: the page, both networks, their settings.

The page itself is built from `web/` (`make web`). `export.json` lists every file with its checksum;
page and service worker check them (`web/src/store.ts`).
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fer import models, settings
from fer.browser.detector_file import yunet_for_any_size
from fer.browser.settings_file import settings_of
from fer.errors import ConfigError, DetectorError, ModelError
from fer.faces import yunet_file
from fer.files import replace_path, writing
from fer.importing import extras
from fer.models import formats
from fer.models.card import ModelCard
from fer.models.folder import checksum

EXPORT_FILE = "export.json"
SETTINGS_FILE = "settings.json"
NETWORK_FILE = "network.onnx"
DETECTOR_FILE = "yunet.onnx"
_KIND = "fer page"
ENTRY_FILE = "index.html"
WORKER_FILE = "sw.js"
_PLACE_OF_VERSION = "__VERSION__"
_ONLY_FOR_PARITY = "parity"
"""How the build's files begin that only `fer.browser.parity` serves."""


def check_place(folder: Path) -> None:
    """Raise a ModelError if the folder holds anything but an earlier export."""
    if folder.is_file() or (
        folder.is_dir() and any(folder.iterdir()) and not _is_export(folder / EXPORT_FILE)
    ):
        raise ModelError(
            f"'{folder}' exists and is no page that was exported before. Choose a new folder."
        )


def page_build() -> Path:
    """The folder of the built page.

    Raises:
        ConfigError: If it is not there.
    """
    build = settings.page_build()
    if not (build / ENTRY_FILE).is_file():
        where = "" if settings.checkout() else "in a checkout, and export there "
        raise ConfigError(
            f"The page is not built: there is no '{build / ENTRY_FILE}'. Build it {where}with "
            "`make web`, which needs Node 20 and npm."
        )
    return build


@extras()
def write(model: str | Path | None, folder: Path) -> None:
    """Write the files of a page; a reader of the folder sees the old page or the new one.

    Args:
        model: A model's name or folder.
        folder: A new folder, or one of an earlier export.

    Raises:
        FerError: If the page is not built, YuNet's file or the model cannot be used, or the folder
            holds anything else or cannot be written.
    """
    check_place(folder)
    build = page_build()
    yunet = _yunet()
    found = models.find(model)
    with writing(folder.parent, ModelError, variable="--web"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with replace_path(folder.resolve()) as new:
            shutil.copytree(build, new, ignore=_left_out)
            (new / DETECTOR_FILE).write_bytes(yunet)
            card = _write_network(found, new / NETWORK_FILE)
            (new / SETTINGS_FILE).write_text(json.dumps(settings_of(card), indent=1) + "\n")
            _seal(new, card.name, parity=None)


def add_parity(folder: Path, parity: Mapping[str, Any]) -> None:
    """Put what was measured of a page into it, which makes it a new version."""
    with (
        writing(folder.parent, ModelError, variable="--web"),
        replace_path(folder.resolve()) as new,
    ):
        shutil.copytree(folder, new)
        before = json.loads((new / EXPORT_FILE).read_text(encoding="utf-8"))
        worker = new / WORKER_FILE
        text = worker.read_text(encoding="utf-8")
        worker.write_text(text.replace(before["version"], _PLACE_OF_VERSION), encoding="utf-8")
        _seal(new, before["model"], parity=parity)


def _yunet() -> bytes:
    path = yunet_file.yunet_path()
    try:
        return yunet_for_any_size(path)
    except DetectorError as error:
        raise DetectorError(
            f"The page finds faces with YuNet, whose file '{path}' is missing or damaged. Add it "
            "with: python -m fer detectors download"
        ) from error


def _write_network(found: Path, path: Path) -> ModelCard:
    """Write a model's network as ONNX: the form that it has, or else a new one."""
    loaded = models.load(found, form="original")
    if "onnx" in loaded.card.forms and loaded.card.original != "onnx":
        models.load(found, form="onnx")  # checks the file
        shutil.copyfile(found / models.FORMS["onnx"], path)
    else:
        formats.write(loaded, found, path)
    return loaded.card


def _seal(folder: Path, model: str, *, parity: Mapping[str, Any] | None) -> None:
    """List the files, and name the version of all of them in the service worker."""
    files = [
        {
            "path": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": checksum(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (EXPORT_FILE, WORKER_FILE)
    ]
    worker = folder / WORKER_FILE
    code = worker.read_text(encoding="utf-8")
    content = json.dumps([files, parity, code], sort_keys=True)
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    if _PLACE_OF_VERSION not in code:
        raise ConfigError(f"'{WORKER_FILE}' has no place for its version. Run `make web` again.")
    worker.write_text(code.replace(_PLACE_OF_VERSION, version), encoding="utf-8")
    export = {
        "kind": _KIND,
        "version": version,
        "model": model,
        "fer": settings.VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "parity": parity,
        "files": files,
    }
    (folder / EXPORT_FILE).write_text(json.dumps(export, indent=1) + "\n", encoding="utf-8")


def _left_out(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(_ONLY_FOR_PARITY)]


def _is_export(path: Path) -> bool:
    try:
        return bool(json.loads(path.read_text(encoding="utf-8"))["kind"] == _KIND)
    except (OSError, ValueError, TypeError, KeyError):
        return False
