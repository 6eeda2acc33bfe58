import json

import numpy as np
from streamlit.testing.v1 import AppTest

from fer.faces.quality import TOO_BLURRED


def charts() -> None:
    import pandas as pd

    from fer.faces.quality import TOO_BLURRED
    from fer.inference.answer import FaceAnswer
    from fer.inference.timeline import Timeline
    from pages.video.charts import choose_moment, show_shares

    timeline = Timeline(("happy", "sad"), step_s=1.0)
    for at_s, number, happy, because in (
        (0.0, 1, 0.8, ""),
        (0.0, 2, 0.0, TOO_BLURRED),
        (1.0, 2, 0.0, TOO_BLURRED),
    ):
        face = FaceAnswer(
            number=number, box=(0, 0, 9, 9), score=1.0, unreliable_because=because,
            probabilities={"happy": happy, "sad": 1 - happy},
        )  # fmt: skip
        timeline.add(at_s, [face])
    table = pd.DataFrame(timeline.rows())
    show_shares(timeline)
    choose_moment(table)


def test_blurred_faces_count_in_no_share_and_are_hatched_with_their_reason() -> None:
    page = AppTest.from_function(charts, default_timeout=60).run()
    assert not page.exception
    shares, people = (json.loads(one.proto.spec)["data"] for one in page.get("plotly_chart"))
    assert [numbers(line["y"]) for line in shares] == [[0.8, 0, 0], [0.2, 0, 0]]
    [bars] = people
    assert bars["marker"]["pattern"]["shape"] == ["", "/", "/"]
    words = [row[2] for row in bars["customdata"]]
    assert words == ["happy, 80%", TOO_BLURRED, TOO_BLURRED]


def numbers(values: object) -> list[float]:
    """What Plotly writes as a list, or as bytes in base64."""
    if isinstance(values, dict):
        import base64

        values = np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"]).tolist()
    assert isinstance(values, list)
    return [round(value, 3) for value in values]
