"""What the app does, how well, and what it must not be used for."""

import streamlit as st

from fer import models
from fer.errors import FerError
from fer.models.card import ModelCard, read_card
from pages.common import errors, links, visitors
from pages.common.charts import bars_html
from pages.common.examples import examples, words_on_examples
from pages.common.figures_table import figures_html, is_measured_elsewhere
from pages.common.gallery import gallery
from pages.common.screens import SCREENS

SPLITS = {"public_test": "PublicTest of FER-2013", "test": "the test split of its data set"}
WHAT_FOR = {
    "predict": (
        "Drop photos or a ZIP of them, paste a picture or use your camera. You see the emotion of "
        "every face, how confident the answer is, and which parts of the face count."
    ),
    "live": (
        "Look into your camera. You see how the emotion of each face changes, and a chart of the "
        "whole session."
    ),
    "video": "Open a video. You see who shows which emotion, and when.",
    "dataset": (
        "Add a data set of faces, such as FER-2013. Browse it, find copies and doubtful labels, "
        "and correct them."
    ),
    "evaluate": (
        "Measure how often a model is right, and look at the faces behind each mistake. It works "
        "on your own photos, too."
    ),
    "models": (
        "See the card of every model and download it, or add a network that was trained elsewhere: "
        "the app finds out how it sees faces and what its outputs mean."
    ),
    "train": (
        "Train a network of your own with one button. Watch it learn, compare it with others and "
        "keep the best."
    ),
    "feedback": (
        "Review what people corrected: accept it or reject it, see who agrees with whom, and let "
        "a model learn from it."
    ),
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
        "They are held in the memory of the machine that runs this app, for up to "
        f"{visitors.KEPT_FOR_H} hours or until you remove them, and never sent anywhere else. "
        "“Kept for this browser”, at the foot of each page, lists and forgets all of it. Only "
        "photos that you keep under My photos, and faces that you give as corrections, are written "
        "to its disk. There is no tracking."
    ),
}
EXAMPLES = "home.examples"
"""Key of their gallery in the session state."""
EXAMPLE_PX, CARD_PX = 115, 260


def main() -> None:
    show_purpose()
    show_screens()
    try:
        card = read_card(models.find() / models.CARD_FILE)
    except FerError as error:
        errors.show(error)
    else:
        show_figures(card)
    show_limits()


def show_purpose() -> None:
    st.title("Which emotion does a face show?", anchor=False)
    st.markdown(
        "Give it a photo. It finds every face and shows which of seven expressions each one "
        "resembles, how confident it is, and which parts of the face count most."
    )
    if st.button("Try it on a photo", icon=":material/photo_camera:", type="primary"):
        st.switch_page("pages/predict/page.py")
    offered = examples()
    st.caption(words_on_examples(offered))
    opened = gallery(
        [example.picture for example in offered.values()], label="Examples", key=EXAMPLES,
        size_px=EXAMPLE_PX, large=True,
    )  # fmt: skip
    if opened is not None:
        st.session_state[links.EXAMPLE] = list(offered)[opened]
        st.switch_page("pages/predict/page.py")


def show_screens() -> None:
    st.header("What you can do", anchor=False)
    grid = st.grid(4, min_column_width=CARD_PX, border=True, key="home-screens")
    for name, words in WHAT_FOR.items():
        if not visitors.may_open(name):
            continue
        title, icon = SCREENS[name]
        with grid.cell():
            st.page_link(f"pages/{name}/page.py", label=f"**{title}**", icon=icon, width="stretch")
            st.markdown(words)


def show_figures(card: ModelCard) -> None:
    split = next((split for split in SPLITS if split in card.metrics), None)
    st.header("How good is it?", anchor=False)
    name = errors.plain(card.name)
    if split is None:
        st.markdown(f"The card of the model “{name}” lists no test figures.")
        return
    figures = card.metrics[split]
    recalls = {label: row["recall"] for label, row in figures["per_class"].items()}
    table, bars = st.columns([5, 6], gap="large")
    with table:
        st.html(figures_html(card, {SPLITS[split]: card.metrics[split]}))
    with bars:
        st.caption("Share of the faces of each expression that it recognises")
        st.html(bars_html(recalls))
    st.markdown("\n".join(f"- {fact}" for fact in facts(card, split)))
    st.page_link(
        "pages/evaluate/page.py",
        label="Measure it on your own photos",
        icon=SCREENS["evaluate"][1],
    )


def facts(card: ModelCard, split: str) -> list[str]:
    """Sentences that a reader needs beside the two figures of a split, in Markdown."""
    figures = card.metrics[split]
    sentences = [
        f"**Accuracy** is the share of faces that the model “{errors.plain(card.name)}” names as "
        f"they are labelled. Training did not use the faces of {SPLITS[split]}.",
        "**Mean recall** is the mean of the shares shown for each expression. Rare expressions "
        "count as much as frequent ones.",
        "**Calibration error** is how far its confidence is from the share of answers that are "
        "right, on average. The small figures are 95% intervals.",
    ]
    sentences += [f"**{row['name']}:** {row['how']}" for row in card.other_data]
    if card.config.get("truth") == "votes":
        sentences.append(
            "The label is what most of ten people saw in the face "
            "([Barsoum et al. 2016](https://arxiv.org/abs/1608.01041))."
        )
        votes = figures.get("votes") or {}
        if None not in (votes.get("agreed_accuracy"), votes.get("disputed_accuracy")):
            sentences.append(
                f"Where at least eight of the ten agree, it is right on "
                f"{100 * votes['agreed_accuracy']:.0f}% of the faces, elsewhere on "
                f"{100 * votes['disputed_accuracy']:.0f}%."
            )
    else:
        sentences.append(
            "People reach about 65 ± 5% on FER-2013 "
            "([Goodfellow et al. 2013](https://arxiv.org/abs/1307.0414))."
        )
    clean = figures.get("leak_free") or {}
    if clean.get("leaked") and clean.get("accuracy") is not None:
        sentences.append(
            f"{clean['leaked']:,} of the faces also occur in the training data. Without them the "
            f"accuracy is {100 * clean['accuracy']:.1f}%."
        )
    if not is_measured_elsewhere(card):
        sentences.append(
            "No figure from another data set is measured yet. Expect that photos from elsewhere "
            "are harder, and see how it does on yours:"
        )
    return sentences


def show_limits() -> None:
    st.header("Before you use it", anchor=False)
    for column, (title, text) in zip(st.columns(len(LIMITS)), LIMITS.items(), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.subheader(title, anchor=False)
            st.markdown(text)


main()
