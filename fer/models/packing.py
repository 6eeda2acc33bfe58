"""A model's network as one file in memory, for whoever downloads it."""

import io
import tempfile
import zipfile
from pathlib import Path

from fer.models.folder import find
from fer.models.keras_files import save


def packed(model: str | Path, suffix: str) -> tuple[str, bytes]:
    """The file that `save` writes for a suffix, or a ZIP where it writes several.

    Args:
        model: A model's name or folder.
        suffix: Of the format, such as `.h5`.

    Returns:
        A file name and the content.

    Raises:
        FerError: If the model cannot be used, or not be written in that format.
    """
    folder = find(model)
    with tempfile.TemporaryDirectory() as place:
        files = save(folder, Path(place) / f"{folder.name}{suffix}")
        if len(files) == 1:
            return files[0].name, files[0].read_bytes()
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
    return f"{folder.name}{suffix.replace('.', '-')}.zip", buffer.getvalue()
