"""Exported pages that a server shows beside its own, made when somebody first asks for them."""

import hashlib
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path

from fer import models
from fer.browser import export
from fer.errors import FerError
from fer.faces import yunet_file
from fer.models.card import read_card

ROUTE = "/device"
"""A page's files lie under `ROUTE/KEY/`."""

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".onnx": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}
_KEPT = 4
"""Pages, of some 20 MB each."""


def lacking() -> str:
    """What must be installed before a page can be made; "" if nothing."""
    try:
        export.page_build()
    except FerError as error:
        return str(error)
    if missing := [name for name in ("onnx", "tf2onnx") if find_spec(name) is None]:
        return f"Its networks need {' and '.join(missing)}: install the extra 'onnx' of fer."
    if not yunet_file.yunet_path().is_file():
        return "It finds faces with YuNet, whose file is not here yet: Predict's settings add it."
    return ""


class Pages:
    """The pages of this process, in memory."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, bytes]] = {}  # the one used last is the last
        self._making, self._changing = threading.Lock(), threading.Lock()

    def make(self, model: str) -> str:
        """Make a model's page if it is not there, and give its key.

        A page of the same networks has the same key, so that browsers know it again.

        Raises:
            FerError: If it cannot be made.
        """
        card = read_card(models.find(model) / models.CARD_FILE)
        parts = [card.to_json(), *_build_stamp()]
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
        with self._making:
            if key not in self._files:
                files = _made(model)
                with self._changing:
                    self._files[key] = files
                    while len(self._files) > _KEPT:
                        del self._files[next(iter(self._files))]
        return key

    def file(self, key: str, name: str) -> bytes | None:
        """A page's file; None if there is no such page, or no such file in it."""
        with self._changing:
            if (files := self._files.pop(key, None)) is None:
                return None
            self._files[key] = files
        return files.get(name)


def _made(model: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "page"
        export.write(model, folder)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }


def _build_stamp() -> list[str]:
    """What changes when the page is built anew."""
    return [str(path.stat().st_mtime_ns) for path in sorted(export.page_build().glob("*.*"))]


PAGES = Pages()
