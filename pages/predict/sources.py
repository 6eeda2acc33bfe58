"""The sources of photos: files, ZIP archives, the clipboard, a camera, Live, examples."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer.errors import FerError
from fer.image_formats import HEAD_BYTES, why_no_image
from fer.inference.album import MAX_BYTES, MAX_PHOTOS, Album, Photo
from fer.inference.zip_photos import photos_in_zip
from fer.wording import not_read
from pages.common import errors, links
from pages.common.choices import segments
from pages.common.examples import examples, words_on_examples
from pages.common.gallery import gallery
from pages.common.pictures import from_data_uri
from pages.common.visitors import KEPT_FOR_H, MAX_UPLOAD_MB
from pages.predict import keys
from pages.predict.paste import paste_button

SOURCES = {"upload": ":material/upload: Upload", "camera": ":material/photo_camera: Camera"}
_EXAMPLE = "example "
SKIPPED_NAMED = 5
KEPT = (
    "Photos stay in this app's memory, through a change of page or a reload, until you remove "
    f"them or for up to {KEPT_FOR_H} hours, less long where many others use this server: at most "
    f"{MAX_PHOTOS:,} photos and {MAX_BYTES / 1e6:.0f} MB. Nothing is written to disk unless you "
    "keep a correction."
)


def add_photos(album: Album[Any]) -> None:
    """Where photos come from: all of it while there are none, then behind a button."""
    take_snapshot(album)
    take_example(album)
    is_adding = st.session_state.get(keys.IS_ADDING, False) or not album.photos
    if album.photos:
        with st.container(horizontal=True):
            if not is_adding:
                st.button("Add photos", icon=":material/add:", on_click=_begin_to_add)
                paste_button(key=keys.PASTE, on_photo=partial(_paste, album))
            label = "Remove" if len(album) == 1 else "Remove all"
            st.button(label, icon=":material/delete:", on_click=remove_all, args=(album,))
    if is_adding:
        show_sources(album)
    for name, error in st.session_state.pop(keys.REFUSED, []):
        errors.show(error, about=name)
    _show_skipped(album.skipped)


def _begin_to_add() -> None:
    st.session_state[keys.IS_ADDING] = True


def remove_all(album: Album[Any]) -> None:
    """Remove all photos, and begin anew."""
    album.clear()
    _added()


def _added() -> None:
    """Forget what the sources hold: it is in the album now."""
    st.session_state[keys.ROUND] = st.session_state.get(keys.ROUND, 0) + 1
    st.session_state[keys.IS_ADDING] = False
    st.session_state[keys.OPEN] = None


def _keyed(key: str) -> str:
    return f"{key}.{st.session_state.get(keys.ROUND, 0)}"


def show_sources(album: Album[Any]) -> None:
    """The uploader or the camera, and the button to paste."""
    source = segments(
        "Source of the photos", SOURCES, default="upload", key=keys.SOURCE, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    if source == "camera":
        st.camera_input(
            "Take a photo", key=_keyed(keys.CAMERA), resolution="480p", width=640,
            on_change=_take_shot, args=(album, _keyed(keys.CAMERA)),
        )  # fmt: skip
        return
    st.file_uploader(
        "Photos with one face or many, or a ZIP archive of them",
        accept_multiple_files=True,
        key=_keyed(keys.UPLOADS),
        max_upload_size=MAX_UPLOAD_MB,
        on_change=_take_files,
        args=(album, _keyed(keys.UPLOADS)),
    )
    paste_button(key=keys.PASTE, on_photo=partial(_paste, album))


def add(album: Album[Any], name: str, photos: Iterable[Photo]) -> None:
    """Add photos in place of an example; what is refused is shown by the next run."""
    if has_only_example(album):
        album.clear()
    try:
        album.add(photos)
    except FerError as error:
        st.session_state.setdefault(keys.REFUSED, []).append((name, error))


def _take_files(album: Album[Any], key: str) -> None:
    files: list[UploadedFile] = st.session_state[key]
    skipped: list[tuple[str, str]] = []
    for file in files:
        data = file.getvalue()
        if file.name.lower().endswith(".zip"):
            skipped += _take_zip(album, file)
        elif reason := why_no_image(file.name, data[:HEAD_BYTES]):
            skipped.append((file.name, reason))
        else:
            read, size = file.getvalue, len(data)
            photo = Photo(name=file.name, key=file.file_id, read=read, size_bytes=size)
            add(album, file.name, [photo])
    album.skip(skipped)
    _added()


def _take_zip(album: Album[Any], file: UploadedFile) -> list[tuple[str, str]]:
    """Take the photos of an archive; the result is the name and reason of its other files."""
    try:
        inside, skipped = photos_in_zip(file.name, file.getvalue())
    except FerError as error:
        st.session_state.setdefault(keys.REFUSED, []).append((file.name, error))
        return []
    photos = [
        Photo(
            name=photo.name, key=f"{file.file_id} {number}", read=photo.read,
            size_bytes=photo.entry.compress_size,
        )
        for number, photo in enumerate(inside)
    ]  # fmt: skip
    add(album, file.name, photos)
    return [(f"{file.name}/{name}", reason) for name, reason in skipped.items()]


def _show_skipped(skipped: Mapping[str, str]) -> None:
    """The files that came with the photos and are none, each with what it is instead."""
    if skipped:
        words = errors.plain(not_read(skipped, most=SKIPPED_NAMED))
        st.warning(words, icon=":material/block:")
    if len(skipped) > SKIPPED_NAMED:
        with st.expander(f"All {len(skipped):,} files that are not read"):
            st.dataframe({"File": list(skipped), "What it is": list(skipped.values())})


def _take_shot(album: Album[Any], key: str) -> None:
    if shot := st.session_state[key]:
        add_bytes(album, "Your photo", f"shot {shot.file_id}", shot.getvalue())


def _paste(album: Album[Any]) -> None:
    if pasted := from_data_uri(st.session_state[keys.PASTE].photo):
        add_bytes(album, "Pasted photo", f"pasted {hash(pasted)}", pasted)


def add_bytes(album: Album[Any], name: str, key: str, data: bytes) -> None:
    """Add one photo that is a file in memory."""
    add(album, name, [Photo(name=name, key=key, read=lambda: data, size_bytes=len(data))])
    _added()


def take_snapshot(album: Album[Any]) -> None:
    """Take the snapshot of the Live page, once; it stays there, too."""
    snapshot: bytes | None = st.session_state.get(links.SNAPSHOT)
    if snapshot is not None and hash(snapshot) != st.session_state.get(keys.SNAPSHOT):
        st.session_state[keys.SNAPSHOT] = hash(snapshot)
        add_bytes(album, "Snapshot", f"snapshot {hash(snapshot)}", snapshot)


def has_only_example(album: Album[Any]) -> bool:
    """Whether there is no photo but an example."""
    return len(album) == 1 and album.photos[0].key.startswith(_EXAMPLE)


def take_example(album: Album[Any]) -> None:
    """Take the example that was chosen on Home; it joins photos that are here already."""
    if chosen := st.session_state.pop(links.EXAMPLE, None):
        _add_example(album, chosen)


def _add_example(album: Album[Any], chosen: str) -> None:
    example = examples()[chosen]
    photo = Photo(
        name=example.name, key=f"{_EXAMPLE}{chosen}", read=example.read, is_face=example.is_face
    )
    add(album, example.name, [photo])


def choose_example(album: Album[Any]) -> None:
    """A row of examples, of which one can be chosen, and what becomes of photos."""
    offered = examples()
    st.caption(f"{KEPT} {words_on_examples(offered)}")
    names = list(offered)
    current = album.photos[0].key.removeprefix(_EXAMPLE) if album.photos else ""

    def on_open(index: int) -> None:
        if names[index] == current:
            remove_all(album)
        else:
            _add_example(album, names[index])

    gallery(
        [example.picture for example in offered.values()], label="Examples", key=keys.EXAMPLES,
        large=True, current=names.index(current) if current in names else None, on_open=on_open,
    )  # fmt: skip
