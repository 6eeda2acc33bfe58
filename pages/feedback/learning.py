"""What models learn from the accepted corrections."""

import streamlit as st

from fer.feedback.records import Status
from fer.feedback.store import Store
from fer.wording import counted


def show_learning(store: Store) -> None:
    """How much there is to learn from, and the way to a training."""
    accepted = store.count()[Status.ACCEPTED]
    st.markdown(f"{counted(accepted, 'correction')} accepted, in the data set feedback.")
    st.page_link("pages/train/page.py", label="Train on it", icon=":material/model_training:")
