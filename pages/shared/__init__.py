"""What the pages share.

Streamlit takes a folder named `pages` for its older kind of app until `st.navigation` has run
once, and runs a page alone, without `streamlit_app.py`, when the first visit of a server's life
goes to that page's address. Every page imports this package first, so the visit starts over here.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
