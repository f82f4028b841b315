"""Cameras that speak HTTP, and changes of format in mid-stream."""

import itertools
import time
from fractions import Fraction
from pathlib import Path

import av
import pytest
from footage_made import write_video
from http_camera import HttpCamera, chunks, jpeg
from reading import assert_hidden, count_until_lost, lost, read, refusal

from sightline.domain.gap import GapReason
from sightline.video.stream import open_stream


def test_a_web_camera_cannot_lead_on_to_a_file(web: HttpCamera, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.ts", container="mpegts")
    to_file = web.serve("/go", status=302, headers={"Location": f"file://{film}"})
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{film}\n#EXT-X-ENDLIST\n".encode()
    listed = web.serve("/list.m3u8", lambda: [playlist], content="application/vnd.apple.mpegurl")
    listing = web.serve("/list.txt", lambda: [f"ffconcat version 1.0\nfile '{film}'\n".encode()])
    for address in (to_file, listed, listing):
        assert refusal(address, open_timeout_s=1).reason in (GapReason.UNREACHABLE, GapReason.UNUSABLE)


def test_a_stream_of_jpegs_gets_its_times_from_arrival(web: HttpCamera) -> None:
    address = web.serve_jpegs("/mjpeg", lambda: (jpeg(n, 160, 120) for n in itertools.count()), fps=20)
    with open_stream(address) as live:
        assert (live.info.codec, live.info.width, live.info.height) == ("mjpeg", 160, 120)
        came = read(live, 15)
    assert all(before.pts < after.pts for before, after in itertools.pairwise(came))
    rate = 8 / float((came[-1].pts - came[-9].pts) * live.info.time_base)
    assert rate == pytest.approx(20, rel=0.2)


def test_a_transport_stream_over_http_comes_whole(web: HttpCamera, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.ts", frames=50, container="mpegts", options={"bf": "0"})
    address = web.serve("/ts", chunks(film.read_bytes(), 1880), pause_s=0.01, login="admin:secret")
    with open_stream(address) as live:
        assert (live.info.codec, live.info.width, live.info.fps) == ("h264", 160, Fraction(25))
        count, ending = count_until_lost(live)
        assert (count, ending.reason) == (50, GapReason.ENDED)
        assert_hidden(ending, "secret")


def test_a_web_camera_that_falls_silent_is_noticed(web: HttpCamera, tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.ts", frames=50, container="mpegts")
    pieces = chunks(film.read_bytes(), 1880)
    address = web.serve("/ts", lambda: itertools.chain(pieces(), itertools.repeat(b"")), pause_s=0.01)
    with open_stream(address, read_timeout_s=0.6) as live:
        assert lost(live).reason is GapReason.STALLED


def test_a_stream_joined_long_before_its_next_key_frame_is_opened_all_the_same(
    web: HttpCamera, tmp_path: Path
) -> None:
    film = write_video(
        tmp_path / "film.ts", frames=150, gop=50, container="mpegts", options={"bf": "0", "g": "50"}
    )
    with av.open(str(film)) as file:
        sizes = [packet.size for packet in file.demux(video=0)]
    from_second_picture = film.read_bytes()[(sizes[0] // 188 + 5) * 188 :]
    with open_stream(web.serve("/ts", chunks(from_second_picture, 940), pause_s=0.02)) as live:
        assert (live.info.width, live.info.height) == (160, 120)
        came = read(live, 60)
        assert not came[0].is_keyframe
        assert any(packet.is_keyframe for packet in came)


@pytest.mark.parametrize(
    ("codec", "options"), [("libx264", {"bf": "0"}), ("libx265", {"x265-params": "log-level=none:bframes=0"})]
)
def test_another_size_in_mid_stream_ends_it_before_the_first_such_picture(
    web: HttpCamera, tmp_path: Path, codec: str, options: dict[str, str]
) -> None:
    small, large = (
        write_video(
            tmp_path / f"{width}.ts",
            codec=codec,
            frames=25,
            size=(width, width * 3 // 4),
            container="mpegts",
            options=options,
        )
        for width in (160, 320)
    )
    both = small.read_bytes() + large.read_bytes()
    with open_stream(web.serve("/ts", chunks(both, 1880), pause_s=0.01)) as live:
        count, ending = count_until_lost(live)
        assert (count, ending.reason) == (25, GapReason.FORMAT_CHANGED)
        assert "160x120 became 320x240" in str(ending)


def test_jpegs_of_another_size_end_the_stream(web: HttpCamera) -> None:
    sizes = [(160, 120)] * 10 + [(320, 240)] * 50
    address = web.serve_jpegs("/mjpeg", lambda: (jpeg(n, *size) for n, size in enumerate(sizes)))
    with open_stream(address) as live:
        assert lost(live).reason is GapReason.FORMAT_CHANGED


def test_a_new_bit_rate_or_frame_rate_is_no_change_of_format(web: HttpCamera, tmp_path: Path) -> None:
    first = write_video(tmp_path / "a.ts", frames=25, container="mpegts", options={"bf": "0"})
    second = write_video(tmp_path / "b.ts", frames=25, fps=30, container="mpegts", options={"bf": "0"})
    both = first.read_bytes() + second.read_bytes()
    with open_stream(web.serve("/ts", chunks(both, 1880), pause_s=0.01)) as live:
        count, ending = count_until_lost(live)
        assert (count, ending.reason) == (50, GapReason.ENDED)


def test_sound_that_goes_on_alone_is_a_stall(web: HttpCamera, tmp_path: Path) -> None:
    path = tmp_path / "both.ts"
    with av.open(str(path), "w", format="mpegts") as out:
        video, audio = out.add_stream("libx264", rate=25), out.add_stream("aac", rate=8000)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        for number in range(1500):
            if number < 25:
                out.mux(video.encode(av.VideoFrame(160, 120, "yuv420p")))
            if number == 25:
                out.mux(video.encode(None))
            frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
            frame.planes[0].update(bytes(frame.planes[0].buffer_size))
            frame.sample_rate, frame.pts = 8000, number * 1024
            out.mux(audio.encode(frame))
    film = path.read_bytes()
    address = web.serve("/ts", chunks(film, 1880), pause_s=0.02)
    begun = time.monotonic()
    with open_stream(address, read_timeout_s=0.7) as live:
        assert lost(live).reason is GapReason.STALLED
    assert time.monotonic() - begun < 0.02 * len(film) / 1880 - 1, "the sound went on for longer"
