"""The Evaluate page in a real browser, over a small drawn data set with votes and a leak."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from playwright.sync_api import Locator, Page, expect

from fer import settings
from fer.data import VOTES, add
from fer.data.synthetic import draw_face

LABELS = ("fear", "happy", "sad")
TESTS_EACH = 14
TABS = {
    "Per class": "Over all classes",
    "Comparison": "McNemar's exact test",
    "Report": "to share",
    "Label errors": "Confident learning",
    "Slices": "the worst first",
    "Calibration": "Expected calibration error",
    "Thresholds": "below this confidence",
    "Attention": "Mean Grad-CAM",
}
MATRIX = ".st-key-evaluate-matrix"
Idle = Callable[[Page], None]


def write_faces(folder: Path) -> None:
    votes = []
    for number, label in enumerate(LABELS):
        for part, count in (("train", 6), ("test", TESTS_EACH)):
            place = folder / part / label
            place.mkdir(parents=True)
            for i in range(count):
                # The first test face of each class is a copy of a training face.
                seed = 1000 * number + (100 if part == "test" and i else 0) + i
                cv2.imwrite(str(place / f"{i}.png"), draw_face(label, seed=seed, size=48))
                cast = dict.fromkeys(VOTES, 0) | {label: 7, "neutral": 3}
                votes.append({"path": f"{part}/{label}/{i}.png", **cast})
    with (folder / "votes.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", *VOTES])
        writer.writeheader()
        writer.writerows(votes)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A network that has learnt nothing, so that it errs, and faces for it to err on."""
    import keras

    from fer import models
    from fer.data import load_dataset
    from fer.models.card import ModelCard
    from fer.nets.architectures import build

    folder = tmp_path_factory.mktemp("evaluate")
    write_faces(folder / "small")
    add(folder / "small", name="small")
    for seed, name in enumerate(("naive", "other")):
        card = ModelCard(
            name=name,
            labels=LABELS,
            height=48,
            width=48,
            channels=1,
            framing={"eyes_x": 0.5, "eyes_y": 0.395, "span": 0.385},
            data={"name": "small", "fingerprint": load_dataset("small").fingerprint()},
        )
        keras.utils.set_random_seed(seed)
        network = build("simple", (48, 48, 1), classes=len(LABELS))
        models.save(network, card, folder / "models" / name)
    models.copy(settings.models_folder() / "fer2013", folder / "models" / "fer2013")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_MODELS", str(folder / "models"))
        patch.setenv("FER_MODEL", "naive")
        patch.setenv("FER_DATA_ROOTS", folder.anchor)
        yield


@pytest.fixture(scope="module")
def app(models: None, server: str) -> str:
    return server


def open_page(page: Page, app: str, idle: Idle, query: str = "") -> None:
    page.set_default_timeout(120_000)
    page.goto(f"{app}/evaluate{query}")
    page.get_by_role("tab", name="Report").wait_for()
    idle(page)


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^Faces, page")).get_by_role("button")


def cells(page: Page) -> Locator:
    return page.locator(f"{MATRIX} button")


def cell(page: Page, true: str, predicted: str) -> Locator:
    return page.get_by_role("button", name=f"True {true}, predicted {predicted}: ")


def expect_outlined(page: Page, wanted: list[str]) -> None:
    """Wait for the matrix to show these cells as chosen, as `true, predicted`."""
    chosen = page.locator(f"{MATRIX} button[aria-pressed=true]")
    expect(chosen).to_have_count(len(wanted))
    names = chosen.evaluate_all("cells => cells.map(cell => cell.title)")
    assert wanted == [
        name.partition(":")[0].removeprefix("True ").replace("predicted ", "") for name in names
    ]


def click_cell(page: Page, idle: Idle, number: int) -> int:
    """Click a cell, counted by rows, and return the number that stands in it."""
    count = int(cells(page).nth(number).inner_text().replace(",", ""))
    cells(page).nth(number).click()
    page.wait_for_url("**evaluate.true=**")
    idle(page)
    return count


def relabel(page: Page, idle: Idle, label: str) -> None:
    """Give the open face a label that is no class of the data set, and go back to the face."""
    page.get_by_role("combobox", name="Another emotion").fill(label)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Add the class").click()
    page.get_by_role("button", name="Annotations (1)").wait_for()
    idle(page)
    page.keyboard.press("p")
    page.get_by_role("button", name="Clear its annotations").wait_for()


def fullest_cells(page: Page) -> list[int]:
    texts = cells(page).all_inner_texts()
    assert len(texts) == len(LABELS) ** 2
    return sorted(range(len(texts)), key=lambda number: -int(texts[number]))


def test_a_clicked_cell_shows_its_faces_and_the_link_shows_them_to_others(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle)
    assert page.get_by_text("3 faces also occur in the training part").is_visible()
    for number in fullest_cells(page)[:3]:
        count = click_cell(page, wait_until_idle, number)
        true, said = LABELS[number // 3], LABELS[number % 3]
        expect_outlined(page, [f"{true}, {said}"])
        assert f"evaluate.true={true}" in page.url
        assert f"evaluate.predicted={said}" in page.url
        assert faces(page).count() == count
        first = faces(page).first
        assert re.fullmatch(rf"{true} → {said} >?\d+%", first.inner_text().strip())
        alt = first.locator("img").get_attribute("alt") or ""
        assert alt.startswith(f"Face labelled {true}, predicted {said}")
    faces(page).nth(1).click()
    page.get_by_role("button", name="Exclude").wait_for()
    wait_until_idle(page)
    opened = page.get_by_label("Open face").input_value()
    captions, link = faces(page).all_inner_texts(), page.url
    open_page(page, app, wait_until_idle, "?" + link.partition("?")[2])
    assert faces(page).all_inner_texts() == captions
    assert page.get_by_label("Open face").input_value() == opened
    assert faces(page).nth(1).get_attribute("aria-current") == "true"


def test_a_face_tells_all_about_itself_and_can_be_annotated(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle, "?evaluate.show=all+faces&evaluate.leak=also+in+training")
    assert faces(page).count() == 3
    faces(page).first.click()
    page.get_by_role("button", name="Exclude").wait_for()
    wait_until_idle(page)
    assert page.get_by_text("of 10 people chose").is_visible()
    assert page.get_by_text("1 exact copy in the data set").is_visible()
    assert (
        page.get_by_role("group", name="1 exact copy in the data set")
        .get_by_text("train, ")
        .is_visible()
    )
    assert page.get_by_alt_text("Grad-CAM: evidence for").is_visible()
    page.get_by_role("button", name="Exclude").click()
    page.get_by_role("button", name="Annotations (1)").wait_for()
    wait_until_idle(page)
    assert faces(page).count() == 3
    assert page.get_by_text("With 1 face excluded by hand: accuracy").is_visible()
    assert page.get_by_text("2 of 3", exact=True).is_visible()
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Include again").click()
    page.get_by_role("button", name="Annotations (0)").wait_for()
    wait_until_idle(page)
    assert faces(page).count() == 3
    relabel(page, wait_until_idle, "disgust")
    page.get_by_role("button", name="Clear its annotations").click()
    page.get_by_role("button", name="Annotations (0)").wait_for()
    wait_until_idle(page)
    relabel(page, wait_until_idle, "disgust")
    page.get_by_role("button", name="Annotations (1)").click()
    page.get_by_role("button", name="Undo the last step").click()
    page.get_by_role("button", name="Annotations (0)").wait_for()


def test_the_keyboard_moves_in_the_matrix_and_chooses_a_cell(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle)
    cells(page).first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowUp", "Home", "End"):
        page.keyboard.press(key)
    expect_outlined(page, [])
    page.keyboard.press("Enter")
    page.wait_for_url("**evaluate.true=fear**")
    wait_until_idle(page)
    expect_outlined(page, ["fear, sad"])
    page.keyboard.press("ArrowDown")  # the focus has stayed
    page.keyboard.press("Space")
    page.wait_for_url("**evaluate.true=happy**")
    wait_until_idle(page)
    expect_outlined(page, ["happy, sad"])


def test_a_cell_is_outlined_however_it_is_chosen_and_let_go_in_three_ways(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle, "?evaluate.true=sad&evaluate.predicted=happy")
    expect_outlined(page, ["sad, happy"])  # by a link
    cell(page, "sad", "happy").click()
    wait_until_idle(page)
    expect_outlined(page, [])
    assert "evaluate.true" not in page.url
    top = page.locator("[class*=st-key-evaluate-top-] button").first
    true, predicted = re.findall(r"fear|happy|sad", top.inner_text())
    top.click()
    wait_until_idle(page)
    expect_outlined(page, [f"{true}, {predicted}"])  # by the list
    top.click()
    wait_until_idle(page)
    expect_outlined(page, [])
    page.get_by_role("combobox", name="True").fill("fear")
    page.keyboard.press("Enter")
    wait_until_idle(page)
    expect_outlined(page, ["fear, happy", "fear, sad"])  # by a filter: all confusions of fear
    page.get_by_role("button", name="Clear filters").click()
    wait_until_idle(page)
    expect_outlined(page, [])
    assert page.get_by_role("button", name="Clear filters").is_disabled()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark")])
def test_on_a_phone_a_click_on_a_cell_brings_its_faces_into_view(
    sized_page: Page, app: str, wait_until_idle: Idle, width: int, scheme: str
) -> None:
    open_page(sized_page, app, wait_until_idle)
    first = fullest_cells(sized_page)[0]
    cells(sized_page).nth(first).evaluate("cell => cell.scrollIntoView({ block: 'end' })")
    expect(faces(sized_page).first).not_to_be_in_viewport()
    click_cell(sized_page, wait_until_idle, first)
    expect(faces(sized_page).first).to_be_in_viewport(ratio=1)


def click_row(page: Page) -> None:
    """Click the first cell of the first row of the table with a column of buttons."""
    table = page.get_by_test_id("stDataFrameResizable").first
    table.wait_for()
    page.wait_for_timeout(500)  # until its canvas is drawn
    box = table.bounding_box()
    assert box
    page.mouse.click(box["x"] + 40, box["y"] + 52)


def test_a_slice_shows_its_faces(page: Page, app: str, wait_until_idle: Idle) -> None:
    open_page(page, app, wait_until_idle, "?evaluate.true=sad")
    page.get_by_role("tab", name="Slices").click()
    page.locator(".st-key-evaluate-slices button").first.click()
    page.get_by_text("most confident first").wait_for()
    wait_until_idle(page)
    assert "evaluate.slice=" in page.url or "evaluate.leak=" in page.url
    assert "evaluate.true" not in page.url
    assert faces(page).count() >= 20


def test_a_row_of_the_label_errors_opens_its_face_among_those_like_it(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle)
    page.get_by_role("tab", name="Label errors").click()
    click_row(page)
    page.get_by_text("likeliest label error first").wait_for()
    wait_until_idle(page)
    assert page.get_by_text(re.compile(r"^True: \w+\. Predicted: \w+, ")).is_visible()
    expect(page.locator(f"{MATRIX} button[aria-pressed=true]")).to_have_count(1)


def test_every_tab_opens_without_an_error(page: Page, app: str, wait_until_idle: Idle) -> None:
    open_page(page, app, wait_until_idle)
    for name, text in TABS.items():
        page.get_by_role("tab", name=name).click()
        page.get_by_text(text).first.wait_for()
        wait_until_idle(page)
        assert (
            page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count()
            == 0
        )
    page.get_by_role("tab", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML").click()
    assert "Confusion matrix" in download.value.path().read_text(encoding="utf-8")


def test_a_face_that_only_one_of_two_models_gets_right_is_opened(
    page: Page, app: str, wait_until_idle: Idle
) -> None:
    open_page(page, app, wait_until_idle, "?evaluate.tab=Comparison")
    page.get_by_role("table", name="Confusion matrix of other minus").wait_for()
    beside = page.locator("[class*=st-key-evaluate-beside] #faces button")
    beside.first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(re.compile(r"other predicts \w+, >?\d+% sure")).wait_for()
    wait_until_idle(page)
    assert dialog.get_by_text(re.compile(r"\d+ of 10 people chose")).is_visible()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")


def test_on_fer2013_cells_are_clicked_a_face_is_relabelled_and_a_link_is_followed(
    page: Page, app: str, wait_until_idle: Idle, fer2013_folder: Path
) -> None:
    add(fer2013_folder, name="real")
    page.set_default_timeout(120_000)
    page.goto(f"{app}/evaluate?evaluate.model=fer2013&evaluate.data=real")
    leaked = page.get_by_text(re.compile(r"\b(279|280) faces also occur in the training part"))
    leaked.wait_for()
    assert re.search(
        r"without them, accuracy is \d\d\.\d% on 3,3(09|10) faces", leaked.inner_text()
    )
    wait_until_idle(page)
    labels = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    for true, said in (("fear", "sad"), ("angry", "fear"), ("sad", "neutral")):
        count = click_cell(page, wait_until_idle, labels.index(true) * 7 + labels.index(said))
        page.get_by_text(f"{count:,} of 3,589 faces").wait_for()
        first = faces(page).first.locator("img").get_attribute("alt") or ""
        assert first.startswith(f"Face labelled {true}, predicted {said} with")
        sure = [int(text.split()[-1].strip(">%")) for text in faces(page).all_inner_texts()]
        assert sure == sorted(sure, reverse=True)
    faces(page).nth(1).click()
    page.get_by_text("True: sad. Predicted: neutral").wait_for()
    wait_until_idle(page)
    assert page.get_by_alt_text("Grad-CAM: evidence for neutral").is_visible()
    assert page.get_by_text(re.compile(r"\d+ of \d+ people chose neutral too")).is_visible()
    opened = page.get_by_label("Open face").input_value()
    page.keyboard.press("5")  # neutral, the fifth class; then the next face opens
    page.get_by_role("button", name="Annotations (1)").wait_for()
    wait_until_idle(page)
    page.keyboard.press("p")
    page.get_by_text("Labelled sad in the data set, neutral by hand").wait_for()
    page.get_by_text("With 1 label set by hand: accuracy").wait_for()
    wait_until_idle(page)
    page.get_by_role("button", name="Link").click()
    link = page.get_by_test_id("stPopoverBody").locator("code").inner_text()
    shown = faces(page).all_inner_texts()
    assert len(shown) == 60
    page.goto("about:blank")
    page.goto(link)
    page.get_by_text("True: sad. Predicted: neutral").wait_for()
    wait_until_idle(page)
    assert page.get_by_label("Open face").input_value() == opened
    assert faces(page).all_inner_texts() == shown
