import numpy as np

from fer.inference.sample_video import FPS, HEIGHT_PX, SECONDS, WIDTH_PX, draw_sample
from fer.inference.video import VideoFile


def test_the_sample_is_a_video_in_which_somebody_comes_later() -> None:
    with VideoFile(draw_sample()) as video:
        frames = [frame.pixels for frame in video.frames()]
    assert len(frames) == SECONDS * FPS
    assert frames[0].shape == (HEIGHT_PX, WIDTH_PX, 3)
    right = [frame[:, WIDTH_PX // 2 :].std() for frame in (frames[0], frames[-1])]
    assert right[1] > 1.5 * right[0]
    assert np.abs(frames[5].astype(int) - frames[0]).mean() > 0.5  # it moves
