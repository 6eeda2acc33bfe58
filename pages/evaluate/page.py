"""How good a model is, where it is wrong, and whether to believe the figure."""

from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fer import settings
from fer.data import SYNTHETIC, registered
from fer.errors import FerError
from fer.evaluation.caveats import caveats, is_test
from fer.evaluation.photos import figures_on_test
from fer.evaluation.tta import VIEWS
from fer.models import list_models
from fer.people import Action, may
from fer.wording import counted, split_name
from pages.common import errors
from pages.common.choices import segments, select_linked
from pages.evaluate import keys
from pages.evaluate.evaluated import Evaluation, evaluation, load_faces, load_model
from pages.evaluate.faces import tta_name
from pages.evaluate.photos import show_photos
from pages.evaluate.tabs import show_tabs

HEADLINE = {
    "accuracy": ("Accuracy", ".1%", None),
    "balanced_accuracy": ("Balanced accuracy", ".1%", None),
    "macro_f1": ("Macro F1", ".3f", None),
    "ece": (
        "Calibration error (ECE)", ".1%",
        "How far confidence lies from being right, on average over 15 bins. Resampling adds "
        "to it, so its interval is high and may not contain the figure itself.",
    ),
}  # fmt: skip
"""The figures by their key, each with its name, format and help."""


_METRICS_PX = 400

_SOURCES = {"data": "A data set", "photos": "My photos"}


def main() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Where is it wrong?", anchor=False)
        source = segments(
            "Measure on", _SOURCES, default="data", key=keys.SOURCE, bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    if not list_models():
        st.info("There is no model to evaluate. Train one first.")
        st.page_link("pages/train/page.py", label="Train", icon=":material/model_training:")
        return
    grid = st.grid(4, min_column_width=150, gap="small")
    columns = [grid.cell() for _ in range(4)]
    try:
        model = choose_model(columns[0])
        if source == "photos":
            show_photos(model, columns[1])
            return
        evaluated = evaluation(model, *choose(model, columns[1:]))
    except FerError as error:
        errors.show(error)
        return
    show_headline(evaluated)
    show_home_ground(evaluated)
    show_tabs(evaluated)


def choose_model(place: DeltaGenerator) -> str:
    names, default = list_models(), settings.default_model()
    index = names.index(default) if default in names else 0
    options = {name: name for name in names}
    if (wanted := st.session_state.pop(keys.CHOOSE, None)) in options:
        st.session_state[keys.MODEL] = wanted
    return select_linked(
        place, "Model", options, index=index, key=keys.MODEL,
        remedy="Choose another one, or add it to the models and open the link again.",
    )  # fmt: skip


def choose(model: str, columns: Sequence[DeltaGenerator]) -> tuple[str, str, str]:
    """Data set, split and test-time augmentation."""
    sets = {source.name: source.name for source in registered()}
    loaded = load_model(model)
    trained_on = loaded.card.data.get("name")
    real = [name for name in sets if name != SYNTHETIC]
    default = trained_on if trained_on in sets else (real or [SYNTHETIC])[0]
    dataset = select_linked(
        columns[0], "Data set", sets, index=list(sets).index(default), key=keys.DATASET,
        help="Add more on the Data page.",
        remedy="Choose another one, or add it on the Data page and open the link again.",
    )  # fmt: skip
    own = list(load_faces(loaded, dataset).as_given.splits)
    tests = [split for split in own if split.endswith("test")]
    together = ["test"] if len(tests) > 1 and "test" not in tests else []
    splits = {split: split_name(split) for split in (*together, *own[::-1], "all")}
    split = select_linked(columns[1], "Split", splits, key=keys.SPLIT)
    tta = select_linked(
        columns[2], "Test-time augmentation", {tta: tta_name(tta) for tta in VIEWS}, key=keys.TTA,
        help="The mean answer over several views of each face. Slower, and always named with the "
        "figure.",
    )  # fmt: skip
    return dataset, split, tta


def show_headline(evaluated: Evaluation) -> None:
    """The figure, what it is and what it is not."""
    figures = evaluated.figures
    intervals = {**figures["ci95"], "accuracy": figures["accuracy_ci95"]}
    sentences = caveats(figures)
    if not is_test(figures):
        st.error(f"**Not a test.** {sentences[0]}", icon=":material/warning:")
        sentences = sentences[1:]
    where = (
        f"Model {figures['model']} on {figures['dataset']}, split {split_name(figures['split'])}"
    )
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=_METRICS_PX), st.grid(2, min_column_width=150, gap="small"):
            for key, (name, form, about) in HEADLINE.items():
                low, high = intervals[key]
                with st.container(gap=None):
                    st.metric(name, format(figures[key], form), help=about)
                    st.caption(f"95%: {low:{form}} to {high:{form}}")
        with st.container(key="evaluate.caveats", gap="xsmall"):
            st.markdown(f"**{errors.plain(where)}, {figures['images']:,} faces**")
            st.markdown("\n".join(f"- {errors.plain(sentence)}" for sentence in sentences))


def show_home_ground(evaluated: Evaluation) -> None:
    """What the model's card holds of the data that it was trained on, where these are not here."""
    card, figures = evaluated.model.card, evaluated.figures
    name = figures["trained_on"]
    if not name or figures["trained_here"] or name in {source.name for source in registered()}:
        return
    text = f"{card.name} was trained on {name}, which is not here."
    split, tested = figures_on_test(card)
    if tested:
        low, high = tested["accuracy_ci95"]
        text += (
            f" On its split {split_name(split)}, the model's card has accuracy "
            f"{tested['accuracy']:.1%} (95% interval {low:.1%} to {high:.1%}) on "
            f"{counted(tested['images'], 'face')}."
        )
    st.info(errors.plain(text), icon=":material/home:")
    if may(Action.MANAGE_DATA):
        st.page_link(
            "pages/dataset/page.py", label=f"Add {errors.plain(name)} to measure it on that",
            icon=":material/library_add:",
        )  # fmt: skip


main()
