"""The two charts of a video's timeline: all faces together, and each person."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.colors import hex_to_rgb

from fer import emotions
from fer.inference.timeline import Timeline
from fer.wording import in_chart, percent
from pages.video import keys

LEFT_PX = 48  # margin of both charts, so that their time axes are aligned
SHARES_HEIGHT_PX = 260
PERSON_HEIGHT_PX, PEOPLE_HEIGHT_PX = 30, 400


def show_shares(timeline: Timeline) -> None:
    """Mean probability of each emotion over time, of reliable answers, stacked."""
    st.caption("Mean probability of each emotion")
    labels = timeline.labels
    shares = pd.DataFrame(timeline.shares()).set_index("time_s")
    end = float(shares.pop("until_s").max())
    shares.loc[end] = shares.iloc[-1]  # so that the last step has a width
    figure = go.Figure(
        [
            go.Scatter(
                x=shares.index,
                y=shares[f"p_{label}"],
                name=in_chart(label),
                mode="lines",
                stackgroup="all",
                line={"shape": "hv", "width": 0},
                fillcolor=emotions.describe(label).color,
                hovertemplate="%{y:.0%}",
            )
            for label in labels
        ]
    )
    _lay_out(figure, SHARES_HEIGHT_PX, end)
    figure.update_layout(
        hovermode="x unified", legend={"orientation": "h", "y": -0.2, "traceorder": "normal"}
    )
    figure.update_yaxes(tickformat=".0%", range=[0, 1])
    st.plotly_chart(
        figure, config={"displayModeBar": False}, alt="Emotions over time", key=keys.SHARES
    )


def choose_moment(table: pd.DataFrame) -> float | None:
    """Show the most probable emotion of each person; return the time in seconds of a click."""
    reliable = table["reliable"] == "true"
    verdicts = table["emotion"].where(reliable, table["unreliable_because"])
    verdicts = verdicts.map(in_chart)
    percents = (", " + table["confidence"].map(percent)).where(reliable, "")
    colors = [
        f"rgba{(*hex_to_rgb(emotions.describe(label).color), confidence)}" if is_reliable
        else "rgba(127, 127, 127, 0.6)"
        for label, confidence, is_reliable in zip(
            table["emotion"], table["confidence"], reliable, strict=True
        )
    ]  # fmt: skip
    st.caption(
        "Most probable emotion of each person, hatched where the face is too small or too blurred. "
        "Click a moment to see it."
    )
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=table["person"],
            base=table["time_s"],
            x=table["until_s"] - table["time_s"],
            width=0.9,
            customdata=pd.concat([table[["time_s", "person"]], verdicts + percents], axis=1),
            marker={
                "color": colors,
                "line": {"width": 0},
                "pattern": {"shape": ["" if one else "/" for one in reliable]},
            },
            unselected={"marker": {"opacity": 1}},
            hovertemplate="%{customdata[0]} s, person %{customdata[1]}: %{customdata[2]}"
            "<extra></extra>",
        )
    )
    people = sorted(table["person"].unique())
    height_px = min(80 + PERSON_HEIGHT_PX * len(people), PEOPLE_HEIGHT_PX)
    _lay_out(figure, height_px, float(table["until_s"].max()))
    figure.update_yaxes(type="category", categoryarray=people[::-1], showgrid=False)
    event = st.plotly_chart(
        figure,
        on_select="rerun",
        selection_mode="points",
        key=keys.PEOPLE,
        config={"displayModeBar": False},
        alt="Emotion of each person over time",
    )
    points = event["selection"]["points"]
    return float(points[0]["customdata"][0]) if points else None


def _lay_out(figure: go.Figure, height_px: int, end_s: float) -> None:
    figure.update_layout(
        height=height_px, margin={"l": LEFT_PX, "r": 8, "t": 8, "b": 8}, dragmode=False
    )
    figure.update_xaxes(ticksuffix=" s", range=[0, end_s], fixedrange=True, showgrid=False)
    figure.update_yaxes(fixedrange=True)
