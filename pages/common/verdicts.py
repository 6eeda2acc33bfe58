"""Tables of answers as people should read them."""

import pandas as pd


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
    return [name for name in map(str, table) if name == "confidence" or name.startswith("p_")]
