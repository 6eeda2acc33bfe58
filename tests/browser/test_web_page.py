"""The page that `fer export --web` writes, in Chromium at a phone's width."""

import functools
import http.server
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from fer.browser import export
from fer.faces import yunet_file as file_of_yunet

PHONE = {"width": 390, "height": 844}
SLOW_MS = 60_000
HIDE = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true })
    document.dispatchEvent(new Event("visibilitychange"))
}"""


class Site:
    """A folder behind a web server that knows nothing of it, and what was asked of the server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        self.may_send_network = threading.Event()
        self.may_send_network.set()
        asked, may_send_network = self.asked, self.may_send_network

        class Handler(http.server.SimpleHTTPRequestHandler):
            def log_message(self, form: str, *args: object) -> None:
                if not self.path.endswith("/sw.js"):  # where the browser looks for a new version
                    asked.append(self.path)

            def do_GET(self) -> None:
                if self.path.endswith("/network.onnx"):
                    may_send_network.wait(60)
                super().do_GET()

        serve = functools.partial(Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve)
        self.address = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def exported(
    page_build: Path, yunet_file: Path, fer_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file_of_yunet.install(yunet_file)
    folder = tmp_path_factory.mktemp("web") / "page"
    export.write("fer2013", folder)
    return folder


@pytest.fixture
def site(exported: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the export, which a test may change."""
    shutil.copytree(exported, tmp_path / "page")
    served = Site(tmp_path / "page")
    yield served
    served.stop()


@pytest.fixture(scope="module")
def without_camera(
    chromium: str, chromium_flags: tuple[str, ...]
) -> Iterator[Callable[..., Browser]]:
    """Starts Chromium with more flags."""
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(
            executable_path=chromium, args=[*chromium_flags, *more]
        )


@pytest.fixture(scope="module")
def with_camera(
    without_camera: Callable[..., Browser], camera_video: Path
) -> Callable[..., Browser]:
    """Starts Chromium with a video as its camera."""
    video = f"--use-file-for-fake-video-capture={camera_video}"
    fake = ["--use-fake-device-for-media-stream", video]
    return lambda *more: without_camera(*fake, *more)


@pytest.fixture(scope="module")
def phone(with_camera: Callable[..., Browser]) -> Iterator[Browser]:
    with with_camera("--use-fake-ui-for-media-stream") as running:
        yield running


@pytest.fixture
def context(phone: Browser) -> Iterator[BrowserContext]:
    with phone.new_context(viewport=PHONE) as context:
        context.set_default_timeout(SLOW_MS)
        yield context


def opened(context: BrowserContext, site: Site) -> Page:
    """The page once it is ready and kept for offline use; fails at once on an error in it."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(site.address)
    expect(page.locator("#start")).to_be_enabled(timeout=SLOW_MS)
    expect(page.locator("#offline")).to_have_attribute("data-state", "kept", timeout=SLOW_MS)
    return page


def upload(page: Page, photo: np.ndarray, name: str = "photo.png", **options: object) -> None:
    buffer = io.BytesIO()
    Image.fromarray(photo).save(buffer, Path(name).suffix[1:].replace("jpg", "jpeg"), **options)
    file = {"name": name, "mimeType": "image/png", "buffer": buffer.getvalue()}
    page.set_input_files("#file", file)  # type: ignore[arg-type]


def test_the_camera_is_answered_on_the_device_and_nothing_is_sent(
    context: BrowserContext, site: Site
) -> None:
    page = opened(context, site)
    asked = len(site.asked)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)
    expect(page.locator("#emotion")).to_contain_text("happy")
    expect(page.locator("#bars li.top")).to_contain_text("happy")
    expect(page.locator("#fps")).to_have_text(re.compile(r"\d+\.\d"))
    box = page.locator("#overlay").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data].some((_, at, all) => at % 4 === 0 && all[at] === 0xE6 && all[at + 1] === 0x9F)"
    )
    assert box, "no box in the colour of 'happy'"

    page.evaluate(HIDE, True)
    expect(page.locator("#message")).to_contain_text("Paused")
    page.evaluate(HIDE, False)
    expect(page.locator("#message")).to_be_hidden()

    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#message")).to_contain_text("Stopped")
    assert page.locator("#video").evaluate("video => video.srcObject") is None
    assert site.asked[asked:] == []


def test_photos_of_all_kinds_are_answered_or_refused_with_advice(
    context: BrowserContext, site: Site, astronaut: np.ndarray
) -> None:
    page = opened(context, site)
    asked = len(site.asked)
    emotion, message = page.locator("#emotion"), page.locator("#message")

    person = astronaut[:300, 80:380]
    upload(page, np.concatenate([person, person[:, ::-1]], axis=1))
    expect(page.locator("#face option")).to_have_text(["face 1: happy", "face 2: happy"])
    expect(emotion).to_contain_text("happy")
    expect(page.locator("#overlay")).to_have_attribute(
        "aria-label", "The photo, with boxes: face 1: happy, face 2: happy"
    )

    upload(page, np.tile(cv2.resize(person, (150, 150)), (4, 6, 1)))
    expect(page.locator("#who")).to_have_text("24 faces, the largest first")

    upload(page, cv2.GaussianBlur(cv2.resize(person, (300, 300)), (0, 0), 8))
    expect(emotion).to_contain_text("not sure")
    expect(page.locator("#confidence")).to_contain_text("too blurred")

    upload(page, np.full((200, 300, 3), 90, np.uint8))
    expect(page.locator("#confidence")).to_have_text("No face was found")

    lying = Image.Exif()
    lying[0x0112] = 6  # the camera was held upright
    upload(page, np.rot90(person).copy(), "lying.jpg", exif=lying)
    expect(emotion).to_contain_text("happy")

    page.set_input_files("#file", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"none"})
    expect(message).to_contain_text("no photo that this browser can read")
    expect(message).to_have_class("problem")
    upload(page, np.zeros((7200, 7200), np.uint8))
    expect(message).to_contain_text("The photo has 52 megapixels; at most 50 can be used")
    upload(page, np.zeros((8, 40), np.uint8))
    expect(message).to_contain_text("8 pixels; a face needs at least 12")
    assert site.asked[asked:] == []


def test_the_page_works_without_a_network_after_the_first_visit(
    context: BrowserContext, site: Site, astronaut: np.ndarray
) -> None:
    opened(context, site).close()
    site.stop()
    page = opened(context, site)
    upload(page, astronaut[:300, 80:380])
    expect(page.locator("#emotion")).to_contain_text("happy")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#spoken")).to_contain_text("happy", timeout=SLOW_MS)


def test_a_new_export_is_offered_and_replaces_the_old_one(
    context: BrowserContext, site: Site
) -> None:
    page = opened(context, site)
    before = json.loads((site.folder / "export.json").read_text())["version"]
    found = {"photos": 200, "faces": 200, "same_answer": 0.995, "largest_difference": 0.0188,
             "dataset": "mine", "synthetic": False}  # fmt: skip
    export.add_parity(site.folder, found)
    asked = len(site.asked)
    page.reload()
    page.get_by_role("button", name="Use it").click()
    page.get_by_text("About", exact=True).click()
    expect(page.locator("#parity")).to_contain_text("the same answer for 99.5% of 200 faces")
    expect(page.locator("#model")).not_to_contain_text(before)
    expect(page.locator("#offline")).to_have_attribute("data-state", "kept")
    assert page.evaluate("caches.keys().then(names => names.length)") == 1
    assert not [path for path in site.asked[asked:] if path.endswith((".wasm", ".onnx"))]


def test_the_page_shows_how_much_is_loaded(context: BrowserContext, site: Site) -> None:
    files = json.loads((site.folder / "export.json").read_text())["files"]
    needed = (".wasm", ".onnx", "settings.json")
    all_of_it = sum(file["bytes"] for file in files if file["path"].endswith(needed))
    without = all_of_it - (site.folder / "network.onnx").stat().st_size
    site.may_send_network.clear()
    page = context.new_page()
    page.goto(site.address)
    words = f"Loading: {without / 1e6:.1f} of {all_of_it / 1e6:.1f} MB"
    expect(page.locator("#words")).to_have_text(words, timeout=SLOW_MS)
    share = page.locator("#progress").evaluate("progress => progress.value")
    assert share == pytest.approx(without / all_of_it)
    expect(page.locator("#start")).to_be_disabled()
    site.may_send_network.set()
    expect(page.locator("#start")).to_be_enabled(timeout=SLOW_MS)
    expect(page.locator("#progress")).to_be_hidden()


def test_the_page_can_be_installed(context: BrowserContext, site: Site) -> None:
    page = opened(context, site)
    found = context.new_cdp_session(page).send("Page.getInstallabilityErrors")
    errors = {error["errorId"] for error in found["installabilityErrors"]}
    assert errors <= {"in-incognito"}  # as each test's profile is


def test_inside_another_page_one_version_is_kept_and_no_worker_of_its_own(
    context: BrowserContext, site: Site
) -> None:
    (site.folder / "outer.html").write_text("<iframe src='.' title='inside'></iframe>")
    page = context.new_page()
    for _ in range(2):
        page.goto(f"{site.address}outer.html")
        inside = page.frame_locator("iframe")
        expect(inside.locator("#start")).to_be_enabled(timeout=SLOW_MS)
        [kept] = page.evaluate("caches.keys()")
        version = json.loads((site.folder / "export.json").read_text())["version"]
        assert kept == f"fer framed {version}"
        export.add_parity(
            site.folder,
            {
                "same_answer": 1.0,
                "photos": 1,
                "faces": 1,
                "largest_difference": 0.0,
                "dataset": "",
                "synthetic": True,
            },
        )
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.write_bytes(bytes(file.stat().st_size)), "network.onnx is damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[:-9]), "network.onnx is damaged"),
        (Path.unlink, "network.onnx does not load (HTTP 404)"),
    ],
    ids=["wrong", "cut short", "missing"],
)
def test_a_wrong_file_of_the_network_is_named(
    context: BrowserContext, site: Site, damage: Callable[[Path], object], words: str
) -> None:
    damage(site.folder / "network.onnx")
    page = context.new_page()
    page.goto(site.address)
    message = page.locator("#message")
    expect(message).to_contain_text(words, timeout=SLOW_MS)
    expect(message).to_have_class("problem")
    expect(page.locator("#start")).to_be_disabled()


def test_a_missing_camera_and_a_refused_one_come_with_advice(
    without_camera: Callable[[], Browser], with_camera: Callable[..., Browser], site: Site
) -> None:
    for launch, words in (
        (without_camera, "No camera was found"),
        (with_camera, "The browser may not use the camera"),  # nobody is there to allow it
    ):
        running = launch()
        with running.new_context(viewport=PHONE) as context:
            page = opened(context, site)
            page.get_by_role("button", name="Start").click()
            expect(page.locator("#message")).to_contain_text(words)
            expect(page.locator("#message")).to_have_class("problem")
            expect(page.get_by_role("button", name="Start")).to_be_enabled()
        running.close()


def test_the_page_fits_and_is_accessible(
    context: BrowserContext, site: Site, astronaut: np.ndarray
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(context, site)
    page.get_by_text("About", exact=True).click()
    person = astronaut[:300, 80:380]
    upload(page, np.concatenate([person, person], axis=1))
    expect(page.locator("#emotion")).to_contain_text("happy")
    for width, scheme in ((360, "light"), (360, "dark"), (1100, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert Axe().run(page).response["violations"] == []
    page.locator("#start").focus()
    for name in ("mirror", "file", "face"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == name
