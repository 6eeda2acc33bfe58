import pytest
from streamlit.testing.v1 import AppTest

from pages.common import links, visitors


def click(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def listed(page: AppTest) -> str:
    click(page, "Kept for this browser")
    return page.markdown[-1].value.replace("\\", "")


@pytest.mark.parametrize("name", ["home", "live", "train"])
def test_every_page_lists_what_is_kept_for_the_browser(predict_page: AppTest, name: str) -> None:
    predict_page.session_state[links.EXAMPLE] = "happy"
    predict_page.run()
    predict_page.session_state[visitors.SHELF]["predict.album"].answers["example happy", 1] = "sad"
    predict_page.switch_page(f"pages/{name}/page.py").run()
    assert "- Predict: 1 photo with results, 1 answer of yours, your settings" in listed(
        predict_page
    )


def test_what_is_forgotten_is_gone_from_every_page(predict_page: AppTest) -> None:
    predict_page.session_state[links.EXAMPLE] = "happy"
    predict_page.session_state[links.SNAPSHOT] = b"a snapshot that was shown"
    predict_page.session_state["predict.snapshot"] = hash(b"a snapshot that was shown")
    predict_page.run()
    assert "- Live: your snapshot" in listed(predict_page)
    predict_page.switch_page("pages/home/page.py").run()
    click(predict_page, "Kept for this browser")
    click(predict_page, "Forget all of it")
    assert not predict_page.session_state[visitors.SHELF]
    assert links.SNAPSHOT not in predict_page.session_state
    assert listed(predict_page) == "Nothing."
    predict_page.switch_page("pages/predict/page.py").run()
    assert not predict_page.header


def test_nothing_is_listed_before_anything_is_kept(app: AppTest) -> None:
    app.run()
    assert listed(app) == "Nothing."
    [forget] = [button for button in app.button if button.label == "Forget all of it"]
    assert forget.disabled
