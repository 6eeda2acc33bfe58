"""`detectors …`: the face detectors of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from fer.cli.terminal import Counter, make_table, out, progress

app = typer.Typer(help="Manage the face detectors of this machine.", no_args_is_help=True)


@app.command("list")
def list_detectors() -> None:
    """List the detectors and whether they can be used."""
    from fer.faces.detection import detectors

    table = make_table("detector", "there", "where")
    for row in detectors():
        where = str(row.path) if row.path else "inside its package"
        table.add_row(row.name, "yes" if row.present else "no", where)
    out.print(table)


@app.command("add")
def add_detector(
    file: Annotated[Path, typer.Argument(help="face_detection_yunet_2023mar.onnx")],
) -> None:
    """Add YuNet from a file that you have."""
    from fer.faces.yunet_file import install

    out.print(f"YuNet is ready: {install(file)}")


@app.command("download")
def download_detector() -> None:
    """Download YuNet from the OpenCV zoo (0.2 MB)."""
    from fer.faces.yunet_file import download

    with progress() as bar:
        where = download(progress=Counter(bar, "bytes"))
    out.print(f"YuNet is ready: {where}")
