"""The runtimes that a page could use, and the page itself, in this machine's Chromium.

    PYTHONPATH=. python bench/measure_browser.py [MODEL]

One face through the network of ONNX Runtime Web and of LiteRT.js, with one thread and with two;
then the exported page: its first answer after a cold load, a frame with one face, and the bytes of
its files. Needs npm (it installs LiteRT.js into a temporary folder), the page (`make web`) and
YuNet.
"""

import gzip
import json
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from fer import models
from fer.browser import chromium, export, parity

HERE = Path(__file__).resolve().parent
PACKAGES = ("@litertjs/core@2.5.3", "onnxruntime-web@1.30.0")


def main(model: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, page = Path(place) / "runtimes", Path(place) / "page"
        folder.mkdir()
        export.write(model, page)
        install = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder)]
        subprocess.run([*install, *PACKAGES], check=True)
        for form in ("litert", "litert-int8"):
            content = (models.find(model) / models.FORMS[form]).read_bytes()
            (folder / models.FORMS[form]).write_bytes(for_one_face(content))
        for isolated in (False, True):
            places = [HERE / "browser", folder, page]
            found = chromium.answers_of("runtimes.html", places, isolated=isolated)["found"]
            print("two threads" if isolated else "one thread")
            for name, row in found.items():
                if "problem" in row:
                    print(f"  {name:12} {row['problem']}")
                    continue
                print(
                    f"  {name:12} one face: median {row['median_ms']:.2f} ms, quickest tenth "
                    f"{row['quickest_tenth_ms']:.2f} ms; first answer after {row['opened_ms']:.0f} "
                    f"ms: {max(row['probabilities']):.4f}"
                )
        sizes(page)
        for isolated in (False, True):
            found = parity.measure(page, models.load(model), None, isolated=isolated)
            print(json.dumps(found))


def for_one_face(content: bytes) -> bytes:
    """A LiteRT file that names one face where it named any number, which LiteRT.js refuses."""
    shape, classes = struct.pack("<4i", -1, 48, 48, 1), struct.pack("<3i", 2, -1, 7)
    fixed = content.replace(shape, struct.pack("<4i", 1, 48, 48, 1))
    return fixed.replace(classes, struct.pack("<3i", 2, 1, 7))


def sizes(page: Path) -> None:
    files = json.loads((page / export.EXPORT_FILE).read_text())["files"]
    for name, chosen in (
        ("the runtime's WASM", [file for file in files if file["path"].endswith(".wasm")]),
        ("all else", [file for file in files if not file["path"].endswith(".wasm")]),
    ):
        packed = sum(len(gzip.compress((page / file["path"]).read_bytes())) for file in chosen)
        plain = sum(file["bytes"] for file in chosen)
        print(f"{name}: {plain / 1e6:.2f} MB, {packed / 1e6:.2f} MB by gzip")


main(*sys.argv[1:2] or ["ferplus"])
