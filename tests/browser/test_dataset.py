import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from fer.data.synthetic import draw_face

WaitUntilIdle = Callable[[Page], None]
SLOW_MS = 120_000
WEBGL_WITHOUT_A_GPU = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
NO_WEBGL = """
const context = HTMLCanvasElement.prototype.getContext
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
    return kind.includes("webgl") ? null : context.call(this, kind, ...options)
}
"""


@pytest.fixture(scope="module", autouse=True)
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the server may read, with a small data set in it; made before the server.

    FER-2013's folder is allowed too, where there is one.
    """
    root = tmp_path_factory.mktemp("roots")
    for label in ("happy", "sad"):
        for part, count in (("train", 6), ("test", 3)):
            folder = root / "drawn" / part / label
            folder.mkdir(parents=True)
            for seed in range(count):
                face = draw_face(label, seed=seed + 100 * (part == "test"), size=48)
                cv2.imwrite(str(folder / f"{part}_{seed}.png"), face)
    with pytest.MonkeyPatch.context() as patch:
        real = os.environ.get("FER_DATA") or tempfile.gettempdir()
        patch.setenv("FER_DATA_ROOTS", os.pathsep.join([str(root), real]))
        yield root


def faces(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^Faces, page")).get_by_role("button")


def fill(page: Page, name: str, text: str) -> None:
    box = page.get_by_role("textbox", name=name)
    box.fill(text)
    box.press("Tab")


def add(page: Page, server: str, path: Path, name: str) -> None:
    page.goto(f"{server}/dataset")
    page.get_by_role("button", name="Add").click(timeout=SLOW_MS)
    dialog = page.get_by_role("dialog")
    page.get_by_role("textbox", name="Folder or file").wait_for(timeout=SLOW_MS)
    fill(page, "Folder or file", str(path))
    fill(page, "Name of the data set", name)
    dialog.get_by_role("button", name="Add", exact=True).click()


def show_faces(page: Page) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text("Faces", exact=True).click()


def test_a_folder_outside_the_allowed_ones_is_refused(page: Page, server: str) -> None:
    add(page, server, Path("/etc"), "etc")
    expect(page.get_by_role("alert")).to_contain_text("may read", timeout=SLOW_MS)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark")])
def test_the_main_button_of_a_dark_dialog_can_be_read(
    sized_page: Page, server: str, width: int, scheme: str
) -> None:
    sized_page.goto(f"{server}/dataset")
    sized_page.get_by_role("button", name="Add").click(timeout=SLOW_MS)
    button = sized_page.get_by_role("dialog").get_by_role("button", name="Add", exact=True)
    button.wait_for(timeout=SLOW_MS)
    assert contrast(button) >= 4.5


@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark")])
def test_a_chosen_class_can_be_read_in_the_dark(
    sized_page: Page, server: str, width: int, scheme: str
) -> None:
    sized_page.goto(f"{server}/dataset")
    show_faces(sized_page)
    sized_page.get_by_role("combobox", name="Classes").click(timeout=SLOW_MS)
    sized_page.keyboard.press("ArrowDown")
    sized_page.keyboard.press("Enter")
    chosen = sized_page.locator("[data-tag]")
    chosen.wait_for(timeout=SLOW_MS)
    assert contrast(chosen) >= 4.5


def contrast(element: Locator) -> float:
    """Of an element's text and its ground (WCAG 2.2)."""
    pixels = element.evaluate(
        """element => ["color", "backgroundColor"].map(name => {
            const canvas = document.createElement("canvas").getContext("2d")
            canvas.fillStyle = getComputedStyle(element)[name]
            canvas.fillRect(0, 0, 1, 1)
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
        })"""
    )
    channels = np.array(pixels) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return float((light + 0.05) / (dark + 0.05))


def test_a_data_set_is_added_filtered_opened_annotated_and_removed(
    page: Page, server: str, allowed: Path
) -> None:
    add(page, server, allowed / "drawn", "mine")
    expect(page.get_by_text("class folders: 18 images")).to_be_visible(timeout=SLOW_MS)
    show_faces(page)
    expect(faces(page)).to_have_count(18, timeout=SLOW_MS)
    fill(page, "In the file name", "test_")
    expect(faces(page)).to_have_count(6, timeout=SLOW_MS)
    expect(page).to_have_url(re.compile("dataset.file=test_"))

    faces(page).first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("test/happy/test_1.png")).to_be_visible(timeout=SLOW_MS)
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("test/happy/test_2.png")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("x")
    expect(dialog.get_by_text("test/sad/test_0.png")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("p")
    expect(dialog.get_by_text("Excluded by hand")).to_be_visible(timeout=SLOW_MS)
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Annotations (1)")).to_be_visible(timeout=SLOW_MS)
    expect(page).not_to_have_url(re.compile("dataset.face="), timeout=SLOW_MS)

    page.reload()
    expect(faces(page)).to_have_count(6, timeout=SLOW_MS)
    expect(page.get_by_role("button", name=re.compile("test_2.png, excluded"))).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove mine").click()
    expect(page.get_by_text("faces drawn by this program")).to_be_visible(timeout=SLOW_MS)


def test_several_faces_are_chosen_with_keys_relabelled_at_once_and_that_undone(
    page: Page, server: str, allowed: Path
) -> None:
    shutil.copytree(allowed / "drawn", allowed / "several")  # no annotations yet
    add(page, server, allowed / "several", "several")
    expect(page.get_by_text("class folders: 18 images")).to_be_visible(timeout=SLOW_MS)
    show_faces(page)
    expect(faces(page)).to_have_count(18, timeout=SLOW_MS)
    faces(page).nth(2).focus()
    page.keyboard.press(" ")
    for _ in range(2):
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_text("3 faces chosen")).to_be_visible(timeout=SLOW_MS)
    faces(page).nth(7).click(modifiers=["Shift"])
    faces(page).nth(3).click(modifiers=["Control"])
    expect(page.get_by_text("5 faces chosen")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("2")
    # Two of the five were sad before.
    expect(page.get_by_role("button", name="Annotations (3)")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("5 faces labelled sad.")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("z")
    expect(page.get_by_role("button", name="Annotations (0)")).to_be_visible(timeout=SLOW_MS)
    faces(page).first.click(modifiers=["Control"])
    expect(page.get_by_text("1 face chosen")).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 face chosen")).to_be_hidden(timeout=SLOW_MS)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove several").click()
    expect(page.get_by_text("faces drawn by this program")).to_be_visible(timeout=SLOW_MS)


def test_numbered_classes_are_given_their_meaning_in_the_dialog(
    page: Page, server: str, allowed: Path
) -> None:
    shutil.copytree(allowed / "drawn", allowed / "numbered")
    for number, label in (("3", "happy"), ("4", "sad")):
        for part in ("train", "test"):
            folder = allowed / "numbered" / part
            (folder / label).rename(folder / number)
    add(page, server, allowed / "numbered", "numbered")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("What do these 2 classes mean?")).to_be_visible(timeout=SLOW_MS)
    expect(dialog.get_by_role("img", name="Face 1 of class 4")).to_be_visible()
    dialog.get_by_role("button", name="As in RAF-DB").click()
    fourth = dialog.get_by_role("combobox", name="Meaning of class 4")
    expect(fourth).to_have_value("😄 happy", timeout=SLOW_MS)
    dialog.get_by_role("button", name="As in FER-2013").click()
    expect(fourth).to_have_value("😢 sad", timeout=SLOW_MS)
    third = dialog.get_by_role("combobox", name="Meaning of class 3")
    third.focus()
    page.keyboard.type("Leave out")
    page.keyboard.press("Enter")
    expect(third).to_have_value("Leave out", timeout=SLOW_MS)
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("class folders: 9 images")).to_be_visible(timeout=SLOW_MS)
    page.get_by_text("9 files or rows skipped").click()
    expect(page.get_by_text("of a class that is left out")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove numbered").click()
    expect(page.get_by_text("faces drawn by this program")).to_be_visible(timeout=SLOW_MS)


def test_the_page_of_the_gallery_stands_in_the_url(page: Page, server: str) -> None:
    page.goto(f"{server}/dataset?dataset.view=Faces&dataset.page=21")
    expect(page.get_by_role("group", name="Faces, page 21 of 21")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Page 1", exact=True).click()
    expect(faces(page)).to_have_count(200, timeout=SLOW_MS)


@pytest.mark.slow
def test_fer2013_is_added_filtered_and_a_face_opened(
    page: Page, server: str, allowed: Path, fer2013_folder: Path
) -> None:
    add(page, server, fer2013_folder, "fer2013")
    expect(page.get_by_text("FER-2013 in class folders")).to_be_visible(timeout=SLOW_MS)
    show_faces(page)
    expect(faces(page)).to_have_count(200, timeout=SLOW_MS)
    fill(page, "In the file name", "PublicTest_1011")
    expect(page.get_by_text(re.compile(r"^\d+ of 32,297 faces"))).to_be_visible(timeout=SLOW_MS)
    expect(faces(page).first).to_have_accessible_name(re.compile("PublicTest_1011"))
    faces(page).first.click()
    expect(
        page.get_by_role("dialog").get_by_text(re.compile("^What .* people chose"))
    ).to_be_visible(timeout=SLOW_MS)


def test_a_lasso_on_the_map_shows_the_faces_inside(
    browser: Browser, chromium: str, chromium_flags: tuple[str, ...], server: str, allowed: Path
) -> None:
    flags = [*chromium_flags, *WEBGL_WITHOUT_A_GPU]
    flags.remove("--disable-gpu")
    with browser.browser_type.launch(executable_path=chromium, args=flags) as drawing:
        page = drawing.new_page(viewport={"width": 1280, "height": 1400})
        add(page, server, allowed / "drawn", "lassoed")
        expect(page.get_by_text("class folders: 18 images")).to_be_visible(timeout=SLOW_MS)
        page.get_by_test_id("stButtonGroup").get_by_text("Map", exact=True).click()
        page.get_by_role("button", name="Draw the map").click(timeout=SLOW_MS)
        chart = page.locator(".js-plotly-plot .nsewdrag").first
        chart.wait_for(timeout=SLOW_MS)
        box = chart.bounding_box()
        assert box
        left, top = box["x"] + 2, box["y"] + 2
        right, bottom = left + box["width"] - 4, top + box["height"] - 4
        page.mouse.move(left, top)
        page.mouse.down()
        for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
            page.mouse.move(x, y, steps=8)
        page.mouse.up()
        expect(page.get_by_text("18 faces")).to_be_visible(timeout=SLOW_MS)
        expect(faces(page)).to_have_count(18, timeout=SLOW_MS)


def test_a_browser_without_webgl_states_how_to_reach_the_faces_of_the_map(
    page: Page, server: str, allowed: Path
) -> None:
    other = shutil.copytree(allowed / "drawn", allowed / "mapped")  # the map of equal faces is kept
    next(path for path in sorted(other.rglob("*")) if path.is_file()).unlink()
    page.add_init_script(NO_WEBGL)
    add(page, server, other, "mapped")
    expect(page.get_by_text("class folders: 17 images")).to_be_visible(timeout=SLOW_MS)
    page.get_by_test_id("stButtonGroup").get_by_text("Map", exact=True).click()
    page.get_by_role("button", name="Draw the map").click(timeout=SLOW_MS)
    place = page.locator(".no-webgl").first
    place.wait_for(timeout=SLOW_MS)
    assert "Lying among" in place.evaluate("place => getComputedStyle(place, '::after').content")
    assert place.evaluate("place => getComputedStyle(place.firstChild).fontSize") == "0px"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("view", ["Overview", "Faces", "Audit"])
def test_the_page_fits_and_has_no_accessibility_faults(
    sized_page: Page,
    server: str,
    wait_until_idle: WaitUntilIdle,
    check_layout: Callable[[Page], None],
    view: str,
) -> None:
    sized_page.goto(f"{server}/dataset?dataset.view={view}")
    expect(sized_page.get_by_text("faces drawn by this program")).to_be_visible(timeout=SLOW_MS)
    wait_until_idle(sized_page)
    check_layout(sized_page)
