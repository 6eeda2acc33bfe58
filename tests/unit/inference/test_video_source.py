from pathlib import Path

import pytest

from fer.errors import VideoError
from fer.inference.video_source import Address, Camera, open_address, source_from


def test_a_source_is_a_camera_an_address_or_a_path() -> None:
    assert source_from("camera:0") == Camera(number=0)
    assert source_from("Camera:12") == Camera(number=12)
    for url in ("http://host/a.ts", "rtsp://host/1", "HTTPS://host/film.mp4"):
        assert source_from(url) == Address(url=url)
    for path in ("film.mp4", "camera:front.mp4", "C:\\film.mp4", "camera:"):
        assert source_from(path) == Path(path)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "udp://0.0.0.0:1234", "concat://a|b"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(VideoError, match="expected http, https, rtsp, rtsps, camera:0"):
        source_from(url)


def test_the_name_of_an_address_holds_no_password_and_no_key() -> None:
    address = Address(url="rtsp://me:secret@192.168.0.2:554/stream1?token=abc")
    assert address.name == "rtsp://192.168.0.2:554/stream1"
    with pytest.raises(VideoError, match="Connection refused") as refused:
        open_address(Address(url="http://me:secret@127.0.0.1:1/a.ts?token=abc"))
    assert "secret" not in str(refused.value)
    assert "abc" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://[x", "http://", "rtsp:///cam"])
def test_an_address_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(VideoError, match="names no host"):
        source_from(url)
