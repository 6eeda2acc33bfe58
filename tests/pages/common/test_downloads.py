import pandas as pd

from pages.common.downloads import csv_of


def test_a_table_has_no_formulas_and_its_numbers_and_gaps_stay() -> None:
    frame = pd.DataFrame({"file": ["=1+1", "a", None], "n": [-1, 2, 3], "x": [-0.5, None, 1.0]})
    mixed = frame.assign(y=pd.Series(["-2", -2, None], dtype=object))
    assert csv_of(mixed).splitlines() == [
        "file,n,x,y", "'=1+1,-1,-0.5,'-2", "a,2,,-2", ",3,1.0,",
    ]  # fmt: skip
