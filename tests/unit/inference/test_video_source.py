from pathlib import Path

import pytest

from fer.errors import VideoError
from fer.inference.video_source import Address, Camera, open_address, source_from


def test_a_source_is_a_camera_an_address_or_a_path() -> None:
    assert source_from("camera:0") == Camera(number=0)
    assert source_from("Camera:12") == Camera(number=12)
    for url in ("http://host/a.ts", "rtsp://host/1", "HTTPS://host/film.mp4"):
        assert source_from(url) == Address(url=url)
    for path in ("film.mp4", "camera:front.mp4", "C:\\film.mp4", "campfire"):
        assert source_from(path) == Path(path)


@pytest.mark.parametrize("name", ["camera:x", "camera:", "camera:-1", "Camera", "webcam", "0"])
def test_what_is_nearly_a_camera_is_not_taken_for_a_missing_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(VideoError, match=r"neither a camera nor a file\. Expected camera:0"):
        source_from(name)
    (tmp_path / name).touch()
    assert source_from(name) == Path(name)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "udp://0.0.0.0:1234", "concat://a|b"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(VideoError, match="expected http, https, rtsp, rtsps, camera:0"):
        source_from(url)


def test_the_name_of_an_address_holds_no_password_and_no_key() -> None:
    address = Address(url="rtsp://me:secret@192.168.0.2:554/stream1?token=xyz")
    assert address.name.startswith("rtsp://192.168.0.2:554/stream1 (")
    assert "xyz" not in address.name
    assert Address(url="http://me:secret@host/films/a.mp4").name == "http://host/films/a.mp4"
    with pytest.raises(VideoError, match="Connection refused") as refused:
        open_address(Address(url="http://me:secret@127.0.0.1:1/a.ts?token=xyz"))
    assert "secret" not in str(refused.value)
    assert "xyz" not in str(refused.value)


@pytest.mark.parametrize(
    "path",
    ["live/x7Hq2LmP9aZt4KcV", "user=admin_password=hunter2_channel=1.sdp", "a;key=hunter2/b.ts"],
)
def test_a_key_in_the_path_is_left_out_of_the_name(path: str) -> None:
    name = Address(url=f"rtsp://cam.local/{path}").name
    assert "…" in name
    assert "hunter2" not in name
    assert "x7Hq" not in name


def test_addresses_that_differ_in_what_is_left_out_have_different_names() -> None:
    urls = ["rtsp://cam/s?channel=1", "rtsp://cam/s?channel=2", "rtsp://cam/s", "rtsp://cam/a=1"]
    assert len({Address(url=url).name for url in urls}) == 4
    again = Address(url="rtsp://me:other@cam/s?channel=1")
    assert again.name == Address(url=urls[0]).name


@pytest.mark.parametrize("url", ["http://[x", "http://", "rtsp:///cam"])
def test_an_address_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(VideoError, match="names no host"):
        source_from(url)
