from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from pages.models.label_order import choose_order

    order = choose_order(("angry", "happy", "sad"), ("angry", "fear", "happy", "sad"))
    st.text(", ".join(order))


def shown() -> AppTest:
    return AppTest.from_function(_page, default_timeout=60).run()


def test_the_usual_order_comes_first() -> None:
    page = shown()
    assert [box.label for box in page.selectbox] == ["Output 1", "Output 2", "Output 3"]
    assert page.text[0].value == "angry, happy, sad"


def test_a_label_that_another_output_has_is_exchanged() -> None:
    page = shown()
    page.selectbox[0].select("sad").run()
    assert page.text[0].value == "sad, happy, angry"
    assert [box.value for box in page.selectbox] == ["sad", "happy", "angry"]


def test_a_label_that_no_output_has_takes_the_place_of_one() -> None:
    page = shown()
    page.selectbox[1].select("fear").run()
    assert page.text[0].value == "angry, fear, sad"
