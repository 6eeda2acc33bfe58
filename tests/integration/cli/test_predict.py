import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fer.cli.main import app
from fer.data.synthetic import draw_face
from fer.inference.sample_video import draw_sample
from fer.inference.video import VideoFile


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_predict_prints_a_row_per_file_as_json(photos: Path, tiny_folder: Path) -> None:
    result = run("predict", photos, "--model", tiny_folder, "--detector", "none", "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [Path(row["file"]).name for row in rows] == ["happy.png", "surprise.png"]
    for row in rows:
        [face] = row["faces"]
        assert row["error"] is None
        assert face["box"] == [0, 0, 96, 96]
        assert face["score"] is None
        assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].get)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_one_bad_file_is_an_error_in_its_row_and_the_others_are_predicted(
    photos: Path, tiny_folder: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 not really")
    options = ("--model", tiny_folder, "--detector", "none")
    result = run("predict", photos, photos / "gone.jpg", *options, "--json")
    assert result.exit_code == 1
    rows = {Path(row["file"]).name: row for row in json.loads(result.stdout)}
    assert rows["broken.jpg"]["error"]
    assert rows["gone.jpg"]["error"]
    assert rows["broken.jpg"]["faces"] == []
    assert rows["happy.png"]["faces"]
    table = run("predict", photos, *options)
    assert table.exit_code == 1
    assert "error" in table.stdout
    assert "Traceback" not in table.output


def test_a_photo_without_a_face_is_reported_as_such(tmp_path: Path, tiny_folder: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200), 128, np.uint8))
    result = run("predict", tmp_path / "wall.png", "--model", tiny_folder)
    assert result.exit_code == 0
    assert "no face found" in result.stdout


def test_a_missing_model_is_a_sentence(photos: Path) -> None:
    result = run("predict", photos, "--model", "gone")
    assert result.exit_code == 1
    assert "No model 'gone'" in result.stderr
    assert "Traceback" not in result.output


def test_an_empty_folder_is_a_sentence(tmp_path: Path, tiny_folder: Path) -> None:
    result = run("predict", tmp_path, "--model", tiny_folder, "--detector", "none")
    assert result.exit_code == 1
    assert "holds no photos" in result.stderr


def test_json_is_valid_whatever_a_file_is_called(photos: Path, tiny_folder: Path) -> None:
    odd = photos / "not\udcffutf8.png"
    try:
        shutil.copy(photos / "happy.png", odd)
    except OSError:
        pytest.skip("the file system does not take such names")
    result = run("predict", odd, "--model", tiny_folder, "--detector", "none", "--json")
    assert [row["file"] for row in json.loads(result.stdout_bytes)] == [str(odd)]


def test_files_that_are_not_images_are_named_by_their_path(tmp_path: Path) -> None:
    (tmp_path / "set" / "happy").mkdir(parents=True)
    (tmp_path / "set" / "happy" / "a.jpg").write_text("not an image")
    result = run("data", "show", tmp_path / "set")
    assert f"None of the images could be read (1). The first: '{tmp_path}" in result.stderr


def test_a_face_that_is_too_small_is_listed_without_emotion_and_probability(
    tmp_path: Path, tiny_folder: Path
) -> None:
    cv2.imwrite(str(tmp_path / "tiny.png"), draw_face("happy", seed=0, size=20))
    options = (tmp_path / "tiny.png", "--model", tiny_folder, "--detector", "none")
    [row] = json.loads(run("predict", *options, "--json").stdout)
    [face] = row["faces"]
    assert (face["reliable"], face["unreliable_because"]) == (False, "too small to say")
    table = run("predict", *options).stdout
    assert "too small" in table
    assert face["emotion"] not in table
    assert "%" not in table


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "sample.mp4"
    path.write_bytes(draw_sample())
    return path


def test_video_prints_the_people_and_each_frame_as_json(
    sample: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    options = ("--every", 24, "--model", tiny_folder, "--out", table)
    result = run("video", sample, *options, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert (answer["file"], answer["every"], answer["problem"]) == ("sample.mp4", 24, None)
    assert answer["model"].startswith("tiny")
    assert answer["detector"] in ("mtcnn", "yunet")
    assert [frame["frame"] for frame in answer["frames"]] == [0, 24, 48, 72]
    numbers = {face["number"] for frame in answer["frames"] for face in frame["faces"]}
    assert {person["person"] for person in answer["people"]} == numbers
    assert len(table.read_text().splitlines()) > 4


def test_video_lists_what_each_person_showed(
    sample: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    options = ("--every", 24, "--model", tiny_folder, "--out", tmp_path / "rows.csv")
    result = run("video", sample, *options)
    assert result.exit_code == 0, result.output
    assert "4 frames" in result.stdout
    assert "mean confidence" in result.stdout
    assert "Traceback" not in result.output
    wrong = run("video", tmp_path / "gone.mp4", "--model", tiny_folder)
    assert wrong.exit_code == 1
    assert "There is no file" in wrong.stderr


def test_video_takes_the_first_seconds_of_a_file(
    sample: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    table, marked = tmp_path / "rows.csv", tmp_path / "marked.mp4"
    options = ("--every", 12, "--duration", 2.5, "--model", tiny_folder, "--out", table)
    result = run("video", sample, *options, "--annotated", marked, "--json")
    assert result.exit_code == 0, result.output
    assert [frame["frame"] for frame in json.loads(result.stdout)["frames"]] == [0, 12, 24]
    with VideoFile(marked) as video:
        assert [frame.at_s for frame in video.frames()][-1] == pytest.approx(2.5, abs=0.1)


@pytest.mark.parametrize(
    ("source", "options", "reason"),
    [
        ("camera:99", (), "There is no camera 99"),
        ("http://127.0.0.1:1/a.ts", (), "Connection refused"),
        ("ftp://host/a.ts", (), "expected http, https, rtsp, rtsps, camera:0"),
        ("camera:0", ("--annotated", "marked.mp4"), "Save the stream to a file first"),
    ],
)
def test_a_camera_or_stream_that_cannot_be_read_is_a_sentence_and_leaves_no_file(
    source: str,
    options: tuple[str, ...],
    reason: str,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("video", source, "--model", tiny_folder, *options)
    assert result.exit_code == 1
    assert reason in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not list(tmp_path.glob("*.csv"))


def test_what_is_no_photo_in_a_folder_is_named_and_is_no_failure(
    photos: Path, tiny_folder: Path
) -> None:
    (photos / "notes.txt").write_text("no photo")
    (photos / "._happy.png").write_bytes(b"\0\5\x16\7")
    options = (photos, "--model", tiny_folder, "--detector", "none")
    table = run("predict", *options)
    assert table.exit_code == 0, table.output
    assert "1 file not read:" in table.stdout
    assert "notes.txt is text" in " ".join(table.stdout.split())
    result = run("predict", *options, "--json")
    assert "notes.txt" in result.stderr
    assert len(json.loads(result.stdout)) == 2
