"""The dialog that adds a data set."""

import re
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer import settings
from fer.data import add, hugging_face, kaggle
from fer.data.classes import UnknownClassesError
from fer.data.roots import allowed
from fer.data.uploads import MAX_BYTES, add_upload
from fer.errors import DatasetError
from pages.common import errors
from pages.common.cache import Work
from pages.common.choices import segments
from pages.dataset import keys
from pages.dataset.opened import forget
from pages.dataset.unknown_classes import show_unknown

PLACES = {
    "path": ":material/folder_open: On this machine",
    "upload": ":material/upload: Upload",
    "kaggle": ":material/cloud_download: Kaggle",
    "hub": ":material/hub: Hugging Face",
}

_SLUGS = {
    "kaggle": (kaggle.PREFIX, "msambare/fer2013"),
    "hub": (hugging_face.PREFIX, "owner/name"),
}
"""How the name of a data set elsewhere begins, and an example without it."""


@st.dialog("Add a data set", width="medium", icon=":material/library_add:")
def show_add() -> None:
    """Ask for a source and a name; once it is read, choose it and close."""
    place = segments(
        "Where it is", PLACES, default="path", key="dataset.add.place",
        label_visibility="collapsed",
    )  # fmt: skip
    source, upload = "", None
    if place == "path":
        source = st.text_input(
            "Folder or file",
            key="dataset.add.path",
            placeholder=f"{settings.data_roots()[0]}/fer2013" if settings.data_roots() else "",
            help="Class folders (train/happy/*.jpg …), a table with pixels such as fer2013.csv, a "
            "table of image files with path,label, Parquet, JSON, arrays (.npy, .npz, .h5, .mat), "
            "or a .zip or .tar of one of these.",
        )
        roots = ", ".join(f"`{root}`" for root in settings.data_roots())
        st.caption(f"This app may read below {roots}. `FER_DATA_ROOTS` changes that.")
    elif place == "upload":
        upload = st.file_uploader(
            "A .zip or .tar of a data set, fer2013.csv, Parquet, .npz, .h5 or .mat",
            key="dataset.add.upload",
            max_upload_size=MAX_BYTES // 1_000_000,
        )
    else:
        prefix, example = _SLUGS[place]
        slug = st.text_input("Owner and name", key=f"dataset.add.slug.{place}", placeholder=example)
        source = prefix + slug.strip().removeprefix(prefix) if slug.strip() else ""
    suggested = _suggested(upload.name if upload else source)
    name = st.text_input("Name of the data set", key="dataset.add.name", placeholder=suggested)
    wanted = (name or suggested).strip()
    question = st.container()
    identity = upload.file_id if upload else source.strip()
    asked, unknown = st.session_state.get(keys.UNKNOWN, ("", ()))
    with question:
        classes = show_unknown(identity, unknown) if unknown and asked == identity else dict

    def add_or_ask() -> None:
        try:
            _add(source.strip(), upload, wanted, classes())
        except UnknownClassesError as error:
            st.session_state[keys.UNKNOWN] = identity, error.classes
            if asked == identity:  # the files have changed meanwhile
                raise
            with question:
                show_unknown(identity, error.classes)
            st.stop()

    if st.button("Add", type="primary", key="dataset.add.go"):
        errors.attempt(add_or_ask)


def _add(source: str, upload: UploadedFile | None, name: str, classes: dict[str, str]) -> None:
    if not (source or upload):
        raise DatasetError("No source is given. Enter a folder or file, or upload one.")
    read = (
        partial(add_upload, upload, file_name=upload.name)
        if upload
        else partial(add, _allowed(source))
    )
    dataset = Work(lambda meter: read(name=name, classes=classes, progress=meter)).result()
    forget(dataset.name)
    st.session_state.pop(keys.UNKNOWN, None)
    st.session_state[keys.CHOOSE] = dataset.name


def _allowed(source: str) -> str:
    if source.startswith(kaggle.PREFIX):
        allowed(kaggle.cache_folder())  # before hundreds of megabytes are downloaded in vain
        return source
    if source.startswith(hugging_face.PREFIX):
        return source
    path = allowed(source)
    if not path.exists():
        raise DatasetError(f"There is nothing at '{source}'. Check the path.")
    return str(path)


def _suggested(source: str) -> str:
    stem = Path(source.rstrip("/")).name.split(".")[0]
    return re.sub(r"[^\w-]+", "-", stem).strip("-_")
