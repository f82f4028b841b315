"""The camera for tests is itself tested: it must die when told, and serve without a seam."""

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from footage_made import write_video

from sightline.errors import SourceUnavailable
from sightline.testing.rtsp_server import RtspServer, looped_video

Rtsp = Callable[..., RtspServer]


def is_running(pid: int) -> bool:
    """Whether a process is there and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_frozen_server_dies_when_killed_and_leaves_no_zombie(rtsp: Rtsp) -> None:
    server = rtsp()
    pid = server.pid
    assert pid is not None
    server.freeze()
    server.kill()
    assert not Path(f"/proc/{pid}").exists()
    server.kill()  # again is fine
    with pytest.raises(SourceUnavailable):
        server.freeze()


def test_the_port_stays_the_same_over_restarts(rtsp: Rtsp) -> None:
    server = rtsp()
    port = server.port
    for _ in range(2):
        server.restart()
        assert server.port == port
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


def test_a_taken_port_is_said_to_be_taken(rtsp: Rtsp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(SourceUnavailable, match="taken"):
        rtsp(port=other.getsockname()[1])


def test_the_server_goes_when_whoever_started_it_is_killed(rtsp: Rtsp, tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from sightline.testing.rtsp_server import RtspServer, TestPicture\n"
        "server = RtspServer({'/camera': TestPicture()})\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    until = time.monotonic() + 3
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(pid)


def test_it_listens_on_loopback_only(rtsp: Rtsp) -> None:
    port = f"{rtsp().port:04X}"
    lines = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert [line for line in lines if line.endswith(f":{port}")] == [f"0100007F:{port}"]


def test_the_password_is_not_among_the_arguments_of_the_process(rtsp: Rtsp) -> None:
    server = rtsp(user="admin", password="very-secret")
    for file in ("cmdline", "environ"):
        assert b"very-secret" not in Path(f"/proc/{server.pid}/{file}").read_bytes()
    assert os.getpgid(server.pid or 0) == server.pid


@pytest.mark.parametrize("b_pictures", ["0", "3"])
def test_a_looped_video_has_no_seam(tmp_path: Path, b_pictures: str) -> None:
    film = write_video(tmp_path / "film.mp4", frames=25, fps=15, options={"bf": b_pictures})
    looped = looped_video(film, tmp_path / "long.mp4", 10)
    with av.open(str(looped)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        times = sorted(float(frame.pts * stream.time_base) for frame in container.decode(stream))
    assert len(times) == 6 * 25
    assert [after - before for before, after in itertools.pairwise(times)] == pytest.approx(
        [1 / 15] * (len(times) - 1), abs=1e-9
    )
