"""What happens to an uploaded file on its way into the server."""

import streamlit as st
from starlette.formparsers import MultiPartParser


def keep_in_memory() -> None:
    """Hold uploads of every allowed size in memory.

    Starlette, Streamlit's server, moves a part of over 1 MB to a temporary file while it
    arrives. Photos must not touch the disk.
    """
    megabytes: int = st.get_option("server.maxUploadSize")
    MultiPartParser.spool_max_size = (megabytes + 1) * 1024 * 1024
