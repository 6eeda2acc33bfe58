from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

FPS = 10


@pytest.fixture(scope="session")
def write_video() -> Callable[..., Path]:
    """Writes frames, RGB uint8, as H.264 with 10 frames a second; options are the container's."""

    def write(path: Path, frames: list[np.ndarray], **options: str) -> Path:
        with av.open(str(path), "w", options=options) as container:
            stream = container.add_stream("libx264", rate=FPS, options={"g": "10"})
            stream.height, stream.width = frames[0].shape[:2]
            stream.pix_fmt = "yuv420p"
            for frame in frames:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture(scope="session")
def video_file(
    tmp_path_factory: pytest.TempPathFactory,
    write_video: Callable[..., Path],
    square_frame: Callable[..., np.ndarray],
) -> Path:
    """A square that moves to the right by 2 px a frame, from 20 px, on 40 frames."""
    frames = [square_frame(20 + 2 * i) for i in range(40)]
    return write_video(tmp_path_factory.mktemp("video") / "video.mp4", frames, movflags="faststart")


@pytest.fixture
def album(tmp_path: Path, square_frame: Callable[..., np.ndarray]) -> Path:
    """Three photos with a face, one without, and what does not belong there."""
    folder = tmp_path / "album"
    for name in ("Happiness", "surprised", "sad", "holiday", "happy/more", "fear"):
        (folder / name).mkdir(parents=True)
    cv2.imwrite(str(folder / "Happiness" / "1.png"), square_frame(20))
    cv2.imwrite(str(folder / "happy" / "2.PNG"), square_frame(30))
    cv2.imwrite(str(folder / "surprised" / "3.png"), square_frame(40))
    cv2.imwrite(str(folder / "surprised" / "wall.png"), square_frame())
    cv2.imwrite(str(folder / "sad" / "4.png"), square_frame(50))
    (folder / "surprised" / "broken.jpg").write_bytes(b"\xff\xd8 no")
    (folder / "happy" / "notes.txt").write_text("no photo")
    (folder / "happy" / ".hidden.jpg").write_bytes(b"")
    (folder / "top.jpg").write_bytes(b"")
    return folder
