"""A player that is linked with the charts below it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from pages.video import keys

_COMPONENT = st.components.v2.component(
    "fer.player_link",
    js=(Path(__file__).parent / "player.js").read_text(encoding="utf-8"),
)


def play(
    video: bytes,
    *,
    alt: str,
    end_s: float,
    seek: int,
    seek_s: float,
    charts: Sequence[str],
    on_move: Callable[[], None],
) -> None:
    """Show a video, with a line in each chart that follows it.

    Args:
        video: An MP4 file.
        alt: What it shows.
        end_s: The right end of the charts in seconds.
        seek: The player jumps to `seek_s` when this number changes.
        seek_s: In seconds.
        charts: Their keys.
        on_move: Called, before the script runs, when the visitor has paused the player or moved it;
            `position` is then where it is.
    """
    with st.container(key=keys.PLAYER):
        st.video(video, alt=alt)
    data = {
        "player": keys.PLAYER, "charts": list(charts), "end_s": end_s, "seek": seek,
        "seek_s": seek_s,
    }  # fmt: skip
    _COMPONENT(key=keys.LINK, data=data, on_at_s_change=on_move, height=1)


def position() -> float:
    """Where the player was last paused or moved to, in seconds."""
    return float(st.session_state[keys.LINK]["at_s"])


def seek() -> None:
    """Have the player jump to the moment."""
    st.session_state[keys.SEEK] = st.session_state.get(keys.SEEK, 0) + 1
