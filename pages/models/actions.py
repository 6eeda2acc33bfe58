"""What can be done with a model: use it, name it, copy it, delete it."""

import os
from functools import partial

import streamlit as st

from fer import settings
from fer.errors import ModelError
from fer.models import management
from fer.people import Action, may
from pages.common import errors, links, visitors
from pages.common.models_folder import why_read_only
from pages.models import keys
from pages.models.cards import Entry


def show_actions(entry: Entry) -> None:
    """Buttons; where this machine lets nobody write, a sentence in place of those that write."""
    with st.container(horizontal=True):
        if entry.card is not None:
            if st.button("Evaluate", icon=":material/query_stats:", key="models.evaluate"):
                st.switch_page(
                    "pages/evaluate/page.py", query_params={"evaluate.model": entry.name}
                )
            if st.button("Try on a photo", icon=":material/photo_camera:", key="models.predict"):
                st.session_state[links.MODEL] = entry.name
                st.switch_page("pages/predict/page.py")
            can_use = may(Action.MANAGE_MODELS) and not entry.is_default
            if can_use and st.button(
                "Use by default", icon=":material/star:", key="models.default"
            ):
                errors.attempt(partial(_use, entry.name))
        refusal = why_read_only()
        if not refusal:
            _show_changes(entry)
    if refusal:
        st.caption(refusal)
    st.caption(_where_default_is())


def _show_changes(entry: Entry) -> None:
    if not entry.is_protected and st.button("Rename", icon=":material/edit:", key="models.rename"):
        rename(entry.name)
    if entry.card is not None and st.button(
        "Copy", icon=":material/content_copy:", key="models.copy"
    ):
        copy(entry)
    if not entry.is_protected and st.button(
        "Delete", icon=":material/delete:", key="models.delete"
    ):
        delete(entry)


def _where_default_is() -> str:
    if named := os.environ.get("FER_MODEL", "").strip():
        return (
            f"The variable FER_MODEL names {errors.plain(named)} as the default model on this "
            "machine, whatever is chosen here."
        )
    where = f"in `{settings.default_model_file()}`" if visitors.are_local() else "on the server"
    return f"The default model is for everybody who uses this app; the choice is kept {where}."


def _use(name: str) -> None:
    settings.set_default_model(name)
    if settings.default_model() != name:
        raise ModelError(
            f"'{name}' was noted, but the variable FER_MODEL names '{settings.default_model()}' on "
            "this machine and takes precedence. Whoever runs this app can remove it."
        )
    st.session_state[keys.DONE] = f"**{errors.plain(name)}** is now used by default."


@st.dialog("Rename the model")
def rename(name: str) -> None:
    new_name = st.text_input("Name", name, max_chars=64, key=keys.NEW_NAME).strip()

    def act() -> None:
        management.rename(name, new_name)
        _next(new_name, f"**{errors.plain(name)}** is now called **{errors.plain(new_name)}**.")

    if st.button("Rename", type="primary", key="models.rename_now"):
        errors.attempt(act)


@st.dialog("Copy the model")
def copy(entry: Entry) -> None:
    if entry.is_shipped:
        st.markdown(
            "A copy of the same name takes the place of the model from the package, and can be "
            "changed."
        )
    same = entry.name if entry.is_shipped else f"{entry.name}-copy"
    new_name = st.text_input("Name of the copy", same, max_chars=64, key=keys.NEW_NAME).strip()

    def act() -> None:
        management.copy(entry.name, new_name)
        _next(new_name, f"**{errors.plain(new_name)}** is a copy of {errors.plain(entry.name)}.")

    if st.button("Copy", type="primary", key="models.copy_now"):
        errors.attempt(act)


@st.dialog("Delete the model?")
def delete(entry: Entry) -> None:
    st.markdown(
        f"“{errors.plain(entry.name)}” is deleted for good, with its card and all its files. Runs "
        "and data sets stay."
    )

    def act() -> None:
        management.remove(entry.name)
        _next("", f"**{errors.plain(entry.name)}** was deleted.")

    if st.button("Delete for good", type="primary", key="models.delete_now"):
        errors.attempt(act)


def _next(name: str, done: str) -> None:
    st.session_state[keys.CHOOSE] = name or None
    st.session_state[keys.DONE] = done


def show_done() -> None:
    """What was done last."""
    if done := st.session_state.pop(keys.DONE, ""):
        st.success(done, icon=":material/check:")
