"""Parquet files that the program keeps for itself, read so that damage shows at once."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_table(file: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A table all of whose values are what their types allow.

    Raises:
        OSError: If it cannot be read.
        pa.ArrowException: If it is damaged.
    """
    table = pq.read_table(file, columns=None if columns is None else list(columns))
    # Else a text that is no UTF-8 fails only where it is used.
    table.validate(full=True)
    return table


def read_frame(file: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """As `read_table`, for pandas."""
    frame: pd.DataFrame = read_table(file, columns).to_pandas()
    return frame
