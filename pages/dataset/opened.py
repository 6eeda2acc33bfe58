"""Data sets that are open, shared by every session of the server."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer.data import Dataset, load_dataset
from fer.data.audit import Audit, audit
from fer.data.near_duplicates import near_duplicates
from fer.data.registry import Source, resolve
from fer.data.roots import allowed
from pages.common.cache import FRESH_FOR_S, Work, annotations_stamp
from pages.common.progress import Meter

_OPEN_AT_ONCE = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Opened:
    """A data set with its audit.

    Attributes:
        dataset: In its own splits.
        report: Its audit.
        key: Changes with the files and the annotations.
    """

    dataset: Dataset
    report: Audit
    key: str


def open_dataset(name: str) -> Opened:
    """A data set by name, with a progress bar while it is read for the first time.

    Its files are read again every few minutes, its annotations as soon as they change.

    Raises:
        FerError: If it cannot be read, or is where the app may not read.
    """
    source = resolve(name)
    if source.path is not None:
        allowed(source.path)
    return _opening(name).result()


def forget(name: str) -> None:
    """Read a data set's files again on its next use."""
    _opening.clear(name)


@st.cache_resource(max_entries=_OPEN_AT_ONCE, show_spinner=False, validate=Work.is_usable)
def _opening(name: str) -> Work[Opened]:
    source = resolve(name)
    stamp = _stamp(source)
    return Work(
        lambda meter: _open(source, f"{name} {stamp}", meter),
        is_current=lambda: _stamp(resolve(name)) == stamp,
        fresh_for_s=FRESH_FOR_S,
    )


def _stamp(source: Source) -> str:
    return f"{source.folder} {annotations_stamp(source.folder)}"


def _open(source: Source, key: str, meter: Meter) -> Opened:
    dataset = load_dataset(source, validation_fraction=0, progress=meter)
    meter.note("Checking for copies and flaws…")
    content = hashlib.sha256("".join(dataset.index["hash"]).encode()).hexdigest()
    report = audit(dataset, near=_near_duplicates(content, dataset))
    return Opened(dataset=dataset, report=report, key=f"{key} {dataset.fingerprint()}")


@st.cache_resource(max_entries=_OPEN_AT_ONCE, show_spinner=False)
def _near_duplicates(content: str, _dataset: Dataset) -> np.ndarray:
    """They take longest to find, and depend on the pixels only: annotating changes none."""
    return near_duplicates(_dataset.pixels, _dataset.index["hash"].to_numpy(str))
