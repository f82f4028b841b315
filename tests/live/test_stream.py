"""Live streams against a real RTSP server: what comes, how it ends, and that no password ever shows."""

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from footage_made import write_video
from http_camera import HttpCamera, chunks
from reading import assert_hidden, lost, open_files, pictures_of, read, refusal, write_sound
from tls_front import TlsFront

from sightline.domain.gap import GapReason
from sightline.testing.rtsp_server import RtspServer, TestPicture
from sightline.video.stream import open_stream

Rtsp = Callable[..., RtspServer]
PASSWORD = "Xy7@se/cr?et"
ESCAPED = "Xy7%40se%2Fcr%3Fet"


@pytest.mark.parametrize("b_pictures", ["0", "3"])
def test_every_picture_of_a_served_file_comes_with_its_time(
    rtsp: Rtsp, tmp_path: Path, b_pictures: str
) -> None:
    film = write_video(tmp_path / "film.mp4", frames=40, fps=20, options={"bf": b_pictures})
    with open_stream(rtsp({"/film": film}).url("/film")) as live:
        came = read(live, 30)
        assert (live.info.codec, live.info.width, live.info.height, live.info.fps) == ("h264", 160, 120, 20)
    with av.open(str(film)) as file:
        stream = file.streams.video[0]
        assert stream.time_base is not None
        sent = [packet for packet in file.demux(stream) if packet.size][:30]
        in_film = [float((packet.pts or 0) * stream.time_base) for packet in sent]
        assert [pictures_of(packet) for packet in came] == [pictures_of(packet) for packet in sent]
    times = [float(packet.pts * live.info.time_base) for packet in came]
    assert times == pytest.approx([at - in_film[0] + times[0] for at in in_film], abs=0.001)
    assert came[0].is_keyframe
    assert all(packet.time_base == live.info.time_base for packet in came)
    assert all(packet.dts <= packet.pts for packet in came)
    assert all(before.dts < after.dts for before, after in itertools.pairwise(came))


def test_the_picture_is_there_soon_after_opening(rtsp: Rtsp) -> None:
    server = rtsp()
    open_stream(server.url()).close()  # the server's first time is its own affair
    asked_at = time.monotonic()
    with open_stream(server.url()) as live:
        read(live, 1)
        assert time.monotonic() - asked_at < 1.5


def test_pictures_come_over_udp_too_and_silence_is_noticed(rtsp: Rtsp) -> None:
    server = rtsp()
    with open_stream(server.url(), transport="udp", read_timeout_s=0.6) as live:
        assert len(read(live, 5)) == 5
        server.freeze()
        assert lost(live).reason is GapReason.STALLED


def test_pictures_come_encrypted_too(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp(user="admin", password="secret")
    with TlsFront(server.port, tmp_path) as front:
        address = f"rtsps://admin:secret@127.0.0.1:{front.port}/camera"
        with open_stream(address) as live:
            assert len(read(live, 3)) == 3


def test_a_frozen_camera_is_noticed_within_the_read_timeout(rtsp: Rtsp) -> None:
    server = rtsp()
    with open_stream(server.url(), read_timeout_s=1.5) as live:
        read(live, 3)
        server.freeze()
        frozen_at = time.monotonic()
        ending = lost(live)
        assert ending.reason is GapReason.STALLED
        assert 1.3 < time.monotonic() - frozen_at < 2.5


def test_a_camera_frozen_before_opening_is_unreachable_within_the_open_timeout(rtsp: Rtsp) -> None:
    server = rtsp()
    server.freeze()
    asked_at = time.monotonic()
    assert refusal(server.url(), open_timeout_s=0.7).reason is GapReason.UNREACHABLE
    assert time.monotonic() - asked_at < 1.2


def test_a_short_pause_of_the_camera_is_no_loss(rtsp: Rtsp) -> None:
    server = rtsp()
    with open_stream(server.url(), read_timeout_s=2) as live:
        read(live, 3)
        server.freeze()
        threading.Timer(0.6, server.thaw).start()
        assert len(read(live, 10)) == 10


def test_a_killed_camera_has_ended_at_once(rtsp: Rtsp) -> None:
    server = rtsp()
    with open_stream(server.url()) as live:
        read(live, 3)
        server.kill()
        killed_at = time.monotonic()
        assert lost(live).reason is GapReason.ENDED
        assert time.monotonic() - killed_at < 1


def test_a_restarted_camera_is_back_with_its_new_size(rtsp: Rtsp) -> None:
    server = rtsp()
    open_stream(server.url()).close()
    server.restart({"/camera": TestPicture(width=480, height=272)})
    with open_stream(server.url()) as live:
        assert (live.info.width, live.info.height) == (480, 272)


def test_joining_between_two_key_frames_still_tells_the_size(rtsp: Rtsp) -> None:
    server = rtsp({"/camera": TestPicture(gop=60)})
    with open_stream(server.url()) as first, open_stream(server.url()) as second:
        read(first, 1)
        assert (second.info.width, second.info.height, second.info.fps) == (320, 240, 15)


@pytest.mark.parametrize("user", ["admin", "ad%40min"])
def test_the_right_password_opens_and_may_be_written_plainly(rtsp: Rtsp, user: str) -> None:
    server = rtsp(user="admin" if user == "admin" else "ad@min", password=PASSWORD)
    for password in (ESCAPED, PASSWORD):
        with open_stream(server.url(with_password=False).replace("://", f"://{user}:{password}@")) as live:
            assert len(read(live, 2)) == 2


def test_each_way_of_not_opening_has_its_reason_and_hides_the_password(
    rtsp: Rtsp, web: HttpCamera, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = rtsp(user="admin", password="right")
    right, wrong = server.url(), server.url().replace(":right@", f":{ESCAPED}@")
    login = f"admin:{ESCAPED}"
    sound = tmp_path / "sound.ts"
    write_sound(sound)
    expected = {
        wrong: GapReason.UNAUTHORIZED,
        server.url(with_password=False): GapReason.UNAUTHORIZED,
        right.replace("/camera", f"/no?password={ESCAPED}"): GapReason.NOT_FOUND,
        f"rtsp://{login}@127.0.0.1:1/camera": GapReason.UNREACHABLE,
        f"rtsp://{login}@no-such-host.invalid/camera": GapReason.UNREACHABLE,
        f"http://{login}@127.0.0.1:1/camera": GapReason.UNREACHABLE,
        web.serve("/401", status=401, login=login): GapReason.UNAUTHORIZED,
        web.serve("/403", status=403, login=login): GapReason.UNAUTHORIZED,
        web.serve("/404", status=404, login=login): GapReason.NOT_FOUND,
        web.serve("/410", status=410, login=login): GapReason.UNREACHABLE,
        web.serve("/500", status=500, login=login): GapReason.UNREACHABLE,
        web.serve("/text", lambda: [b"hello " * 100_000], login=login): GapReason.UNUSABLE,
        web.serve("/sound", chunks(sound.read_bytes(), 65_536), login=login): GapReason.UNUSABLE,
    }
    for address, reason in expected.items():
        error = refusal(address, open_timeout_s=3)
        assert error.reason is reason, f"{error}: {error.reason}"
        assert_hidden(error, "se/cr", "se%2Fcr", "right")
    assert capfd.readouterr() == ("", "")


def test_no_way_of_ending_shows_the_password(rtsp: Rtsp) -> None:
    server = rtsp(user="admin", password=PASSWORD)
    for disturb in (server.freeze, server.kill):
        with open_stream(server.url(), read_timeout_s=0.6) as live:
            read(live, 2)
            assert "admin" not in repr(live) + repr(live.info)
            disturb()
            assert_hidden(lost(live), "se/cr", "se%2Fcr")
        server.restart()


def test_stopping_from_another_thread_ends_the_packets_without_an_error(rtsp: Rtsp) -> None:
    with open_stream(rtsp().url()) as live:
        threading.Timer(0.3, live.stop).start()
        begun = time.monotonic()
        for _ in live.packets():
            pass
        assert time.monotonic() - begun < 1


def test_opening_and_losing_streams_leaves_nothing_behind(rtsp: Rtsp) -> None:
    server = rtsp({"/camera": TestPicture(fps=30)}, user="u", password="p")
    open_stream(server.url()).close()
    before = (open_files(), threading.active_count())
    for _ in range(5):
        with open_stream(server.url()) as live:
            read(live, 2)
        refusal(server.url(with_password=False))
        refusal(server.url("/no"))
    assert (open_files(), threading.active_count()) == before
