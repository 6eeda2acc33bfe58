"""The question what the classes of a new data set mean, beside some of the faces of each."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from fer import emotions
from fer.data.classes import UnknownClass, usual_orders
from fer.errors import DatasetError
from fer.wording import counted
from pages.common import errors
from pages.common.pictures import Picture, data_uri, pictures_html

KEEP = "its own"
LEAVE_OUT = ""
_MEANINGS = {
    **{label: emotions.with_symbol(label) for label in emotions.ALL},
    KEEP: "Keep as a class of its own",
    LEAVE_OUT: "Leave out",
}
_MOST = 24  # classes that are asked about one by one


def show_unknown(source: str, classes: Sequence[UnknownClass]) -> Callable[[], dict[str, str]]:
    """A choice for each class whose name means nothing.

    Args:
        source: What is being added; its choices are kept until another is.
        classes: The classes in question.

    Returns:
        Gives what was chosen as `fer.data.add` takes it, or raises a DatasetError that names the
        classes for which nothing was.
    """
    names = [one.name for one in classes]
    st.subheader(
        f"What {'does this class' if len(names) == 1 else f'do these {len(names)} classes'} mean?",
        anchor=False,
    )
    _show_shortcuts(source, names)
    for one in classes[:_MOST]:
        _show_class(source, one)
    rest = names[_MOST:]
    if rest:
        st.selectbox(
            f"The other {counted(len(rest), 'class', 'classes')}: {', '.join(rest[:5])} …",
            [KEEP, LEAVE_OUT],
            index=None,
            format_func=_MEANINGS.__getitem__,
            key=_key(source, rest[0]),
            placeholder="Choose what to do with them",
        )

    def chosen() -> dict[str, str]:
        choices = {name: st.session_state.get(_key(source, name)) for name in names[:_MOST]}
        if rest:
            choices |= dict.fromkeys(rest, st.session_state.get(_key(source, rest[0])))
        if open_ones := [f"'{name}'" for name, choice in choices.items() if choice is None]:
            raise DatasetError(
                f"Nothing is chosen for {', '.join(open_ones[:8])}"
                f"{' and others' if len(open_ones) > 8 else ''}. Choose an emotion for each class, "
                "keep it as a class of its own, or leave it out."
            )
        return {name: name if choice == KEEP else str(choice) for name, choice in choices.items()}

    return chosen


def _show_shortcuts(source: str, names: Sequence[str]) -> None:
    orders: dict[str, Mapping[str, str]] = {
        f"As in {order}": meanings for order, meanings in usual_orders(names).items()
    }
    if orders:
        st.markdown(
            "Every data set numbers emotions in its own way. Choose an order, see whether it fits "
            "the faces, and change what does not."
        )
    else:
        st.markdown("The names match no known emotion. Choose one for each class by its faces.")
    orders |= {"Keep all": dict.fromkeys(names, KEEP)} if len(names) > 1 else {}
    orders |= {"Leave all out": dict.fromkeys(names, LEAVE_OUT)} if len(names) > 1 else {}
    with st.container(horizontal=True):
        for text, meanings in orders.items():
            st.button(
                text, key=f"dataset.add.order.{text}", on_click=_choose, args=(source, meanings)
            )


def _choose(source: str, meanings: Mapping[str, str]) -> None:
    for name, meaning in meanings.items():
        st.session_state[_key(source, name)] = meaning


def _show_class(source: str, one: UnknownClass) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.markdown(f"**{errors.plain(one.name)}** · {counted(one.faces, 'face')}")
        pictures = [
            Picture(data_uri(face), "", f"Face {number} of class {one.name}")
            for number, face in enumerate(one.examples, 1)
        ]
        if pictures:
            st.html(pictures_html(pictures, "fer-pictures fer-samples"))
        else:
            st.caption("None of its faces can be shown.")
    right.selectbox(
        f"Meaning of class {errors.plain(one.name)}",
        list(_MEANINGS),
        index=None,
        format_func=_MEANINGS.__getitem__,
        key=_key(source, one.name),
        placeholder="Choose an emotion",
        label_visibility="collapsed",
    )


def _key(source: str, name: str) -> str:
    return f"dataset.add.class.{source}.{name}"
