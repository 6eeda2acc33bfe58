from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fer.faces.mtcnn_networks import load_networks

pytest.importorskip("mtcnn")


def images(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)


def test_the_first_network_judges_windows_of_an_image_of_any_size() -> None:
    judge, _, _ = load_networks()
    for height, width in ((12, 12), (40, 61)):
        offsets, scores = judge(images(1, 3, height, width))
        # (side - 12) / 2 steps of 2 px, of which the last may extend beyond the edge
        rows, columns = (-(-(side - 12) // 2) + 1 for side in (height, width))
        assert offsets.shape == (1, 4, rows, columns)
        assert scores.shape == (1, 2, rows, columns)
        assert scores.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_others_answer_for_each_patch_alone() -> None:
    _, refine, mark = load_networks()
    for network, side, widths in ((refine, 24, (4, 2)), (mark, 48, (4, 10, 2))):
        patches = images(3, 3, side, side)
        together = network(patches)
        assert [values.shape for values in together] == [(3, width) for width in widths]
        assert together[-1].sum(axis=1) == pytest.approx(1, abs=1e-5)
        for number in range(3):
            alone = network(patches[number : number + 1])
            for one, all_three in zip(alone, together, strict=True):
                assert one[0] == pytest.approx(all_three[number], abs=1e-5)


def test_threads_may_share_a_network() -> None:
    _, refine, _ = load_networks()
    patches = [images(1, 3, 24, 24) * scale for scale in np.linspace(0, 1, 16)]
    expected = [refine(patch)[1] for patch in patches]
    with ThreadPoolExecutor(4) as pool:
        found = [scores for _, scores in pool.map(refine, patches)]
    assert np.array_equal(found, expected)
