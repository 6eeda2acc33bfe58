"""The sources of a video: a file, a path on this machine, a drawn sample."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from fer.inference.sample_video import draw_sample
from fer.inference.video_job import VideoJob
from pages.common import visitors
from pages.video import keys


class Options(NamedTuple):
    """The model and the detector, by name; every Nth frame is analysed."""

    model: str
    detector: str
    every: int


@dataclass(kw_only=True, eq=False)
class Chosen:
    """The visitor's video.

    Attributes:
        name: Of the file, or what the page calls it.
        source: Its bytes or its path.
        job: Its analysis, once the predictor is there.
        options: What the job uses.
    """

    name: str
    source: bytes | Path
    job: VideoJob | None = None
    options: Options | None = None

    @property
    def short_name(self) -> str:
        """The name without folders."""
        return Path(self.name).name

    @property
    def bytes_held(self) -> int:
        """About how much memory it takes."""
        source = len(self.source) if isinstance(self.source, bytes) else 0
        return source + (self.job.bytes_held if self.job else 0)

    @property
    def words(self) -> str:
        """What it is, for `Shelf.words`."""
        return f"{self.short_name} with results" if self.job else self.short_name

    def close(self) -> None:
        """Stop the work and forget its results; the video stays."""
        if self.job:
            self.job.work.stop()
        self.job = self.options = None


def chosen() -> Chosen | None:
    """The visitor's video, which a change of page and a reload leave in place."""
    video: Chosen | None = visitors.shelf().get(keys.CHOSEN)
    return video


def choose(name: str, source: bytes | Path) -> None:
    """Take a video in place of the one before."""
    shelf = visitors.shelf()
    with shelf.lock:
        remove()
        shelf[keys.CHOSEN] = Chosen(name=name, source=source)


def remove() -> None:
    """Stop the work on the video, and forget it and its results."""
    before: Chosen | None = visitors.shelf().pop(keys.CHOSEN, None)
    if before:
        before.close()
    for key in (keys.MOMENT, keys.CLICKED, keys.SEEK, keys.ASKED, keys.PERSON, keys.KNOWN):
        st.session_state.pop(key, None)


def ask_for_video() -> None:
    """Let the visitor choose a video; the next run of the page has it."""
    st.file_uploader(
        f"A video of up to {visitors.MAX_UPLOAD_MB} MB", key=keys.UPLOAD, on_change=_take_upload,
        max_upload_size=visitors.MAX_UPLOAD_MB,
    )  # fmt: skip
    is_local = visitors.are_local()
    if is_local:
        st.text_input(
            "Or the path of a video of any size on this machine",
            key=keys.PATH, placeholder="/home/me/video.mp4", on_change=_take_path,
        )  # fmt: skip
    st.button("Try a sample: two drawn faces", icon=":material/movie:", on_click=_take_sample)
    st.caption(
        "MP4, MOV, WebM, MKV, AVI and MPEG work. "
        + ("" if is_local else "Cut or compress a larger video first. ")
        + "Videos and results stay in memory: "
        f"for this browser, until you remove them or for {visitors.KEPT_FOR_H} hours after your "
        "last visit; less long where many others use this server. Nothing is written "
        "to disk unless you keep a correction."
    )


def _take_upload() -> None:
    file = st.session_state[keys.UPLOAD]
    if file is not None:
        choose(file.name, file.getvalue())


def _take_path() -> None:
    if path := st.session_state[keys.PATH].strip():
        choose(path, Path(path).expanduser())


def _take_sample() -> None:
    choose("sample.mp4", _sample())


@st.cache_data(max_entries=1, show_spinner="Drawing the sample")
def _sample() -> bytes:
    return draw_sample()
