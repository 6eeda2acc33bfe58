import io
from dataclasses import replace
from itertools import pairwise

import av
import cv2
import numpy as np
import pytest

from fer.errors import VideoError
from fer.faces.face import Face
from fer.inference.frame_log import FrameFaces
from fer.inference.predictor import Predictor
from fer.inference.stream import FaceStream
from fer.inference.video import VideoFile
from fer.inference.video_results import Origin
from fer.models.model import Model
from fer.scaling.video_files import packed, unpacked
from fer.scaling.video_joining import joined
from fer.scaling.video_pieces import cut
from fer.scaling.video_recording import Recording, record

FRAMES = 90


class BrightPatches:
    """Finds every bright patch of a dark picture."""

    name = "patches"

    def detect(self, photo: np.ndarray) -> list[Face]:
        mask = (cv2.GaussianBlur(photo[:, :, 0], (9, 9), 0) > 100).astype(np.uint8)
        found = cv2.connectedComponentsWithStats(mask)[2][1:]
        return [
            Face(box=(x, y, w, h), score=area / 10_000, landmarks=face_landmarks(x, y, w, h))
            for x, y, w, h, area in found.tolist()
            if min(w, h) >= 12
        ]


def face_landmarks(x: int, y: int, width: int, height: int) -> np.ndarray:
    places = [(0.31, 0.4), (0.69, 0.4), (0.5, 0.6), (0.35, 0.78), (0.65, 0.78)]
    return np.array([(x + u * width, y + v * height) for u, v in places], np.float32)


def drawn(number: int) -> np.ndarray:
    """People who come, go for less and for more than a second, pass each other, and change."""
    frame = np.full((160, 320, 3), 20, np.uint8)
    people = [(10 + 2 * number, 20, 0, 90), (250 - 2 * number, 90, 10, 40)]
    people += [(200, 20, 30, 50), (202, 22, 58, 75), (30, 90, 5, 20), (40, 90, 70, 90)]
    for at, (x, y, first, end) in enumerate(people):
        if first <= number < end and 0 <= x < 270:
            texture = np.random.default_rng((at, number // 7)).integers(140, 256, (8, 8, 3))
            frame[y : y + 48, x : x + 48] = texture.repeat(6, axis=0).repeat(6, axis=1)
    return frame


def video(codec: str, container: str, **options: str) -> bytes:
    memory = io.BytesIO()
    with av.open(memory, "w", format=container) as opened:
        stream = opened.add_stream(codec, rate=20, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 160, "yuv420p"
        for number in range(FRAMES):
            shown = av.VideoFrame.from_ndarray(drawn(number), format="rgb24")
            opened.mux(stream.encode(shown))
        opened.mux(stream.encode())
    return memory.getvalue()


@pytest.fixture
def predictor(tiny_model: Model) -> Predictor:
    return Predictor(tiny_model, BrightPatches())


def in_one(content: bytes, predictor: Predictor, every: int) -> list[FrameFaces]:
    stream = FaceStream(predictor, every=every)
    return [
        FrameFaces(frame.number, frame.at_s, stream.step(frame.pixels, frame.at_s))
        for frame in VideoFile(content).frames(every=every)
    ]


def in_pieces(content: bytes, predictor: Predictor, every: int) -> list[Recording]:
    pieces = cut(VideoFile(content), every=every, start_s=0.0, least=4)
    return [record(VideoFile(content), piece, predictor, every=every) for piece in pieces]


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize(
    ("codec", "container", "options"),
    [
        ("libx264", "mp4", {"g": "10", "bf": "2"}),
        ("libx264", "matroska", {"g": "13", "x264-params": "open-gop=1:bframes=3"}),
        ("mpeg4", "avi", {"g": "9"}),
    ],
    ids=["mp4", "mkv-open", "avi"],
)
def test_pieces_join_into_exactly_the_rows_of_the_whole_video(
    codec: str, container: str, options: dict[str, str], every: int, predictor: Predictor
) -> None:
    content = video(codec, container, **options)
    recordings = in_pieces(content, predictor, every)
    assert len(recordings) >= 3
    labels = predictor.card.labels
    found = list(joined((unpacked(packed(one)) for one in recordings), labels))
    expected = in_one(content, predictor, every)
    assert found == expected
    assert max(face.number for frame in found for face in frame.faces) >= 4
    origin = Origin.of("video", predictor, every=every)
    assert origin.csv(found) == origin.csv(expected)


def test_pieces_that_do_not_share_the_frame_at_their_seam_are_an_error(
    predictor: Predictor,
) -> None:
    first, second, *_ = in_pieces(video("libx264", "mp4", g="10"), predictor, 1)
    with pytest.raises(VideoError, match="gives another frame"):
        list(joined([first, second._replace(first_crc=1)], predictor.card.labels))


def test_a_seam_is_on_a_frame_on_which_the_detector_runs(predictor: Predictor) -> None:
    content = video("libx264", "mp4", g="10")
    for every in (1, 2, 3):
        pieces = cut(VideoFile(content), every=every, start_s=0.0, least=4)
        step = every * max(4 // every, 1)
        assert all(piece.first % step == 0 for piece in pieces)
        assert all(before.end == piece.first for before, piece in pairwise(pieces))


def test_a_video_that_is_cut_short_stays_in_one_piece() -> None:
    content = video("libx264", "matroska", g="10")
    assert cut(VideoFile(content), every=1, start_s=0.0, least=4)
    assert not cut(VideoFile(content[: len(content) // 3]), every=1, start_s=0.0, least=4)


def test_a_piece_whose_frames_are_not_those_that_were_planned_is_an_error(
    predictor: Predictor,
) -> None:
    content = video("libx264", "mp4", g="10")
    _, piece, *_ = cut(VideoFile(content), every=1, start_s=0.0, least=4)
    for wrong in ({"end": 21}, {"first_pts": piece.first_pts + 1}):
        with pytest.raises(VideoError, match="another than the video's packets state"):
            record(VideoFile(content), replace(piece, **wrong), predictor, every=1)
