"""Drawn faces for pages to show: nobody's photo."""

import numpy as np
import streamlit as st

from fer.data.synthetic import draw_face

_SEED = 7
_SIZE_PX = 192


@st.cache_data(max_entries=16, show_spinner=False)
def example_face(label: str) -> np.ndarray:
    """One person at full expression, grey, shape (192, 192), uint8."""
    return draw_face(label, seed=_SEED, intensity=1.0, size=_SIZE_PX)
