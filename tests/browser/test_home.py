"""Home, and what every page has in common: its title, and its way there."""

import pytest
from playwright.sync_api import Page, expect

SLOW_MS = 60_000


def test_each_page_has_a_title_of_its_own_at_the_same_height_and_fetches_nothing_elsewhere(
    page: Page, server: str
) -> None:
    tops = set()
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: (
            request.url.startswith(("http://", "https://"))
            and not request.url.startswith(server)
            and elsewhere.append(request.url)
        ),
    )
    for address, title in {"": "Home", "live": "Live", "dataset": "Data", "train": "Train"}.items():
        page.goto(f"{server}/{address}")
        heading = page.get_by_role("heading", level=1)
        expect(heading).to_be_visible(timeout=2 * SLOW_MS)
        expect(page).to_have_title(f"{title} · Facial emotions")
        text = (
            "heading => getComputedStyle(heading).paddingTop + heading.getBoundingClientRect().top"
        )
        tops.add(heading.evaluate(text))
    assert len(tops) == 1
    assert not elsewhere  # not even for the icon of the tab


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark")])
def test_on_a_phone_home_leads_to_a_page_without_the_menu(sized_page: Page, server: str) -> None:
    sized_page.goto(server)
    link = sized_page.get_by_test_id("stMain").get_by_role("link", name="Video")
    link.click(timeout=2 * SLOW_MS)
    expect(sized_page.get_by_role("heading", name="What do faces show over time?")).to_be_visible(
        timeout=SLOW_MS
    )


def test_a_drawn_face_on_home_opens_predict(page: Page, server: str) -> None:
    page.goto(server)
    page.get_by_role("button", name="Drawn face: sad").click(timeout=2 * SLOW_MS)
    expect(page).to_have_title("Predict · Facial emotions", timeout=SLOW_MS)
