"""New photos: each shown with its face, to be labelled and kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer import emotions
from fer.errors import FerError
from fer.inference.kept_photos import MAX_PHOTOS, digest_of, keep, kept_digests
from fer.inference.predictor import Predictor
from fer.people import Action
from fer.wording import counted
from pages.common import errors, people
from pages.common.choices import page_of
from pages.common.visitors import MAX_UPLOAD_MB
from pages.evaluate import keys
from pages.evaluate.photo_evaluation import new_face

_PER_PAGE = 10


@dataclass(frozen=True, kw_only=True)
class NewPhoto:
    """A photo that was dropped and is not kept yet; the digest is that of its content."""

    file: UploadedFile
    digest: str


def add_photos(predictor: Predictor, labels: Sequence[str]) -> None:
    """Drop photos, name what each shows, keep them. The model's answers are not shown here."""
    if not people.allows(Action.ANNOTATE):
        return
    number = st.session_state.setdefault(keys.ROUND, 0)
    files = st.file_uploader(
        f"Photos to add, up to {MAX_PHOTOS} in all. Where a photo has several faces, the largest "
        "counts.",
        accept_multiple_files=True,
        key=f"{keys.UPLOADS}.{number}",
        max_upload_size=MAX_UPLOAD_MB,
    )
    if not files:
        return
    kept = kept_digests()
    photos = _distinct(files)
    new = [photo for photo in photos if photo.digest not in kept]
    if not new:
        st.info("All of these photos are kept already. Drop others, or see them below.")
        return
    if len(photos) > len(new):
        st.caption(f"{len(photos) - len(new)} of them are kept already.")
    if len(kept) + len(new) > MAX_PHOTOS:
        st.warning(
            f"{len(new)} new photos, but there is room for {MAX_PHOTOS - len(kept)} more. For "
            "larger sets: `python -m fer evaluate MODEL FOLDER --photos`."
        )
    _label_and_keep(new, predictor, labels)


def _distinct(files: Sequence[UploadedFile]) -> list[NewPhoto]:
    """The files by content, each once."""
    digests: dict[str, str] = st.session_state.setdefault(keys.DIGESTS, {})
    photos: dict[str, NewPhoto] = {}
    for file in files:
        if file.file_id not in digests:
            digests[file.file_id] = digest_of(file.getvalue())
        digest = digests[file.file_id]
        photos.setdefault(digest, NewPhoto(file=file, digest=digest))
    return list(photos.values())


@st.fragment
def _label_and_keep(
    photos: Sequence[NewPhoto], predictor: Predictor, labels: Sequence[str]
) -> None:
    chosen: dict[str, str] = st.session_state.setdefault(keys.LABELS, {})
    shown, which = page_of(photos, _PER_PAGE, key=keys.NEW_PAGE)
    if len(photos) > len(shown):
        st.caption(f"{len(photos)} new photos, {which}")
    for photo in shown:
        _show(photo, predictor, labels, chosen)
    ready = [photo for photo in photos if chosen.get(photo.digest) in labels]
    text = f"Keep {counted(len(ready), 'photo')}" if ready else "Keep"
    if st.button(text, type="primary", icon=":material/save:", disabled=not ready):
        errors.attempt(lambda: _keep(ready, chosen, is_all=len(ready) == len(photos)))
    if len(ready) < len(photos):
        st.caption("Photos without a choice are not kept.")


def _keep(ready: Sequence[NewPhoto], chosen: dict[str, str], *, is_all: bool) -> None:
    for photo in ready:
        keep(photo.file.name, photo.file.getvalue(), chosen[photo.digest])
        del chosen[photo.digest]
    if is_all:  # empty the uploader
        st.session_state[keys.ROUND] += 1
    st.toast(f"{len(ready)} kept.", icon=":material/check:")


def _show(
    photo: NewPhoto, predictor: Predictor, labels: Sequence[str], chosen: dict[str, str]
) -> None:
    name = photo.file.name
    try:
        new = new_face(photo.digest, predictor.detector.name, photo.file.getvalue(), predictor)
    except FerError as error:
        errors.show(error, about=name)
        return
    with st.container(border=True):
        left, right = st.columns([1, 3])
        count = counted(new.faces, "face") if new.faces else "no face"
        left.image(new.photo, alt=f"{name}, {count} found")
        before = chosen.get(photo.digest)
        with right:
            st.markdown(f"**{errors.plain(name)}**")
            if new.face is not None:
                st.image(new.face, alt=f"The face on {name}")
            label = st.pills(
                "What does it show?",
                labels,
                format_func=emotions.with_symbol,
                wrap=True,
                default=before if before in labels else None,
                key=f"{keys.LABELS}.{photo.digest}",
            )
            chosen.pop(photo.digest, None)
            if label is not None:
                chosen[photo.digest] = label
            if not new.faces:
                st.caption(
                    "No face found here. If kept, the photo counts as one without an answer."
                )
            elif new.faces > 1:
                st.caption(f"{new.faces} faces found; the outlined one counts.")
