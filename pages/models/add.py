"""Adding a network from elsewhere, step by step: its file, how it sees faces, what it answers."""

import re
from collections.abc import Sequence

import numpy as np
import streamlit as st

from fer import emotions, models
from fer.data import Dataset
from fer.errors import FerError, ModelError
from fer.evaluation.contract import ContractSearch
from fer.models import management
from fer.models.folder import taken
from fer.models.pixel_scales import SCALES
from fer.wording import counted
from pages.common import errors
from pages.common.facts import facts_html
from pages.common.models_folder import why_read_only
from pages.common.pictures import pictures_html
from pages.models import keys
from pages.models.foreign import Foreign, faces_for, read_upload, search_for, with_output
from pages.models.label_order import choose_order
from pages.models.labelled import choose_labelled, show_fits
from pages.models.views import views

UPLOAD_MB = 500
_FORMATS = ".keras, .h5, .hdf5, .onnx (with its second file, if it has one), or .json and weights"


def show_add() -> None:
    """One step below the other; each appears when the one before it is done."""
    if refusal := why_read_only():
        st.info(refusal, icon=":material/lock:")
        return
    foreign = search = None
    try:
        foreign = choose_file()
    except FerError as error:
        errors.show(error)
    if foreign is None:
        return
    start_afresh(foreign)
    show_network(foreign)
    try:
        search = show_search(foreign, show_sight(foreign))
    except FerError as error:  # of the data set: another one can be chosen, or none
        errors.show(error)
    scale, labels = choose_contract(foreign, search)
    show_naming(foreign, search, scale, labels)


def start_afresh(foreign: Foreign) -> None:
    """Forget what was chosen for another network."""
    if st.session_state.get(keys.FOREIGN) != foreign.key:
        st.session_state[keys.FOREIGN] = foreign.key
        for key in (keys.ORDER, keys.SCALE, keys.NAME):
            st.session_state.pop(key, None)


def step(number: int, title: str) -> None:
    """The heading of a step."""
    st.header(f"{number}. {title}", anchor=False)


def choose_file() -> Foreign | None:
    step(1, "The network")
    uploads = st.file_uploader(
        f"Its file: {_FORMATS}",
        accept_multiple_files=True,
        key=keys.FILES,
        max_upload_size=UPLOAD_MB,
        help="From Keras or any program that writes ONNX. Code in a file is never run.",
    )
    if not uploads:
        st.caption(
            "The app shows what the network is, tries how it sees faces, and finds out which "
            "output stands for which emotion. Nothing is added before you name it at the end."
        )
        return None
    foreign = read_upload(uploads).result("Reading the network")
    if len(foreign.outputs) < 2:
        return foreign
    if st.session_state.get(keys.OUTPUT) not in foreign.outputs:
        st.session_state[keys.OUTPUT] = foreign.output
    output = st.selectbox(
        "Which of its outputs names emotions?", list(foreign.outputs), key=keys.OUTPUT, width=320,
        format_func=lambda name: f"{name}, {counted(foreign.outputs[name], 'class', 'classes')}",
        persist_state="session",
    )  # fmt: skip
    if output == foreign.output:
        return foreign
    return with_output(foreign, output).result("Reading the network")


def show_network(foreign: Foreign) -> None:
    height, width, channels = foreign.shape
    facts = {
        "Input": f"{width} × {height} {'grey' if channels == 1 else 'RGB'}",
        "Classes": str(foreign.classes),
        **foreign.facts,
    }
    st.html(facts_html(facts))


def show_sight(foreign: Foreign) -> Dataset:
    """A labelled face as the network would get it under each scale."""
    step(2, "How it might see a face")
    name = choose_labelled(keys.DATA)
    dataset = faces_for(foreign, name).result()
    rows = dataset.as_given.rows_of("validation")
    face = dataset.pixels[rows[0] if len(rows) else 0]
    st.html(pictures_html(views(np.asarray(face))))
    st.caption(
        "Networks were trained on different ranges of pixel values. Under a wrong one, a network "
        "still answers, but less well."
    )
    return dataset


def show_search(foreign: Foreign, dataset: Dataset) -> ContractSearch | None:
    """Try every scale on labelled faces, if the visitor wants that."""
    step(3, "What fits")
    asked = (foreign.key, dataset.name)
    if st.session_state.get(keys.SEARCHED) != asked:
        scales = len([one for one in SCALES.values() if foreign.shape[2] == 3 or not one.needs_rgb])
        st.markdown(
            f"Tries {scales} scales on labelled faces, and finds the order of the labels for each."
        )
        slot = st.empty()
        if not slot.button(
            "Find out", icon=":material/search:", type="primary", key="models.search"
        ):
            return None
        slot.empty()
        st.session_state[keys.SEARCHED] = asked
    search = search_for(foreign, dataset).result()
    fits = search.fits()
    best = fits[0]
    knows_order = search.decides_on_order(best.labels)
    reason, doubts = search.nothing_fits(), search.doubts()
    if reason:
        st.error(errors.plain(" ".join([reason, *doubts])), icon=":material/error:")
    elif doubts:
        chosen = f"{best.scale} and its labels are" if knows_order else f"{best.scale} is"
        st.warning(
            errors.plain(
                f"{' '.join(doubts)} Below, the scale {chosen} chosen: add the model like that "
                "now, unchecked, or choose for yourself."
            ),
            icon=":material/balance:",
        )
    else:
        st.success(
            f"The scale **{best.scale}** with the labels "
            f"**{errors.plain(', '.join(best.labels))}** fits best.",
            icon=":material/check:",
        )
    show_fits(search, fits)
    if not reason and st.session_state.get(keys.APPLIED) != (asked, best):
        st.session_state[keys.APPLIED] = (asked, best)
        st.session_state[keys.SCALE] = best.scale
        if knows_order:
            st.session_state[keys.ORDER] = list(best.labels)
    return search


def choose_contract(foreign: Foreign, search: ContractSearch | None) -> tuple[str, tuple[str, ...]]:
    """The scale and the labels, and what labelled faces tell of them."""
    step(4, "Scale and labels")
    scales = [name for name, one in SCALES.items() if foreign.shape[2] == 3 or not one.needs_rgb]
    if st.session_state.get(keys.SCALE) not in (None, *scales):
        del st.session_state[keys.SCALE]
    scale = st.selectbox(
        "Scale of the pixels", scales, key=keys.SCALE, width=320, persist_state="session"
    )
    known = search.classes if search else ()
    labels = choose_order(usual_order(foreign.classes), (*known, *emotions.ALL))
    if search is None:
        st.info(
            "Not checked. Without labelled faces nobody knows whether these are right; the model "
            "will carry a warning until it is checked.",
            icon=":material/info:",
        )
        return scale, labels
    fit = search.fit(scale, labels)
    low, high = fit.accuracy_ci95
    st.markdown(
        f"So it names **{fit.accuracy:.1%}** of {counted(fit.images, 'face')} rightly (95% "
        f"interval {low:.1%} to {high:.1%}), with a mean recall of {fit.mean_recall:.1%}."
    )
    objections = search.objections(scale, labels)
    if search.doubts(labels) and not objections:
        objections = ["These faces cannot decide, so the model will carry a warning."]
    for sentence in objections:
        st.warning(errors.plain(sentence), icon=":material/rule:")
    return scale, labels


def usual_order(classes: int) -> tuple[str, ...]:
    """The order that most public networks of so many classes have."""
    if classes == len(emotions.FER2013_CODES):
        return emotions.FER2013_CODES
    numbered = tuple(f"class {number + 1}" for number in range(classes))
    return (*emotions.ALL, *numbered)[:classes]


def show_naming(
    foreign: Foreign, search: ContractSearch | None, scale: str, labels: Sequence[str]
) -> None:
    """Name it and add it."""
    step(5, "Its name")
    suggested = re.sub(r"[^A-Za-z0-9._-]+", "-", foreign.name).strip("-._")[:60]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the model", key=keys.NAME, placeholder=suggested, max_chars=64, width=320
        )
        clicked = st.button(
            "Add", icon=":material/library_add:", type="primary", key="models.add.go"
        )
    if clicked:
        wanted = name.strip() or suggested
        errors.attempt(lambda: _add(foreign, search, wanted, scale, labels))


def _add(
    foreign: Foreign,
    search: ContractSearch | None,
    name: str,
    scale: str,
    labels: Sequence[str],
) -> None:
    folder = models.named(name)
    if management.is_taken(name):
        raise taken(name)
    if len(set(labels)) < len(labels) or not all(labels):
        raise ModelError("Two outputs have the same label. Give each output a label of its own.")
    checked = search.checked(scale, labels) if search else {}
    with st.spinner("Writing the model", show_time=True):
        foreign.adopt(labels, out=folder, scale=scale, checked=checked)
    st.session_state[keys.CHOOSE] = name
    st.session_state[keys.DONE] = (
        f"**{errors.plain(name)}** was added. Evaluate it on a data set, or try it on a photo."
    )
