"""What the app does, how well, and what it must not be used for."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from fer import emotions, models
from fer.errors import FerError
from fer.models.card import ModelCard, read_card
from pages.common import errors
from pages.common.charts import bars_html
from pages.common.examples import example_face
from pages.common.pictures import by_class, pictures_html

SPLITS = {
    "public_test": "the PublicTest split of FER-2013",
    "test": "the test split of its data set",
}
LIMITS = {
    ":material/theater_comedy: A face is not a feeling": (
        "The network names the expression that strangers would see in a face. It cannot know what "
        "a person feels: people scowl when they concentrate and smile when they are afraid "
        "([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930))."
    ),
    ":material/gavel: Never to judge people": (
        "Do not use it for hiring, policing or diagnosis, or for any decision about a person. The "
        "EU forbids inferring emotions at work and in education, except for medical or safety "
        "reasons ([AI Act, Regulation (EU) 2024/1689, Art. 5(1)(f)]"
        "(https://eur-lex.europa.eu/eli/reg/2024/1689/oj))."
    ),
    ":material/lock: Photos stay here": (
        "They are held in the memory of the machine that runs this app while you view them, and "
        "never sent anywhere else. Only photos that you keep under My photos are written to "
        "its disk. There is no tracking."
    ),
}


def main() -> None:
    show_purpose()
    try:
        card = read_card(models.find() / models.CARD_FILE)
    except FerError as error:
        errors.show(error)
    else:
        show_figure(card)
    show_limits()


def show_purpose() -> None:
    st.title("Which emotion does a face show?", anchor=False)
    st.markdown(
        "Give it a photo. It finds every face and shows which of seven expressions each one "
        "resembles, how confident it is, and which parts of the face count most."
    )
    if st.button("Try it on a photo", icon=":material/photo_camera:", type="primary"):
        st.switch_page("pages/predict/page.py")
    faces = {label: example_face(label) for label in emotions.FER2013}
    st.html(pictures_html(by_class(faces, "Drawn face:"), "fer-row"))


def show_figure(card: ModelCard) -> None:
    split = next((split for split in SPLITS if split in card.metrics), None)
    st.header("How good is it?", anchor=False)
    if split is None:
        st.markdown(f"The card of the model “{errors.plain(card.name)}” lists no test figures.")
        return
    figures = card.metrics[split]
    low, high = figures["accuracy_ci95"]
    number, recall = st.columns([5, 6], gap="large")
    with number:
        st.metric("Accuracy", f"{100 * figures['accuracy']:.1f} %")
        st.markdown(
            f"Model “{errors.plain(card.name)}” on {SPLITS[split]}: {figures['images']:,} faces, "
            f"95 % interval {100 * low:.1f} to {100 * high:.1f} %. Training did not use this split"
            f"{_without_copies(figures)}. {_measured_against(card)}"
        )
    with recall:
        st.caption("Share of the faces of each expression that it recognises")
        st.html(bars_html({label: row["recall"] for label, row in figures["per_class"].items()}))


def _without_copies(figures: Mapping[str, Any]) -> str:
    clean = figures.get("leak_free") or {}
    if not clean.get("leaked") or not clean["images"]:
        return ""
    return (
        f", but {clean['leaked']:,} of its images also occur in the training split; without them "
        f"the accuracy is {100 * clean['accuracy']:.1f} %"
    )


def _measured_against(card: ModelCard) -> str:
    if card.config.get("truth") == "votes":
        return (
            "An answer is correct if it is the choice of most of ten annotators "
            "([Barsoum et al. 2016](https://arxiv.org/abs/1608.01041))."
        )
    return (
        "People reach about 65 ± 5 % on FER-2013 "
        "([Goodfellow et al. 2013](https://arxiv.org/abs/1307.0414))."
    )


def show_limits() -> None:
    st.header("Before you use it", anchor=False)
    for column, (title, text) in zip(st.columns(len(LIMITS)), LIMITS.items(), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(title, anchor=False)
            st.markdown(text)


main()
