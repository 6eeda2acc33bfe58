import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from fer import runs
from fer.runs.recorder import Recorder
from fer.training.config import TrainingConfig
from fer.training.events import Measuring

WaitUntilIdle = Callable[[Page], None]

SLOW_MS = 240_000


@pytest.mark.slow
def test_a_training_outlives_its_tab_and_is_stopped_and_resumed(
    browser: Browser, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 1000}) as context:
        page = context.new_page()
        page.goto(f"{server}/train")
        expect(page.get_by_text("Press Train")).to_be_visible(timeout=SLOW_MS)
        # The long preset, so that the run cannot end before it is stopped.
        page.get_by_role("radio", name="Strong").click()
        expect(page.get_by_text("with a long schedule")).to_be_visible(timeout=SLOW_MS)
        wait_until_idle(page)
        page.get_by_role("button", name="Train", exact=True).click()
        expect(page.get_by_text("You can close this tab")).to_be_visible(timeout=SLOW_MS)
        page.close()
        again = context.new_page()
        again.goto(f"{server}/train")
        expect(again.get_by_text("faces/s").first).to_be_visible(timeout=SLOW_MS)
        expect(again.get_by_text("last update")).to_be_visible(timeout=SLOW_MS)
        again.get_by_role("button", name="Stop", exact=True).last.click()
        expect(again.get_by_text("⏹️ stopped").first).to_be_visible(timeout=SLOW_MS)
        again.get_by_role("button", name="Resume").click()
        expect(again.get_by_text("faces/s").first).to_be_visible(timeout=SLOW_MS)
        again.get_by_role("button", name="Stop", exact=True).last.click()
        expect(again.get_by_text("⏹️ stopped").first).to_be_visible(timeout=SLOW_MS)


def test_a_click_stops_the_measuring_of_a_run(
    page: Page, server: str, fer_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(fer_home / "runs"))  # where the server's are
    run = runs.create(TrainingConfig(), name="to stop", state="starting")
    run.write_status(**run.stored_status() | {"finished_epochs": 30})

    def measure() -> None:  # as the worker does, but slowly
        recorder = Recorder(run)
        for done in range(20_000):
            recorder.notify(Measuring(done=done, planned=20_000))
            if recorder.should_skip():
                recorder.state("stopped", reason="The measuring was stopped.")
                return
            time.sleep(0.05)

    with run.held():
        worker = Thread(target=measure, daemon=True)
        worker.start()
        page.goto(f"{server}/train")
        page.get_by_role("button", name="Stop measuring").click(timeout=SLOW_MS)
        worker.join(SLOW_MS / 1000)
    expect(page.get_by_text("The measuring was stopped.")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("⏹️ stopped").first).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Stop measuring")).to_have_count(0, timeout=SLOW_MS)
    run.remove()


def test_advanced_shows_options_varied_faces_and_layers(
    page: Page, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/train")
    expect(page.get_by_text("multiply-adds per face").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("Advanced").click()
    page.get_by_role("tab", name="Augmentation").click()
    expect(page.get_by_alt_text("Varied face")).to_have_count(28, timeout=SLOW_MS)
    page.get_by_role("tab", name="The network, layer by layer").click()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible(timeout=SLOW_MS)


def test_a_number_out_of_range_is_refused_with_a_sentence_as_soon_as_it_is_typed(
    page: Page, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/train")
    expect(page.get_by_text("multiply-adds per face").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("Advanced").click()
    epochs = page.get_by_label("Epochs", exact=True)
    train = page.get_by_role("button", name="Train", exact=True)
    for number in ("99999999", "-5"):
        epochs.fill(number)
        epochs.press("Tab")
        wait_until_idle(page)
        refusal = page.get_by_text(f"epochs is {number}; it must be 1 to 10000", exact=False)
        expect(refusal.first).to_be_visible(timeout=SLOW_MS)
        expect(train).to_be_disabled()
    epochs.fill("3")
    epochs.press("Tab")
    expect(train).to_be_enabled(timeout=SLOW_MS)


def test_a_run_that_was_started_below_the_open_options_is_scrolled_into_view(
    page: Page, server: str, wait_until_idle: WaitUntilIdle
) -> None:
    page.goto(f"{server}/train")
    expect(page.get_by_text("multiply-adds per face").first).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("Advanced").click()
    wait_until_idle(page)
    page.get_by_label("Name of the run").fill("below the options")
    page.get_by_label("Name of the run").press("Tab")
    wait_until_idle(page)
    page.get_by_role("button", name="Train", exact=True).click()
    heading = page.get_by_role("heading", name="below the options")
    expect(heading).to_be_in_viewport(timeout=SLOW_MS)
    page.get_by_role("button", name="Stop", exact=True).last.click()
    expect(page.get_by_text("⏹️ stopped").first).to_be_visible(timeout=SLOW_MS)
