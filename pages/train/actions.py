"""What can be done with one training run: show, rename, delete, add to the models."""

import streamlit as st

from fer import runs, settings
from fer.runs import queue
from pages.common import errors
from pages.train import keys
from pages.train.overview import Row


def show_actions(row: Row) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("Show above", icon=":material/visibility:", key="train.show"):
            st.session_state[keys.SHOWN] = row.run.id
            st.rerun()
        if st.button("Rename", icon=":material/edit:", key="train.rename"):
            rename(row)
        if st.button(
            "Add to models",
            icon=":material/inventory_2:",
            key="train.add",
            disabled=not row.run.has_model,
        ):
            add(row)
        if st.button(
            "Delete",
            icon=":material/delete:",
            key="train.delete",
            disabled=row.state in runs.ACTIVE,
        ):
            delete(row)


@st.dialog("Rename the run")
def rename(row: Row) -> None:
    name = st.text_input("Name", row.name, max_chars=100, key="train.new_name")
    clicked = st.button("Rename", type="primary", key="train.rename_now")
    if clicked and errors.attempt(lambda: row.run.rename(name)):
        st.rerun()


@st.dialog("Delete the run?")
def delete(row: Row) -> None:
    st.markdown(
        f"“{errors.plain(row.name)}” is deleted for good: its checkpoints, curves, log and model. "
        "Models that were added stay."
    )
    if st.button("Delete for good", type="primary", key="train.delete_now"):

        def remove() -> None:
            if row.state == "queued":
                queue.stop(row.run)
            row.run.remove()

        if errors.attempt(remove):
            st.rerun()


@st.dialog("Add to the models")
def add(row: Row) -> None:
    suggested = "-".join("".join(c if c.isalnum() else " " for c in row.name).split())[:64]
    name = st.text_input("Name of the model", suggested, key="train.model_name")
    is_taken = (settings.models_folder() / name).exists() if name else False
    if is_taken:
        st.warning(f"There is a model “{errors.plain(name)}”; it will be replaced.")
    default = st.checkbox("Use it by default", key="train.as_default")
    if st.button("Replace" if is_taken else "Add", type="primary", key="train.add_now"):

        def keep() -> None:
            row.run.add_to_models(name)
            if default:
                settings.set_default_model(name)

        if errors.attempt(keep):
            st.session_state[keys.MESSAGE] = f"The model “{name}” has been added."
            st.rerun()
