import json
from pathlib import Path

import pytest

from fer.inference.predictor import Predictor
from fer.inference.video_analysis import VideoAnalysis
from fer.inference.video_csv import analyse_to_csv
from fer.inference.video_results import Origin, frames_in

EVERY = 2


@pytest.fixture
def analysis(video_file: Path, square_predictor: Predictor) -> VideoAnalysis:
    analysis = VideoAnalysis(video_file, square_predictor, every=EVERY)
    while not analysis.is_done:
        analysis.advance()
    return analysis


def test_the_csv_of_the_page_is_that_of_the_command_line(
    analysis: VideoAnalysis, video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    analyse_to_csv(video_file, square_predictor, out, every=EVERY)
    origin = Origin.of(video_file.name, square_predictor, every=EVERY)
    assert origin.csv(analysis.log) == out.read_text()


def test_the_json_holds_numbers_and_names_the_model_and_the_detector(
    analysis: VideoAnalysis, square_predictor: Predictor
) -> None:
    origin = Origin.of("video.mp4", square_predictor, every=EVERY)
    answer = json.loads("".join(origin.json(analysis.log, problem=None)))
    assert answer["model"].startswith(square_predictor.card.name)
    assert (answer["file"], answer["detector"], answer["every"]) == ("video.mp4", "square", EVERY)
    assert [frame["frame"] for frame in answer["frames"]] == list(range(0, 40, EVERY))
    [face] = answer["frames"][-1]["faces"]
    assert all(isinstance(value, int) for value in [face["number"], *face["box"]])
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    [person] = answer["people"]
    assert (person["person"], person["seconds"], person["reliable"]) == (1, 4.0, True)
    assert set(person["probabilities"]) == set(square_predictor.card.labels)


def test_the_json_is_the_same_from_a_csv_file_up_to_its_four_places(
    analysis: VideoAnalysis, video_file: Path, square_predictor: Predictor
) -> None:
    origin = Origin.of(video_file.name, square_predictor, every=EVERY)
    rows = origin.csv(analysis.log).splitlines()
    names = rows[0].split(",")
    read = frames_in(dict(zip(names, row.split(","), strict=True)) for row in rows[1:])
    at_once, by_file = (
        json.loads("".join(origin.json(one, problem=None))) for one in (analysis.log, read)
    )
    for one, other in zip(at_once["frames"], by_file["frames"], strict=True):
        [face], [same] = one["faces"], other["faces"]
        assert (face["number"], face["box"]) == (same["number"], same["box"])
        assert face["probabilities"] == pytest.approx(same["probabilities"], abs=1e-4)
    assert at_once["people"][0].keys() == by_file["people"][0].keys()
