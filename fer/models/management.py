"""Renaming and removing models. Those that came with the package stay as they are."""

import os
from pathlib import Path

from fer import settings
from fer.errors import ModelError
from fer.files import remove_folder
from fer.models import folder as folders
from fer.people import Action, require


def rename(name: str, new_name: str) -> Path:
    """Give a model another name; if it is the default one, it stays that.

    Returns:
        Its new folder.

    Raises:
        ModelError: If it came with the package, the name is impossible or taken, or the folder
            cannot be written.
    """
    require(Action.MANAGE_MODELS)
    before, after = _own(name), folders.named(new_name)
    if is_taken(new_name):
        raise folders.taken(new_name)
    if os.environ.get("FER_MODEL", "").strip() == name:
        raise ModelError(
            f"FER_MODEL names '{name}' on this machine, so it cannot be renamed. Change or remove "
            "that variable first."
        )
    was_default = settings.default_model() == name
    folders.copy(before, after, may_replace=False)
    if was_default:
        settings.set_default_model(new_name)
    _delete(before)
    return after


def copy(name: str, new_name: str) -> Path:
    """Make a copy of a model; of one from the package, the copy may have its name and hides it.

    Returns:
        Its folder.

    Raises:
        ModelError: If the name is impossible or taken, or the folder cannot be written.
    """
    require(Action.MANAGE_MODELS)
    before, after = folders.find_named(name), folders.named(new_name)
    if after.exists() or (is_taken(new_name) and new_name != name):
        raise folders.taken(new_name)
    folders.copy(before, after, may_replace=False)
    return after


def remove(name: str) -> None:
    """Delete a model. One from the package that it hid can be seen again.

    Raises:
        ModelError: If it came with the package, is the default one, or cannot be deleted.
    """
    require(Action.MANAGE_MODELS)
    folder = _own(name)
    hidden = [root / name for root in settings.models_folders() if root / name != folder]
    is_needed = settings.default_model() == name
    if is_needed and not any((one / folders.CARD_FILE).is_file() for one in hidden):
        raise ModelError(
            f"'{name}' is the model that is used by default. Choose another default model first."
        )
    _delete(folder)


def is_taken(name: str) -> bool:
    """Whether a model or a folder has that name; some disks take “Mine” and “mine” for the same."""
    there = [one.name for one in settings.models_folder().glob("*")]
    return name.casefold() in {one.casefold() for one in (*folders.list_models(), *there)}


def _own(name: str) -> Path:
    """The folder of a model that may be changed."""
    folders.named(name)  # never a path
    folder = folders.find_named(name)
    if folders.is_protected(folder):
        raise ModelError(
            f"'{name}' came with the package and stays as it is. Make a copy of it, and change "
            "that."
        )
    return folder


def _delete(folder: Path) -> None:
    try:
        remove_folder(folder)
    except OSError as error:
        raise ModelError(
            f"'{folder}' cannot be deleted ({error.strerror or error}). Check who may write there."
        ) from error
