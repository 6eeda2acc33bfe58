"""The sources of photos: files, ZIP archives, the clipboard, a camera, drawn examples."""

from functools import partial

import streamlit as st

from fer import emotions
from fer.errors import FerError
from fer.images import SUFFIXES
from fer.inference.zip_photos import photos_in_zip
from pages.common import errors, links
from pages.common.choices import segments
from pages.common.examples import example_face
from pages.common.gallery import gallery
from pages.common.pictures import Picture, data_uri
from pages.predict import keys
from pages.predict.analysis import Photo
from pages.predict.paste import pasted_photo

SOURCES = {"upload": ":material/upload: Upload", "camera": ":material/photo_camera: Camera"}


def choose_photos() -> list[Photo]:
    source = segments(
        "Source of the photos", SOURCES, default="upload", key=keys.SOURCE, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    photos = snapshot_from_live()
    if source == "camera":
        shot = st.camera_input("Take a photo", key=keys.CAMERA, resolution="480p", width=640)
        if shot:
            photos.append(Photo(name="Your photo", key=shot.file_id, read=shot.getvalue))
    else:
        photos += uploaded_photos()
        if pasted := pasted_photo(key=keys.PASTE):
            photos.append(
                Photo(name="Pasted photo", key=f"pasted {hash(pasted)}", read=lambda: pasted)
            )
    return photos or choose_example()


def uploaded_photos() -> list[Photo]:
    files = st.file_uploader(
        "Photos with one face or many, or a ZIP archive of them",
        type=[*sorted(SUFFIXES), ".zip"],
        accept_multiple_files=True,
        key=keys.UPLOADS,
    )
    photos = []
    for file in files:
        if not file.name.lower().endswith(".zip"):
            photos.append(Photo(name=file.name, key=file.file_id, read=file.getvalue))
            continue
        try:
            inside = photos_in_zip(file.name, file.getvalue())
        except FerError as error:
            errors.show(error, about=file.name)
            continue
        photos += [
            Photo(name=photo.name, key=f"{file.file_id} {number}", read=photo.read)
            for number, photo in enumerate(inside)
        ]
    return photos


def snapshot_from_live() -> list[Photo]:
    """The snapshot that the Live page sent here, until the visitor removes it."""
    snapshot: bytes | None = st.session_state.get(links.SNAPSHOT)
    if snapshot is None:
        return []
    if st.button("Remove the snapshot", icon=":material/close:"):
        del st.session_state[links.SNAPSHOT]
        return []
    return [Photo(name="Snapshot", key=f"snapshot {hash(snapshot)}", read=lambda: snapshot)]


def choose_example() -> list[Photo]:
    st.caption(
        "Photos are processed in memory and discarded when you leave. "
        "No photo at hand? Try one of these drawn faces:"
    )
    labels = emotions.FER2013
    faces = [
        Picture(data_uri(example_face(label)), label, f"Drawn face: {label}") for label in labels
    ]
    chosen = gallery(faces, label="Drawn example faces", key=keys.EXAMPLES)
    if chosen is None:
        return []
    label = labels[chosen]
    read = partial(example_face, label)
    return [Photo(name=f"Drawn {label} face", key=f"example {label}", read=read, is_face=True)]
