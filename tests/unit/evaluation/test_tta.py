import numpy as np

from fer.evaluation.tta import views_of


def test_views_keep_the_shape_and_hold_the_mirror_images() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (2, 24, 16, 3), dtype=np.uint8)
    for tta, count in {"none": 1, "flip": 2, "shifts": 18, "ten_crop": 10}.items():
        views = views_of(faces, tta)
        assert len(views) == count
        assert all(view.shape == faces.shape for view in views)
        if count > 1:
            np.testing.assert_array_equal(views[count // 2], views[0][:, :, ::-1])


def test_the_first_crop_is_the_upper_left_corner() -> None:
    faces = np.zeros((1, 48, 48, 1), np.uint8)
    faces[0, 42:] = faces[0, :, 42:] = 255
    views = views_of(faces, "ten_crop")
    assert views[0].max() == 0
    assert views[3].max() == 255


def test_shifted_faces_keep_their_edge() -> None:
    faces = np.random.default_rng(1).integers(0, 256, (2, 48, 32, 1), dtype=np.uint8)
    views = views_of(faces, "shifts")
    np.testing.assert_array_equal(views[0], faces)
    up_left = views[8]  # what lies 3 pixels down and 2 right comes to the corner
    np.testing.assert_array_equal(up_left[:, :-3, :-2], faces[:, 3:, 2:])
    assert (up_left[:, -3:] == up_left[:, -4:-3]).all()
