"""The session below the camera: who showed which emotion, and when."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from fer import emotions
from fer.inference.live import LiveStream
from fer.inference.spans import (
    EVERYONE,
    shares_of_time,
    spans_of_everyone,
    spans_of_people,
)
from fer.inference.timeline import Span
from fer.wording import counted, percent
from pages.common import errors
from pages.common.downloads import csv_of, download
from pages.common.verdicts import share_columns, with_verdicts
from pages.common.visitors import KEPT_FOR_H
from pages.live import keys
from pages.live.chart import chart_html

PEOPLE_SHOWN = 8
NAMED_EMOTIONS = 3


@dataclass(frozen=True)
class KeptSession:
    """A session on the visitor's shelf, which does not close it: the camera may still be on."""

    stream: LiveStream

    @property
    def words(self) -> str:
        """What it is, for `Shelf.words`."""
        return f"a session of {self.stream.seconds:.0f} s"


def show_session(stream: LiveStream, on_forget: Callable[[], None]) -> None:
    """Show what a stream has seen so far; once it is closed, offer it as files, or to forget it."""
    is_open = stream.is_open
    st.header("This session so far" if is_open else "The session", anchor=False)
    of_people = spans_of_people(stream.timeline)
    if not of_people:
        if not is_open:
            st.info(
                "No face was found. Sit closer to the camera, with light on your face, and press "
                "Start again.",
                icon=":material/search_off:",
            )
        return
    people = stream.timeline.summary()
    st.markdown(_words(stream.seconds, len(people), shares_of_time(of_people)))
    of_everyone = spans_of_everyone(stream.timeline) if len(people) > 1 else []
    _show_chart([*of_everyone, *of_people])
    if not is_open:  # meanwhile the camera's frames need the time
        _show_people(people, stream.timeline.dropped)
        _offer_files(stream)
        st.caption(f"Kept for this browser for up to {KEPT_FOR_H} hours, or until you press Start.")
        if st.button("Forget this session", icon=":material/delete:"):
            on_forget()
            st.rerun()


def _words(seconds: float, people: int, shares: Mapping[str, float]) -> str:
    """
    >>> _words(12.4, 1, {"happy": 0.75, "sad": 0.25})
    '12 s, 1 person: 😄 happy for 75% of the time, 😢 sad for 25%'
    """
    named = [
        f"{errors.plain(emotions.with_symbol(label))} for {percent(share)}"
        for label, share in list(shares.items())[:NAMED_EMOTIONS]
    ]
    if named:
        named[0] += " of the time"
    found = f": {', '.join(named)}" if named else ", too small or too blurred to name an emotion"
    return f"{seconds:.0f} s, {counted(people, 'person', 'people')}{found}"


def _show_chart(all_spans: list[Span]) -> None:
    """A row per person, and one for everyone if there are several; time goes to the right."""
    seconds: dict[int, float] = {}
    for span in all_spans:
        seconds[span.person] = seconds.get(span.person, 0.0) + span.seconds
    longest = sorted(seconds, key=lambda person: (person != EVERYONE, -seconds[person]))
    shown = longest[: PEOPLE_SHOWN + 1]
    with st.container(key=keys.CHART):
        st.html(chart_html([span for span in all_spans if span.person in shown]))
    if len(seconds) > len(shown):
        st.caption(f"The {PEOPLE_SHOWN} people in view longest; the table and the files have all.")


def _show_people(people: list[dict[str, object]], dropped: int) -> None:
    shown = with_verdicts(pd.DataFrame(people))
    shares = share_columns(shown)
    means = [name for name in shares if name != "share"]
    # Rows hold four places; no mean of a network's answers is quite 0 or 1.
    shown[means] = shown[means].astype(float).clip(0.0001, 0.9999)
    shown[shares] = shown[shares].map(percent, na_action="ignore")
    words = {"share": "of the time"}
    times = {"seconds": "in view", "from_s": "from", "to_s": "to"}
    st.dataframe(
        shown,
        hide_index=True,
        column_order=[
            "person", "emotion", "share", "confidence", *times, "frames", "reliable_frames",
            *(name for name in means if name != "confidence"),
        ],
        column_config={
            name: st.column_config.NumberColumn(title, format="%.1f s")
            for name, title in times.items()
        }
        | {
            name: st.column_config.TextColumn(
                words.get(name, name.removeprefix("p_")), alignment="right"
            )
            for name in shares
        }
        | {"reliable_frames": st.column_config.NumberColumn("reliable frames")},
    )  # fmt: skip
    if dropped:
        st.caption(
            f"{counted(dropped, 'more person', 'more people')} not listed: only the first "
            f"{len(people)} are."
        )


def _offer_files(stream: LiveStream) -> None:
    def csv(rows: list[dict[str, object]]) -> str:
        named = {"model": stream.model, "detector": stream.detector}
        return csv_of(pd.DataFrame(rows).assign(**named))

    timeline = stream.timeline
    with st.container(horizontal=True):
        download("Summary as CSV", lambda: csv(timeline.summary()), "live-summary.csv")
        download("Timeline as CSV", lambda: csv(timeline.rows()), "live-timeline.csv")
