"""What the visitor contributed: a list, a download, and its end."""

import streamlit as st


def main() -> None:
    st.title("My corrections", anchor=False)


main()
