import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fer import emotions
from fer.models.card import ModelCard
from pages.common import links, visitors
from pages.common.examples import example_face


def card(**metrics: dict[str, Any]) -> ModelCard:
    return ModelCard(
        name="odd_name",
        labels=emotions.FER2013,
        height=48,
        width=48,
        channels=1,
        framing={},
        data={"name": "fer2013"},
        metrics=metrics,
    )


def elsewhere(dataset: str) -> dict[str, Any]:
    return {
        "name": "PublicTest faces remade",
        "how": "Enlarged and found again.",
        "dataset": dataset,
        "images": 400,
        "accuracy": 0.409,
        "accuracy_ci95": [0.371, 0.446],
        "balanced_accuracy": 0.3,
        "ece": 0.05,
    }


def figures_table(app: AppTest) -> str:
    [table] = [html.value for html in app.html if "<table class=fer-figures" in html.value]
    return table


def shown(app: AppTest) -> str:
    return " ".join(text.value for text in app.markdown)


def figures(**changes: Any) -> dict[str, Any]:
    recalls = {
        label: {"precision": 0.5, "recall": 0.07 * i, "f1": 0.4, "support": 100}
        for i, label in enumerate(emotions.FER2013)
    }
    found = {
        "images": 1234, "accuracy": 0.4321, "accuracy_ci95": [0.41, 0.4567], "macro_f1": 0.4,
        "balanced_accuracy": 0.21, "ece": 0.05,
    }  # fmt: skip
    return {**found, "per_class": recalls, **changes}


@pytest.fixture
def write_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make a card the default model's."""
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    monkeypatch.setenv("FER_MODEL", "odd_name")

    def write(made: ModelCard) -> None:
        folder = tmp_path / made.name
        folder.mkdir()
        (folder / "card.json").write_text(made.to_json())

    return write


def test_home_shows_the_figure_its_n_and_its_interval_from_the_card(
    app: AppTest, write_card: Any
) -> None:
    write_card(card(validation=figures(accuracy=0.99), public_test=figures()))
    app.run()
    assert not app.exception
    table = figures_table(app)
    assert "PublicTest of FER-2013, 1,234 faces" in table
    assert "<b>43.2%</b><small>41.0% to 45.7%</small>" in table
    assert "99.0%" not in table
    assert "42%" in "".join(html.value for html in app.html)  # the recall of the last class


def test_the_accuracy_on_home_never_stands_without_mean_recall_calibration_and_other_data(
    app: AppTest, write_card: Any
) -> None:
    interval = {"balanced_accuracy": [0.2, 0.225]}
    tested = figures(balanced_accuracy=0.2101, ece=0.031, ci95=interval)
    write_card(card(public_test=tested))
    app.run()
    assert not app.exception
    assert "<b>21.0%</b><small>20.0% to 22.5%</small>" in figures_table(app)
    assert "<b>3.1%</b>" in figures_table(app)
    assert "Another data set</th><td colspan=3>not measured yet" in figures_table(app)
    assert "No figure from another data set is measured yet" in shown(app)


def test_figures_on_the_same_faces_as_photos_do_not_pass_for_another_data_set(
    app: AppTest, write_card: Any
) -> None:
    write_card(replace(card(public_test=figures()), other_data=[elsewhere("fer2013")]))
    app.run()
    assert "PublicTest faces remade, 400 faces" in figures_table(app)
    assert "<b>40.9%</b><small>37.1% to 44.6%</small>" in figures_table(app)
    assert "not measured yet" in figures_table(app)
    assert "Enlarged and found again." in shown(app)


def test_home_shows_figures_from_another_data_set(app: AppTest, write_card: Any) -> None:
    write_card(replace(card(public_test=figures()), other_data=[elsewhere("rafdb")]))
    app.run()
    assert "<b>40.9%</b>" in figures_table(app)
    assert "not measured yet" not in figures_table(app)
    assert "No figure from another data set" not in shown(app)


def test_home_names_the_test_images_that_training_has_seen(app: AppTest, write_card: Any) -> None:
    clean = {"leaked": 259, "images": 975, "accuracy": 0.4}
    write_card(card(public_test=figures(leak_free=clean)))
    app.run()
    text_shown = " ".join(text.value for text in app.markdown)
    assert (
        "259 of the faces also occur in the training data. Without them the accuracy is 40.0%."
        in text_shown
    )


def test_home_never_shows_a_validation_figure(app: AppTest, write_card: Any) -> None:
    write_card(replace(card(validation=figures()), name="odd_name"))
    app.run()
    assert not any("<table" in html.value for html in app.html)
    assert any("no test figure" in text.value for text in app.markdown)


def test_home_without_a_model_gives_advice(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_MODEL", "absent")
    app.run()
    assert not app.exception
    assert "absent" in app.error[0].value
    assert "or train one" in app.error[0].value


def test_home_names_what_it_must_not_be_used_for(app: AppTest) -> None:
    app.run()
    text_shown = " ".join(text.value for text in app.markdown)
    for word in ("hiring", "policing", "diagnosis", "2024/1689", "Barrett", "memory"):
        assert word in text_shown


def test_home_leads_to_the_predict_page(app: AppTest) -> None:
    app.run()
    app.button[0].click().run()
    assert not app.exception
    assert app.file_uploader


def test_home_leads_to_every_other_page(app: AppTest) -> None:
    app.run()
    # The footer leads to My corrections.
    pages = [link.proto.page for link in app.get("page_link") if link.proto.page != "corrections"]
    others = ["predict", "live", "video", "dataset", "evaluate", "models", "train", "feedback"]
    assert pages == [*others, "evaluate"]  # the last one beside the figures


def test_an_example_from_home_joins_the_photos_on_predict(app: AppTest) -> None:
    app.run()
    app.session_state[links.SNAPSHOT] = photo_file()
    for chosen in ("happy", "sad"):
        app.session_state[links.EXAMPLE] = chosen
        app.switch_page("pages/predict/page.py").run()
        assert not app.exception
    names = [photo.name for photo in app.session_state[visitors.SHELF]["predict.album"].photos]
    assert names == ["Snapshot", "Drawn happy face", "Drawn sad face"]


def photo_file() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(example_face("fear")).save(buffer, "JPEG")
    return buffer.getvalue()
