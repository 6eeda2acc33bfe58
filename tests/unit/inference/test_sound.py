import io
import itertools
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from fer.inference.annotated_video import annotate, annotate_in_memory
from fer.inference.predictor import Predictor
from fer.inference.video import VideoFile
from fer.inference.video_analysis import VideoAnalysis
from fer.inference.video_csv import analyse_to_csv, frames_of

FPS, SECONDS = 10, 4
BEEPS_S = ((1.0, 1.5), (2.6, 3.0))
Draw = Callable[..., np.ndarray]


def write_with_sound(
    path: Path,
    frames: list[np.ndarray],
    *,
    codec: str = "aac",
    rate: int = 44_100,
    layout: str = "stereo",
    begins_s: float = 0.0,
) -> Path:
    """A video whose sound is two beeps; it may begin later than the images."""
    with av.open(str(path), "w") as container:
        images = container.add_stream("libx264", rate=FPS, options={"g": "10"})
        images.height, images.width = frames[0].shape[:2]
        images.pix_fmt = "yuv420p"
        sound = container.add_stream(codec, rate=rate, layout=layout)
        for frame in frames:
            container.mux(images.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(images.encode())
        times = np.arange(round(begins_s * rate), SECONDS * rate) / rate
        is_on = np.any([(first <= times) & (times < last) for first, last in BEEPS_S], axis=0)
        wave = (20_000 * np.sin(2 * np.pi * 440 * times) * is_on).astype(np.int16)
        for start in range(0, len(wave), 1024):
            samples = np.repeat(wave[None, start : start + 1024], 1, axis=0)
            made = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            made.sample_rate, made.pts = rate, round(begins_s * rate) + start
            made.time_base = sound.codec_context.time_base or None
            container.mux(sound.encode(made))
        container.mux(sound.encode())
    return path


def beeps_of(video: Path | bytes) -> list[tuple[float, float]]:
    """When it is loud: (from, to) in seconds, to a fiftieth."""
    source = io.BytesIO(video) if isinstance(video, bytes) else str(video)
    loud: list[float] = []
    with av.open(source) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=8000)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                samples, at_s = part.to_ndarray()[0], float(part.time or 0)
                for start in range(0, len(samples) - 80, 160):
                    if np.abs(samples[start : start + 160]).max() > 0.1:
                        loud.append(at_s + start / 8000)
    edges = [0, *(np.flatnonzero(np.diff(loud) > 0.1) + 1), len(loud)]
    spans = itertools.pairwise(edges)
    return [(loud[first], loud[last - 1] + 0.02) for first, last in spans if last > first]


def seconds_of(video: Path | bytes) -> float:
    source = io.BytesIO(video) if isinstance(video, bytes) else str(video)
    with av.open(source) as container:
        stream = container.streams.audio[0]
        return float(stream.duration * stream.time_base)


def assert_in_step(video: Path | bytes) -> None:
    assert np.abs(np.subtract(beeps_of(video), BEEPS_S)).max() < 0.08
    assert seconds_of(video) == pytest.approx(SECONDS, abs=0.05)


@pytest.fixture(scope="module")
def frames(square_frame: Draw) -> list[np.ndarray]:
    return [square_frame(20 + 2 * i) for i in range(FPS * SECONDS)]


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("a.mp4", {}),
        ("mono.mkv", {"codec": "pcm_s16le", "rate": 8000, "layout": "mono"}),
        ("mp3.avi", {"codec": "libmp3lame"}),
        ("a.ts", {"rate": 48_000}),
        ("late.mkv", {"codec": "pcm_s16le", "begins_s": 0.7}),
    ],
)
def test_the_annotated_video_keeps_its_sound_in_step(
    name: str,
    sound: dict,
    frames: list[np.ndarray],
    square_predictor: Predictor,
    tmp_path: Path,
) -> None:
    video = write_with_sound(tmp_path / name, frames, **sound)
    table, out = tmp_path / "rows.csv", tmp_path / "marked.mp4"
    stop = threading.Event()
    stop.set()
    analyse_to_csv(video, square_predictor, table, every=5, stop=stop)
    analyse_to_csv(video, square_predictor, table, every=5)  # resumed
    annotate(video, table, out)
    assert_in_step(out)


def test_the_sound_ends_with_the_images_where_only_a_part_is_drawn(
    frames: list[np.ndarray], square_predictor: Predictor, tmp_path: Path
) -> None:
    source = write_with_sound(tmp_path / "a.mp4", frames).read_bytes()
    analysis = VideoAnalysis(source, square_predictor, every=5)
    for _ in range(5):
        analysis.advance()
    drawn = annotate_in_memory(source, analysis.log, until_s=analysis.at_s, long_side_px=100)
    assert drawn is not None
    assert drawn.until_s == pytest.approx(2.0)
    [beep] = beeps_of(drawn.data)
    assert beep == pytest.approx(BEEPS_S[0], abs=0.08)
    assert seconds_of(drawn.data) == pytest.approx(2.1, abs=0.05)


def test_damaged_sound_does_not_end_the_video(
    frames: list[np.ndarray], square_predictor: Predictor, tmp_path: Path
) -> None:
    video = write_with_sound(tmp_path / "a.mkv", frames, codec="libmp3lame")
    content = bytearray(video.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(content) // 3, len(content) - 200, 40):
        content[at] ^= 0xFF
    video.write_bytes(content)
    table, out = tmp_path / "rows.csv", tmp_path / "marked.mp4"
    report = analyse_to_csv(video, square_predictor, table, every=5)
    annotate(video, table, out)
    with VideoFile(out) as drawn:
        assert sum(1 for _ in drawn.frames()) >= 5 * (report.frames - 1)


def test_a_video_without_sound_stays_without(
    video_file: Path, square_predictor: Predictor, tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    analyse_to_csv(video_file, square_predictor, table, every=5)
    drawn = annotate_in_memory(video_file, frames_of(table), long_side_px=100)
    assert drawn is not None
    with av.open(io.BytesIO(drawn.data)) as container:
        assert not container.streams.audio
