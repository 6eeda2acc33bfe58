"""The app's page list and navigation."""

from pathlib import Path

import streamlit as st

from pages.shared import models, run_list, uploads

PAGE_WIDTH_PX = 1200
STYLE = Path(__file__).parent / "pages" / "shared" / "app.css"


def main() -> None:
    st.set_page_config(page_title="Facial emotions", page_icon="🎭", layout="wide")
    st.html(STYLE)
    uploads.keep_in_memory()
    models.warm_up()
    run_list.wake_queue()
    page = st.navigation(
        [
            st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
            st.Page("pages/predict.py", title="Predict", icon=":material/photo_camera:"),
            st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
            st.Page("pages/video.py", title="Video", icon=":material/movie:"),
            st.Page("pages/dataset.py", title="Data", icon=":material/dataset:"),
            st.Page("pages/evaluate.py", title="Evaluate", icon=":material/query_stats:"),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        ],
        position="top",
    )
    with (
        st.container(horizontal=True, horizontal_alignment="center"),
        st.container(width=PAGE_WIDTH_PX),
    ):
        page.run()


main()
