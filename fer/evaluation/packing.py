"""A model's network as one file in memory, for whoever downloads it."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from fer.evaluation.saving import save
from fer.models.folder import find
from fer.progress import Progress


def packed(
    model: str | Path, suffix: str, *, progress: Progress | None = None
) -> tuple[str, bytes, dict[str, Any]]:
    """The file that `save` writes for a suffix, or a ZIP where it writes several.

    Args:
        model: A model's name or folder.
        suffix: Of the format, such as `.h5`.
        progress: Called with faces compared and faces planned.

    Returns:
        A file name, the content, and the report of `save`.

    Raises:
        FerError: If the model cannot be used, or not be written in that format.
    """
    folder = find(model)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / f"{folder.name}{suffix}"
        report = save(folder, file, progress=progress)
        report["files"] = [Path(one).name for one in report["files"]]
        if len(report["files"]) == 1:
            return file.name, file.read_bytes(), report
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(place).iterdir()):
                archive.write(part, part.name)
    return f"{folder.name}{suffix.replace('.', '-')}.zip", buffer.getvalue(), report
