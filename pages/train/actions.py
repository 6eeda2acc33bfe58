"""The actions on one training run, and what to do with its model."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from fer import models, runs, settings
from fer.data import registered
from fer.errors import FerError
from fer.models.folder import is_protected
from fer.people import Action, may
from fer.runs.added import added_as, free_model_name
from pages.common import errors, links, people
from pages.train import keys
from pages.train.overview import Row
from pages.train.presets import load_run


def button(label: str, action: Callable[[], object], **options: Any) -> None:
    """Show a button for an action that can fail; once it has worked, the page is drawn again."""
    if st.button(label, **options):
        errors.attempt(action)


def show_next_steps(row: Row, place: str) -> None:
    """What to do with a run; `place` is for keys.

    Evaluate and Predict know only models that were added, so that the way to them adds it, too.
    """
    if not row.has_result:
        show_again(row, place)
        return
    name = added_as(row.run)
    free = name or free_model_name(row.run)
    help_text = None if name else f"Adds the model to the models as “{free}” first."
    if name:
        by_default = ", and used by default" if settings.default_model() == name else ""
        st.markdown(f":material/check: Added to the models as **{name}**{by_default}.")
    steps = [
        ("Evaluate", ":material/query_stats:", "evaluate", open_evaluate),
        ("Try on a photo", ":material/photo_camera:", "try", open_predict),
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, icon, key, action in steps:
            is_open = bool(name) or may(Action.MANAGE_MODELS)
            if is_open and st.button(label, icon=icon, key=f"train.{key}.{place}", help=help_text):
                errors.attempt(partial(_add_and_go, row, free, action, is_added=bool(name)))
        if may(Action.MANAGE_MODELS) and st.button(
            "Add again" if name else "Add to models",
            icon=":material/inventory_2:",
            key=f"train.add.{place}",
        ):
            add(row)
        show_again(row, place)
    people.allows(Action.MANAGE_MODELS)


def _add_and_go(row: Row, name: str, go: Callable[[Row, str], None], *, is_added: bool) -> None:
    if not is_added:
        row.run.add_to_models(name)
    go(row, name)


def open_evaluate(row: Row, name: str) -> None:
    """Go to Evaluate, with the model on the data that it was trained on if that has a name."""
    chosen = {"evaluate.model": name}
    try:
        dataset = row.run.config().dataset
    except FerError:
        dataset = ""
    if dataset in {source.name for source in registered()}:
        chosen["evaluate.data"] = dataset
    st.switch_page("pages/evaluate/page.py", query_params=chosen)


def open_predict(row: Row, name: str) -> None:
    st.session_state[links.MODEL] = name
    st.switch_page("pages/predict/page.py")


def show_actions(row: Row) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        button(
            "Show above", lambda: show_above(row), icon=":material/visibility:", key="train.show"
        )
        can_change = may(Action.TRAIN)
        if can_change and st.button("Rename", icon=":material/edit:", key="train.rename"):
            rename(row)
        is_active = row.state in runs.ACTIVE
        if can_change and st.button(
            "Delete", icon=":material/delete:", key="train.delete", disabled=is_active
        ):
            delete(row)
    show_next_steps(row, "list")


def show_above(row: Row) -> None:
    st.session_state[keys.SHOWN] = row.run.id


def show_again(row: Row, place: str) -> None:
    """Offer the options of a run for another one."""
    st.button(
        "Train again with these options",
        icon=":material/content_copy:",
        key=f"train.again.{place}",
        on_click=load_run,
        args=(row.run,),
    )


@st.dialog("Rename the run")
def rename(row: Row) -> None:
    name = st.text_input("Name", row.name, max_chars=100, key="train.new_name")
    button("Rename", lambda: row.run.rename(name), type="primary", key="train.rename_now")


@st.dialog("Delete the run?")
def delete(row: Row) -> None:
    st.markdown(
        f"“{errors.plain(row.name)}” is deleted for good, with its checkpoints, curves, log, notes "
        "and model. Models already added to the app stay."
    )
    button("Delete for good", row.run.remove, type="primary", key="train.delete_now")


@st.dialog("Add to the models")
def add(row: Row) -> None:
    name = st.text_input(
        "Name of the model", added_as(row.run) or free_model_name(row.run), key="train.model_name"
    )
    is_taken, is_kept = _is_taken(name), _is_kept(name)
    if is_kept:
        st.warning(
            f"The model “{errors.plain(name)}” came with the app and stays as it is. Choose "
            "another name."
        )
    elif is_taken:
        st.warning(f"A model named “{errors.plain(name)}” exists; it will be replaced.")
    default = st.checkbox("Use it by default", key="train.as_default")

    def keep() -> None:
        row.run.add_to_models(name, may_replace=is_taken)
        if default:
            settings.set_default_model(name)

    verb = "Replace" if is_taken and not is_kept else "Add"
    button(verb, keep, type="primary", key="train.add_now", disabled=is_kept)


def _is_taken(name: str) -> bool:
    try:
        return models.named(name).exists()
    except FerError:  # no model can have that name, which adding it explains
        return False


def _is_kept(name: str) -> bool:
    return _is_taken(name) and is_protected(models.named(name))
