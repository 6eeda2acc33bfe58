"""Tables of answers as people should read them."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

import pandas as pd

from fer import emotions
from fer.wording import percent

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


def with_symbol(verdict: str) -> str:
    """An emotion with its symbol; another verdict, such as why there is none, as it is."""
    return emotions.with_symbol(verdict) if emotions.is_known(verdict) else verdict


def with_verdicts(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `Answer.to_row`; an unreliable one has its reason in place of the emotion, no shares.

    The columns about reliability are dropped.
    """
    table = rows.drop(columns=["reliable", "unreliable_because"], errors="ignore")
    if "reliable" in rows:
        unreliable = rows["reliable"] == "false"
        table.loc[unreliable, "emotion"] = rows.loc[unreliable, "unreliable_because"]
        table.loc[unreliable, share_columns(table)] = None
    return table


def share_columns(table: pd.DataFrame) -> list[str]:
    """The columns with shares of 0–1."""
    named = ("share", "confidence")
    return [name for name in map(str, table) if name in named or name.startswith("p_")]


def in_percent(table: pd.DataFrame, columns: Sequence[str]) -> "Styler":
    """The table with these columns of shares as `percent` writes them; they sort as numbers."""
    written = cast("Callable[[object], str]", percent)
    formats: dict[str, str | Callable[[object], str] | None] = dict.fromkeys(columns, written)
    return table.style.format(formats, na_rep="")
