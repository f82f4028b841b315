"""Which addresses are opened, and how they are shown."""

import pytest
from reading import refusal

from sightline.domain.gap import GapReason
from sightline.errors import SourceRejected
from sightline.video.camera_address import plan_opening
from sightline.video.stream import open_stream, shown_address


@pytest.mark.parametrize(
    "address",
    [
        *(
            "file:///etc/passwd",
            "/etc/passwd",
            "film.mp4",
            "exec:ls",
            "concat:a|b",
            "pipe:0",
            "rtmp://h/x",
            "",
        ),
        *("rtsp:x", "rtsp:///camera", "webcam:0;ls", "webcam:/dev/sda", "rtsp://host/a b", "rtsp://h\n/x"),
    ],
)
def test_an_address_of_another_kind_is_refused_before_anything_is_opened(address: str) -> None:
    with pytest.raises(SourceRejected):
        open_stream(address)


def test_another_transport_is_refused() -> None:
    with pytest.raises(SourceRejected, match="tcp or udp"):
        open_stream("rtsp://127.0.0.1/x", transport="file")


def test_a_webcam_that_is_not_there_is_said_to_be_missing() -> None:
    error = refusal("webcam:99")
    assert error.reason is GapReason.UNREACHABLE
    assert "/dev/video99" in str(error)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://10.0.0.1:554/a", "rtsp://10.0.0.1:554/a"),
        ("rtsp://u:p@10.0.0.1/a", "rtsp://***@10.0.0.1/a"),
        ("rtsp://u:p@s/s@10.0.0.1/a", "rtsp://***@10.0.0.1/a"),
        ("rtsp://h/cam?channel=1&subtype=0", "rtsp://h/cam?channel=1&subtype=0"),
        ("rtsp://h/cam?channel=1&pwd=12", "rtsp://h/cam?channel=1&pwd=***"),
        ("http://h/v?x=abcdef", "http://h/v?x=***"),
        ("rtsp://h/user=a_password=b_c_channel=1_stream=0.sdp", "rtsp://h/user=***_password=***_channel=1_stream=0.sdp"),
        ("rtsp://h/user=a&password=b&channel=1", "rtsp://h/user=***&password=***&channel=1"),
        ("rtsps://h:7441/AbCd1234EfGh5678?enableSrtp", "rtsps://h:7441/***?enableSrtp"),
        ("rtsp://h/Streaming/Channels/101", "rtsp://h/Streaming/Channels/101"),
        ("webcam:0", "webcam:0"),
    ],
)  # fmt: skip
def test_an_address_is_shown_without_what_is_private(address: str, shown: str) -> None:
    assert shown_address(address) == shown


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("rtsp://10.0.0.1/a", "rtsp://10.0.0.1/a"),
        ("RTSP://u:p@h:554/a?x=1", "rtsp://u:p@h:554/a?x=1"),
        ("rtsp://u:p@s@h/a", "rtsp://u:p%40s@h/a"),
        ("rtsp://u:p/s@h/a", "rtsp://u:p%2Fs@h/a"),
        ("rtsp://u:p@s/s@10.0.0.1/a", "rtsp://u:p%40s%2Fs@10.0.0.1/a"),
        ("rtsp://u:p%40s%zz#@h/a", "rtsp://u:p%40s%25zz%23@h/a"),
        ("rtsp://h:554/live?user=a@b", "rtsp://h:554/live?user=a@b"),
        ("rtsp://u:p@h/cam@1", "rtsp://u:p@h/cam@1"),
        ("rtsp://h:80/cam@1", "rtsp://h:80/cam@1"),
        ("rtsp://u:p@[fe80::1]:554/a", "rtsp://u:p@[fe80::1]:554/a"),
        ("webcam:2", "/dev/video2"),
    ],
)
def test_a_login_reaches_ffmpeg_escaped(address: str, url: str) -> None:
    opening = plan_opening(address, transport="tcp", silence_s=5)
    assert opening.url == url
    assert "p%40" not in repr(opening)
