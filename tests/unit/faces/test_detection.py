import pytest

from fer.errors import DetectorError
from fer.faces.detection import load_detector


def test_an_unknown_detector_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DetectorError, match=r"Unknown detector 'haar'\. Known: auto, mtcnn, yunet"):
        load_detector("haar")
