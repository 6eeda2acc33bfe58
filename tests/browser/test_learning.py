"""From a correction on Predict to the model that learnt from it, into use, and back."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fer import emotions, models
from fer.data.synthetic import draw_face
from fer.feedback.records import Correction
from fer.feedback.store import open_store
from fer.models.card import read_card
from fer.settings import default_model

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "ferplus"
SLOW_MS = 120_000
TRAINED_WITHIN_MS = 400_000
PEOPLE = 4
WaitUntilIdle = Callable[[Page], None]


@pytest.fixture(scope="module", autouse=True)
def models_folder(fer_home: Path) -> Iterator[Path]:
    folder = fer_home / "models"
    shutil.copytree(SHIPPED, folder / "ferplus")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(folder))
        yield folder


@pytest.fixture
def photo(astronaut: np.ndarray, tmp_path: Path) -> Path:
    path = tmp_path / "portrait.png"
    path.write_bytes(cv2.imencode(".png", cv2.cvtColor(astronaut, cv2.COLOR_RGB2BGR))[1].tobytes())
    return path


@pytest.fixture
def others(make_correction: Callable[..., Correction]) -> int:
    """How many corrections other people kept, of drawn faces."""
    store, labels = open_store(), emotions.FER2013
    for number in range(PEOPLE * len(labels)):
        label = labels[number % len(labels)]
        face = draw_face(label, seed=9000 + number, size=48)
        store.keep(
            make_correction(
                contributor=f"{number % PEOPLE}" * 32, labels=labels, verdict=label,
                probabilities=(1 / len(labels),) * len(labels),
                crop=cv2.imencode(".png", face)[1].tobytes(),
            )
        )  # fmt: skip
    return PEOPLE * len(labels)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_correction_leads_to_a_model_that_comes_into_use_and_goes_again(
    page: Page,
    server: str,
    models_folder: Path,
    photo: Path,
    others: int,
    wait_until_idle: WaitUntilIdle,
) -> None:
    page.set_default_timeout(SLOW_MS)
    page.goto(f"{server}/predict")
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(page)
    page.get_by_role("radio", name="No", exact=True).click()
    page.get_by_role("radio", name="surprise").click()
    page.get_by_role("button", name="Keep this correction to improve the model").click()
    expect(page.get_by_text("Kept: surprise. Thank you.")).to_be_visible(timeout=SLOW_MS)

    page.goto(f"{server}/feedback")
    page.get_by_role("textbox", name="Your name, as the reviewer").fill("Ada")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    faces = page.get_by_role("group", name="Corrections, page 1").get_by_role("button")
    expect(faces).to_have_count(others + 1)
    faces.first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name=f"Choose all {others + 1}").click()
    expect(page.get_by_text(f"{others + 1} chosen")).to_be_visible()
    wait_until_idle(page)
    page.keyboard.press("a")
    expect(page.get_by_text(f"{others + 1} corrections accepted.")).to_be_visible(timeout=SLOW_MS)

    page.goto(f"{server}/feedback?feedback.view=Learn")
    expect(page.get_by_text("trained on 'fer2013', which is not on this machine")).to_be_visible()
    page.get_by_role("button", name="Train ferplus on the corrections").click()
    use = page.get_by_role("button", name="Use the new model")
    expect(use).to_be_visible(timeout=TRAINED_WITHIN_MS)
    wait_until_idle(page)
    assert default_model() == "ferplus"
    if use.is_disabled():
        page.get_by_role("textbox", name="Your name, as the reviewer").fill("Ada")
        page.keyboard.press("Enter")
    use.click()
    expect(page.get_by_text("The model of this training is in use.")).to_be_visible()
    learnt = default_model()
    assert learnt != "ferplus"
    card = read_card(models_folder / learnt / models.CARD_FILE)
    assert card.training["feedback"]

    page.goto(f"{server}/predict")  # the photo is still there, with another model's answer
    another = page.get_by_role("radio", name="No", exact=True)
    expect(another).to_be_visible(timeout=SLOW_MS)

    page.goto(f"{server}/feedback?feedback.view=Learn")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Train ferplus on the corrections")).to_be_visible()
    assert default_model() == "ferplus"
