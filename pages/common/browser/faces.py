"""The faces of a data set on a screen, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer import emotions
from fer.data import Dataset
from fer.wording import split_name
from pages.common.browser.state import BrowserState
from pages.common.charts import legend_html
from pages.common.choices import page_of, segments
from pages.common.gallery import Choice, gallery
from pages.common.pictures import Picture, data_uri

_SIZES = {48: "small", 80: "medium", 128: "large"}  # pixels


@dataclass(frozen=True)
class Browser:
    """A data set as a screen shows it.

    Attributes:
        state: The screen's page and open face.
        dataset: Faces are named by their position in it.
    """

    state: BrowserState
    dataset: Dataset

    def row_of(self, path: str) -> int | None:
        """Where the face of this path is."""
        rows = np.flatnonzero((self.dataset.index["path"] == path).to_numpy())
        return int(rows[0]) if len(rows) else None

    def choose_size(self) -> int:
        """How large faces are shown, in pixels."""
        return segments(
            "Size of the faces", _SIZES, default=80, key=f"{self.state.screen}.size",
            bind="query-params", label_visibility="collapsed",
        )  # fmt: skip

    def pictures(self, rows: np.ndarray) -> list[Picture]:
        """The faces at these positions, each with its class, and a line in its colour."""
        columns = self.dataset.index[["path", "label", "split", "excluded"]].iloc[rows]
        return [
            Picture(
                src=data_uri(pixels),
                caption=emotions.with_symbol(label),
                alt=f"{label}, {split_name(split)}, {path}{', excluded' if is_excluded else ''}",
                color=emotions.describe(label).color,
                faded=bool(is_excluded),
            )
            for pixels, (path, label, split, is_excluded) in zip(
                self.dataset.pixels[rows], columns.itertuples(index=False), strict=True
            )
        ]

    def show_legend(self, rows: np.ndarray) -> None:
        """The colour of each class, and how many of the faces at these positions it has."""
        counts = self.dataset.index["label"].iloc[rows].value_counts()
        st.html(
            legend_html(
                {label: int(counts[label]) for label in self.dataset.labels if label in counts}
            )
        )

    def choose_page(self, rows: np.ndarray, per_page: int) -> tuple[np.ndarray, str]:
        """The part of these positions that is on the chosen page, and what it is called.

        Where they are not those of the last run, no face is chosen any more.
        """
        self.state.choose_within(f"{self.dataset.folder} {hash(rows.tobytes())}")
        if not len(rows):
            st.info("No face fits these filters. Loosen one of them.", icon=":material/filter_alt:")
        part, name = page_of(rows, per_page, key=self.state.page, bind="query-params")
        return part, f"Faces, {name}"

    def show(
        self,
        rows: np.ndarray,
        label: str,
        *,
        key: str,
        pictures: Sequence[Picture] | None = None,
        size_px: int = 56,
        height_px: int = 0,
        can_choose: bool = False,
    ) -> None:
        """The faces at these positions; a click opens one, and a second one closes it.

        Args:
            rows: The positions.
            label: What they are, for a screen reader.
            key: Of the widget, after the screen's name.
            pictures: The faces as they are shown, if not as `pictures`.
            size_px: Side of a face.
            height_px: Visible height; 0 to show all.
            can_choose: Whether several can be chosen, to annotate them all at once.
        """
        paths = self.dataset.index["path"].iloc[rows].tolist()
        current = self.state.path
        if paths:
            gallery(
                pictures or self.pictures(rows),
                label=label,
                key=f"{self.state.screen}.{key}",
                size_px=size_px,
                height_px=height_px,
                current=paths.index(current) if current in paths else None,
                on_open=lambda at: self.state.open("" if paths[at] == current else paths[at]),
                choice=self._choice(paths) if can_choose else None,
            )

    def _choice(self, paths: Sequence[str]) -> Choice:
        chosen = set(self.state.chosen)
        return Choice(
            chosen=[at for at, path in enumerate(paths) if path in chosen],
            version=str(self.state.choice_round),
            by_click=bool(st.session_state.get(self.state.by_click)),
            on_choose=lambda at: self.state.choose_among(paths, [paths[one] for one in at]),
        )
