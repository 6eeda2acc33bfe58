import base64
import io

import numpy as np
from PIL import Image

from fer.models.pixel_scales import SCALES
from pages.common.pictures import Picture
from pages.models.views import views

ORANGE = np.broadcast_to(np.array([250, 130, 10], np.uint8), (8, 8, 3)).copy()


def pixels(picture: Picture) -> np.ndarray:
    content = base64.b64decode(picture.src.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_grey_face_is_shown_under_the_scales_for_grey() -> None:
    face = np.arange(64, dtype=np.uint8).reshape(8, 8, 1) * 4
    shown = views(face)
    names = [picture.caption.partition(":")[0] for picture in shown]
    assert names == [name for name, scale in SCALES.items() if not scale.needs_rgb]
    assert shown[0].caption == "0-1: 0.00 to 0.99"
    assert shown[1].alt == "The face under the scale -1-1, with values −1.00 to 0.98"
    np.testing.assert_array_equal(pixels(shown[2]), face[..., 0])


def test_blue_first_shows_an_orange_face_blue() -> None:
    shown = {picture.caption.partition(":")[0]: pixels(picture)[0, 0] for picture in views(ORANGE)}
    assert shown["0-255"].tolist() == [250, 130, 10]
    red, _, blue = shown["caffe-bgr"].tolist()
    assert blue > 200 > 60 > red


def test_a_face_of_one_colour_has_a_picture_per_image_too() -> None:
    assert len(views(np.full((8, 8, 1), 90, np.uint8))) == 4
