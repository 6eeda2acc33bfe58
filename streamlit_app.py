"""The app's page list and navigation."""

from pathlib import Path

import streamlit as st

from pages.common import predictors, uploads
from pages.train import run_list

PAGE_WIDTH_PX = 1200
PAGES = Path(__file__).parent / "pages"
SCREENS = {
    "home": ("Home", ":material/home:"),
    "predict": ("Predict", ":material/photo_camera:"),
    "live": ("Live", ":material/videocam:"),
    "video": ("Video", ":material/movie:"),
    "dataset": ("Data", ":material/dataset:"),
    "evaluate": ("Evaluate", ":material/query_stats:"),
    "train": ("Train", ":material/model_training:"),
}
"""The folder of each screen, which is also its path in the address, with its title and icon."""


def main() -> None:
    st.set_page_config(page_title="Facial emotions", page_icon="🎭", layout="wide")
    st.html(PAGES / "common" / "app.css")
    uploads.keep_in_memory()
    predictors.warm_up()
    run_list.wake_queue()
    page = st.navigation(
        [
            st.Page(PAGES / name / "page.py", url_path=name, title=title, icon=icon,
                    default=name == "home")
            for name, (title, icon) in SCREENS.items()
        ],
        position="top",
    )  # fmt: skip
    with (
        st.container(horizontal=True, horizontal_alignment="center"),
        st.container(width=PAGE_WIDTH_PX),
    ):
        page.run()


main()
