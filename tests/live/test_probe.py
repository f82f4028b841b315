"""The look at one camera: figures against what the camera was told to send."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from footage_made import write_video
from http_camera import HttpCamera, chunks, jpeg

from sightline.domain.gap import GapReason
from sightline.errors import SourceRejected
from sightline.testing.rtsp_server import RtspServer
from sightline.video.probe import clock_offset_s, probe_stream
from sightline.video.stream import StreamLost


def test_the_report_tells_what_the_camera_sends(rtsp: Callable[..., RtspServer], tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", frames=90, fps=20, gop=10, options={"bf": "0"})
    server = rtsp({"/film": film}, user="admin", password="secret")
    report = probe_stream(server.url("/film"), seconds=2)
    assert (report.codec, report.width, report.height) == ("h264", 160, 120)
    assert report.fps == pytest.approx(20, rel=0.02)
    assert report.key_frame_interval_s == pytest.approx(0.5, abs=0.01)
    assert report.bit_rate == pytest.approx(film.stat().st_size * 8 / 4.5, rel=0.25)
    assert report.clock_offset_s == pytest.approx(0, abs=0.7)
    picture = cv2.imdecode(np.frombuffer(report.snapshot_jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (120, 160, 3)
    assert picture[:30].max() > 200 > picture[40:].max(), "the bright bar is at the top"
    assert "secret" not in repr(report)


def test_a_stream_of_jpegs_is_reported_too(web: HttpCamera) -> None:
    address = web.serve_jpegs("/mjpeg", lambda: (jpeg(n, 160, 120) for n in itertools.count()), fps=20)
    report = probe_stream(address, seconds=1)
    assert (report.codec, report.width) == ("mjpeg", 160)
    assert report.fps == pytest.approx(20, rel=0.2)
    assert report.snapshot_jpeg.startswith(b"\xff\xd8")


def test_a_stream_that_ends_too_soon_says_so(web: HttpCamera, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.ts", frames=30, container="mpegts")
    with pytest.raises(StreamLost) as caught:
        probe_stream(web.serve("/ts", chunks(film.read_bytes(), 1880)), seconds=3)
    assert caught.value.reason is GapReason.ENDED


@contextmanager
def camera_saying(answer: bytes | None) -> Iterator[str]:
    """An RTSP camera that answers the first question with `answer`, or not at all."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        done = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                if answer is not None:
                    connection.sendall(answer)
                done.wait(5)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"rtsp://u:p@127.0.0.1:{listener.getsockname()[1]}/camera"
        done.set()
        thread.join()


@pytest.mark.parametrize(("ahead_s", "form"), [(0, "rfc"), (90, "rfc"), (-3600, "rfc"), (90, "live555")])
def test_the_clock_offset_is_the_cameras_minus_ours(ahead_s: float, form: str) -> None:
    told = datetime.now(UTC) + timedelta(seconds=ahead_s)
    date = format_datetime(told, usegmt=True) if form == "rfc" else f"{told:%a, %b %d %Y %H:%M:%S} GMT"
    with camera_saying(f"RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nDate: {date}\r\n\r\n".encode()) as address:
        assert clock_offset_s(address) == pytest.approx(ahead_s, abs=0.8)


@pytest.mark.parametrize(
    "answer", [b"RTSP/1.0 200 OK\r\n\r\n", b"Date: once upon a time\r\n\r\n", b"\xff" * 20_000, None]
)
def test_a_camera_that_tells_no_time_has_no_clock_offset(answer: bytes | None) -> None:
    with camera_saying(answer) as address:
        assert clock_offset_s(address, timeout_s=0.3) is None


def test_the_clock_of_a_web_camera_is_read_from_its_head(web: HttpCamera) -> None:
    assert clock_offset_s(web.serve("/ts")) == pytest.approx(0, abs=0.8)


def test_a_webcam_and_a_camera_that_is_away_have_no_clock_offset() -> None:
    assert clock_offset_s("webcam:0") is None
    assert clock_offset_s("rtsp://127.0.0.1:1/x") is None
    with pytest.raises(SourceRejected):
        clock_offset_s("file:///etc/passwd")
