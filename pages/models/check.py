"""The check of labels and scale of a model from elsewhere that is already here."""

from pathlib import Path

import streamlit as st

from fer.errors import FerError
from fer.evaluation.contract import ContractSearch, Fit
from fer.evaluation.contract_search import adopt_again, check_contract, scale_of
from fer.models.card import ModelCard
from fer.models.pixel_scales import SCALES
from pages.common import errors, predictors
from pages.common.cache import Work, dataset_work
from pages.common.models_folder import why_read_only
from pages.common.progress import Meter
from pages.models import keys
from pages.models.cards import Entry
from pages.models.labelled import choose_labelled, show_fits


def show_check(entry: Entry, card: ModelCard) -> None:
    """Warn that the contract was never checked, and offer to check it."""
    st.warning(
        "**Nobody has checked the labels and the scale of this model.** If one of them is wrong, "
        "its answers are, too, however sure it is. Check them on labelled faces.",
        icon=":material/warning:",
    )
    if refusal := why_read_only():
        st.caption(refusal)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = choose_labelled(keys.CHECK_DATA)
        if st.button("Check", icon=":material/rule:", type="primary", key="models.check"):
            st.session_state[keys.SEARCHED] = (entry.name, entry.stamp, dataset)
    if st.session_state.get(keys.SEARCHED) != (entry.name, entry.stamp, dataset):
        return
    try:
        search = _checking(str(entry.folder), entry.stamp, dataset).result()
    except FerError as error:
        errors.show(error)
        return
    objections = search.objections(scale_of(card), card.labels)
    doubts = search.doubts(card.labels)
    if not objections and not doubts:
        st.session_state[keys.DONE] = (
            f"No other labels and no other scale fit **{errors.plain(entry.name)}** better. Its "
            "card keeps what was checked."
        )
        st.rerun()
    for sentence in objections:
        st.error(errors.plain(sentence), icon=":material/rule:")
    for sentence in doubts:
        st.warning(errors.plain(sentence), icon=":material/balance:")
    fits = search.fits(card.labels)
    show_fits(search, fits)
    if doubts or not fits[0].is_above_chance or fits[0].scale not in SCALES:
        return
    if card.original == "onnx":
        st.caption("Delete it and add its file again with what fits best.")
    elif st.button("Use what fits best", icon=":material/auto_fix_high:", key="models.use_best"):
        use_best(entry, search, fits[0])


@st.dialog("Use what fits best?")
def use_best(entry: Entry, search: ContractSearch, best: Fit) -> None:
    st.markdown(
        f"“{errors.plain(entry.name)}” gets the scale {best.scale} and the labels "
        f"{errors.plain(', '.join(best.labels))}. Its figures, its calibration and its other "
        "forms were made with the old ones, and go."
    )

    def act() -> None:
        checked = search.checked(best.scale, best.labels)
        adopt_again(entry.folder, best.labels, scale=best.scale, checked=checked)
        st.session_state[keys.DONE] = (
            f"**{errors.plain(entry.name)}** now has the labels and the scale that fit best."
        )

    if st.button("Use it", type="primary", key="models.use_best_now"):
        errors.attempt(act)


@st.cache_resource(max_entries=2, show_spinner=False, validate=Work.is_usable)
def _checking(folder: str, stamp: tuple[int, int], dataset: str) -> Work[ContractSearch]:
    def check(meter: Meter) -> ContractSearch:
        meter.note("Loading Keras and the network…")
        predictors.import_keras()
        return check_contract(Path(folder), dataset, progress=meter)

    return dataset_work(dataset, check)
