"""Annotating a face: exclude it, correct its label or clear that, then open the next one."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import Dataset, annotations
from fer.people import Action
from fer.wording import counted
from pages.common import errors, people
from pages.common.browser.faces import Browser

EFFECT = (
    "Figures keep the labels as given; a second figure beside them counts your annotations. "
    "The next training learns those of training faces."
)
_WITH_KEY = 9  # classes that a digit chooses


def show_controls(browser: Browser, row: int, rows: np.ndarray | None, *, place: str) -> None:
    """Exclude or include a face, correct its label, or clear that.

    No label is suggested: agreeing with a model must not be the easiest click. After an exclusion
    or a correction, the next of the faces at `rows` opens, in their order before it; None if there
    is no list. `place` distinguishes the widgets of a face that is open twice.
    """
    if not people.allows(Action.ANNOTATE):
        return
    dataset = browser.dataset
    face = dataset.index.iloc[row]
    path, key = face["path"], f"{browser.state.face}{place}"
    annotate = partial(annotations.annotate, dataset, [path])
    is_excluded, has_keys = bool(face["excluded"]), rows is not None
    if relabel := choose_label(dataset, f"{key}.{row}", current=face["label"], has_keys=has_keys):
        label, is_new = relabel
        done = f"Labelled {label}: {path}"
        _and_next(browser, rows, lambda: annotate(label=label, add_class=is_new), done)
    with st.container(horizontal=True):
        if st.button(
            "Include again" if is_excluded else "Exclude",
            icon=":material/undo:" if is_excluded else ":material/block:",
            key=f"{key}.exclude",
            shortcut="X" if has_keys else None,
        ):
            if is_excluded:
                errors.attempt(lambda: annotate(excluded=False))
            else:
                _and_next(browser, rows, lambda: annotate(excluded=True), f"Excluded: {path}")
        if (is_excluded or dataset.relabelled[row]) and st.button(
            "Clear its annotations", icon=":material/undo:", key=f"{key}.clear"
        ):
            errors.attempt(lambda: annotate(excluded=False, label=""))
    st.caption(EFFECT)


def _and_next(
    browser: Browser, rows: np.ndarray | None, action: Callable[[], None], done: str
) -> None:
    def act() -> None:
        action()
        st.toast(errors.plain(done), icon=":material/check:")
        open_next(browser, rows)

    errors.attempt(act)


def open_next(browser: Browser, rows: np.ndarray | None) -> None:
    """Open the face that follows the open one; the last one stays open."""
    trail = trail_of(browser, rows)
    if browser.state.path in trail[:-1]:
        browser.state.keep(trail)
        browser.state.open_when_redrawn(trail[trail.index(browser.state.path) + 1])


def trail_of(browser: Browser, rows: np.ndarray | None) -> list[str]:
    """The paths to step through: those at these positions, or as they were before an annotation."""
    trail = browser.state.trail
    if browser.state.path in trail:
        return trail
    paths: list[str] = [] if rows is None else browser.dataset.index["path"].iloc[rows].tolist()
    return paths


def choose_label(
    dataset: Dataset, key: str, *, current: str = "", has_keys: bool = True
) -> tuple[str, bool] | None:
    """A button for each class, and other emotions behind a question.

    Args:
        dataset: Its classes are offered.
        key: The start of the keys of the widgets.
        current: The class that cannot be chosen, as the face has it.
        has_keys: Whether digits choose the classes.

    Returns:
        The class whose button was pressed just now, and whether it is new to the data set.
    """
    classes = annotations.classes(dataset)
    others = [label for label in emotions.ALL if label not in classes]
    pressed, new = "", None
    with st.container(horizontal=True, key=f"{key}.classes", gap="xsmall"):
        for number, label in enumerate(classes, 1):
            if st.button(
                emotions.with_symbol(label),
                key=f"{key}.as.{label}",
                disabled=label == current,
                shortcut=str(number) if has_keys and number <= _WITH_KEY else None,
            ):
                pressed = label
        if others:
            new = st.selectbox(
                "Another emotion", others, index=None, key=f"{key}.new", width=180,
                format_func=emotions.with_symbol, placeholder="Another emotion…",
                label_visibility="collapsed",
            )  # fmt: skip
    if pressed:
        return pressed, False
    return (new, True) if new and _adds_class(dataset, classes, new, key) else None


def _adds_class(dataset: Dataset, classes: Sequence[str], new: str, key: str) -> bool:
    name = errors.plain(dataset.name)
    st.warning(
        f"**{new} is not among the {counted(len(classes), 'class', 'classes')} of {name}.** With "
        f"it, the data set has {len(classes) + 1}: the next training learns {new} from the few "
        "faces that you give it, and models trained before do not know it, so that their figures "
        "cannot be compared.",
        icon=":material/warning:",
    )
    return st.button(f"Add the class {new} and relabel", key=f"{key}.add")
