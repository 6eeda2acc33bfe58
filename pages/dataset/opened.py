"""Data sets that are open, shared by every session of the server."""

import time
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer.data import Dataset, load_dataset
from fer.data.annotations import FILE
from fer.data.audit import Audit, audit
from fer.data.near_duplicates import near_duplicates
from fer.data.registry import resolve
from fer.data.roots import allowed
from pages.common.progress import LOOK_AGAIN_AFTER_S, with_progress

_OPEN_AT_ONCE = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """A data set with its audit.

    Attributes:
        dataset: In its own splits.
        report: Its audit.
        key: Changes with the files and the marks made by hand.
    """

    dataset: Dataset
    report: Audit
    key: str


@st.cache_resource(show_spinner=False)
def _kept() -> "OrderedDict[str, tuple[float, Opened, np.ndarray]]":
    return OrderedDict()


def forget(name: str) -> None:
    """Look at a data set's files again on its next use."""
    _kept().pop(name, None)


def open_dataset(name: str) -> Opened:
    """A data set by name, with a progress bar while it is read for the first time.

    Its files are looked at again every few minutes, marks made by hand on every call.

    Raises:
        FerError: If it cannot be read, or lies where the app may not read.
    """
    source = resolve(name)
    if source.path is not None:
        allowed(source.path)
    marks = source.folder / FILE
    marked = str(marks.stat().st_mtime_ns) if marks.is_file() else ""
    kept = _kept()
    found = kept.get(name)
    if found is not None and found[1].dataset.folder != source.folder:
        found = None  # the name stands for something else now
    is_fresh = found is not None and time.monotonic() - found[0] < LOOK_AGAIN_AFTER_S
    if found is not None and is_fresh and found[1].key.endswith(f" {marked}"):
        return found[1]
    dataset = with_progress(
        lambda report: load_dataset(source, validation_fraction=0, progress=report)
    )
    content = dataset.fingerprint()
    # Near duplicates depend on the pixels only, and take longest to find.
    same = (
        found is not None
        and len(found[2]) == len(dataset)
        and found[1].dataset.index["hash"].equals(dataset.index["hash"])
    )
    with st.spinner("Looking for copies and flaws…"):
        near = (
            found[2]
            if same and found is not None
            else near_duplicates(dataset.pixels, dataset.index["hash"].to_numpy(str))
        )
        report = audit(dataset, near=near)
    opened = Opened(dataset=dataset, report=report, key=f"{name} {content} {marked}")
    kept[name] = (time.monotonic(), opened, near)
    kept.move_to_end(name)
    while len(kept) > _OPEN_AT_ONCE:
        kept.popitem(last=False)
    return opened
