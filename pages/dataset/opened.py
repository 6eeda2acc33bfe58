"""Data sets that are open, shared by every session of the server."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

import numpy as np
import pandas as pd
import streamlit as st

from fer.data import Dataset, load_dataset
from fer.data.audit import Audit, audit
from fer.data.near_duplicates import near_duplicates
from fer.data.summary import mean_faces
from pages.common.browser.faces import Browser
from pages.common.cache import Work, dataset_work
from pages.common.progress import Meter
from pages.dataset import keys

_OPEN_AT_ONCE = 3
_NUMBERS = count()


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """A data set in its own splits, with its audit.

    Attributes:
        number: Another one each time it is read, for what is drawn of it and kept.
    """

    dataset: Dataset
    report: Audit
    number: int = field(default_factory=_NUMBERS.__next__)

    @property
    def browser(self) -> Browser:
        """Its faces on this screen."""
        return Browser(keys.BROWSER, self.dataset)

    @cached_property
    def means(self) -> dict[str, np.ndarray]:
        """The mean face of each class."""
        return mean_faces(self.dataset)


kept_drawing = st.cache_data(
    max_entries=32, show_spinner=False, hash_funcs={Opened: lambda opened: opened.number}
)
"""For a function that draws what is the same for every visitor, without widgets: it runs once."""


def open_dataset(name: str) -> Opened:
    """A data set by name, with a progress bar while it is read for the first time.

    Its files are read again every few minutes, its annotations as soon as they change.

    Raises:
        FerError: If it cannot be read, or is where the app may not read.
    """
    return _opening(name).result()


def forget(name: str) -> None:
    """Read a data set's files again on its next use."""
    _opening.clear(name)


@st.cache_resource(max_entries=_OPEN_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _opening(name: str) -> Work[Opened]:
    def read(meter: Meter) -> Opened:
        dataset = load_dataset(name, validation_fraction=0, progress=meter)
        meter.note("Checking for copies and flaws…")
        content = hashlib.sha256("".join(dataset.index["hash"]).encode()).hexdigest()
        near = _near_duplicates(content, dataset)
        return Opened(dataset=dataset, report=audit(dataset, near=near))

    return dataset_work(name, read)


@st.cache_resource(max_entries=_OPEN_AT_ONCE, show_spinner=False)
def _near_duplicates(content: str, _dataset: Dataset) -> np.ndarray:
    """The slowest part of the audit; it depends on the pixels only, so annotating changes none."""
    return near_duplicates(_dataset.pixels, pd.factorize(_dataset.index["hash"])[0])
