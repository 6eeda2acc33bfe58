"""Whether models can be changed here."""

import os

from fer import settings
from fer.people import Action
from pages.common import people, visitors


def why_read_only() -> str:
    """Why the visitor, or anybody, cannot add or change a model here; "" if they can."""
    if reason := people.why_not(Action.MANAGE_MODELS):
        return reason
    folder = settings.models_folder()
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    if os.access(there, os.W_OK):
        return ""
    where = f" ({folder})" if visitors.are_local() else ""
    return (
        f"The folder of models{where} can only be read, so models cannot be added, changed or "
        "deleted here. Whoever runs this app can allow it, or name another folder in FER_MODELS."
    )
