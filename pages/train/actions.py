"""The actions on one training run: show, rename, delete, add to the models."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from fer import runs, settings
from pages.common import errors
from pages.train import keys
from pages.train.overview import Row


def button(label: str, action: Callable[[], object], **options: Any) -> None:
    """Show a button for an action that can fail; once it has worked, the page is drawn again."""
    if st.button(label, **options):
        errors.attempt(action)


def show_actions(row: Row) -> None:
    buttons = [
        ("Show above", ":material/visibility:", "train.show", True, show_above),
        ("Rename", ":material/edit:", "train.rename", True, rename),
        ("Add to models", ":material/inventory_2:", "train.add", row.run.has_model, add),
        ("Delete", ":material/delete:", "train.delete", row.state not in runs.ACTIVE, delete),
    ]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, icon, key, is_enabled, action in buttons:
            if st.button(label, icon=icon, key=key, disabled=not is_enabled):
                action(row)


def show_above(row: Row) -> None:
    st.session_state[keys.SHOWN] = row.run.id
    st.rerun()


@st.dialog("Rename the run")
def rename(row: Row) -> None:
    name = st.text_input("Name", row.name, max_chars=100, key="train.new_name")
    button("Rename", lambda: row.run.rename(name), type="primary", key="train.rename_now")


@st.dialog("Delete the run?")
def delete(row: Row) -> None:
    st.markdown(
        f"“{errors.plain(row.name)}” is deleted for good, with its checkpoints, curves, log and "
        "model. Models already added to the app stay."
    )
    button("Delete for good", row.run.remove, type="primary", key="train.delete_now")


@st.dialog("Add to the models")
def add(row: Row) -> None:
    suggested = "-".join("".join(c if c.isalnum() else " " for c in row.name).split())[:64]
    name = st.text_input("Name of the model", suggested, key="train.model_name")
    is_taken = bool(name) and (settings.models_folder() / name).exists()
    if is_taken:
        st.warning(f"A model named “{errors.plain(name)}” exists; it will be replaced.")
    default = st.checkbox("Use it by default", key="train.as_default")

    def keep() -> None:
        row.run.add_to_models(name)
        if default:
            settings.set_default_model(name)
        st.session_state[keys.MESSAGE] = f"The model “{name}” has been added."

    button("Replace" if is_taken else "Add", keep, type="primary", key="train.add_now")
