"""The report as whoever gets the file sees it: in a browser, without a network."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from fer.evaluation.calibration import coverage_curve, reliability
from fer.evaluation.figures import figures
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.report_html import html
from fer.models.card import ModelCard

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
LABELS = ("happy", "sad", "surprise")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report's file."""
    generator = np.random.default_rng(0)
    answers = generator.dirichlet([1, 1, 1], 60).astype(np.float32)
    true = np.arange(60) % 3
    frame = pd.DataFrame(
        {
            "label": [LABELS[i] for i in true],
            "predicted": [LABELS[i] for i in answers.argmax(axis=1)],
            "confidence": answers.max(axis=1),
            "correct": answers.argmax(axis=1) == true,
            "in_training": False,
            "majority": "",
            "agreement": np.nan,
            **{f"p_{label}": answers[:, i] for i, label in enumerate(LABELS)},
        }
    )
    table = PredictionTable(frame=frame, labels=LABELS, model="made", dataset="made", split="test")
    confidence, correct = frame["confidence"].to_numpy(), frame["correct"].to_numpy()
    full = {
        **figures(table),
        "reliability": reliability(confidence, correct),
        "coverage": coverage_curve(confidence, correct),
        "slices": [],
        "label_errors": [],
        "attention": {},
    }
    card = ModelCard(
        name="made", labels=LABELS, height=48, width=48, channels=1, framing={}, data={}
    )
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(html(full, card), encoding="utf-8")
    return Path(file).as_uri()


@pytest.mark.parametrize(
    ("scheme", "ink"), [("light", "rgb(0, 0, 0)"), ("dark", "rgb(255, 255, 255)")]
)
def test_charts_are_drawn_offline_in_the_colours_of_the_scheme(
    browser: "Browser", report: str, scheme: str, ink: str
) -> None:
    context = browser.new_context(offline=True, color_scheme=scheme)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(report)
    assert page.locator("[data-figure] .main-svg").first.is_visible()
    assert page.locator("[data-figure]:has(.main-svg)").count() == 2
    text = page.locator("[data-figure] .xtitle").first
    assert text.evaluate("text => getComputedStyle(text).fill") == ink
    assert errors == []
    context.close()


def test_tables_hold_the_figures_without_javascript(browser: "Browser", report: str) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(report)
    assert page.locator("table").count() == 5
    assert page.get_by_role("row", name="surprise").first.is_visible()
    assert not page.locator(".chart").first.is_visible()
    context.close()
