"""A real RTSP camera on loopback that can be killed, frozen and restarted: for tests and benchmarks.

It is GStreamer's server in a process of the system's Python (see `gst_rtsp_main.py`), so that freezing or
killing it is what happens to a camera, not a pretence of it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, ClassVar, Self
from urllib.parse import quote

import av

from sightline.errors import SourceUnavailable

SYSTEM_PYTHON = "/usr/bin/python3"
PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
    " gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
)
"""Debian packages the server needs."""

_SCRIPT = Path(__file__).with_name("gst_rtsp_main.py")
_START_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TestPicture:
    """A moving picture made by the server, one for all its clients, encoded as H.264 without B-pictures.

    Attributes:
        width, height: pixels.
        fps: pictures per second.
        pattern: of GStreamer's videotestsrc: `ball` moves, `smpte` stands almost still, `snow` is noise.
        gop: pictures from one key frame to the next.
        kbit_s: bit rate aimed at.
    """

    __test__: ClassVar[bool] = False  # pytest: not a test

    width: int = 320
    height: int = 240
    fps: int = 15
    pattern: str = "ball"
    gop: int = 15
    kbit_s: int = 1000


class RtspServer:
    """Serves files and test pictures on 127.0.0.1 while its `with` block runs.

    A file is served at its own pace, from its start for each client, and must be H.264 in MP4.

    Args:
        mounts: what is at which path, such as `{"/camera": TestPicture()}`.
        port: 0 = a free one is chosen. It stays the same over restarts.
        user, password: asked of every client where given.
    """

    def __init__(
        self,
        mounts: Mapping[str, Path | TestPicture],
        *,
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
    ) -> None:
        self.mounts = dict(mounts)
        self.port = port
        self.user = user
        self.password = password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the server's process; None while it is down."""
        return None if self._process is None else self._process.pid

    def url(self, path: str = "/camera", *, with_password: bool = True) -> str:
        """The address of a mount, with the user and password the server asks for unless told otherwise."""
        login = ""
        if with_password and self.user:
            login = f"{quote(self.user, safe='')}:{quote(self.password or '', safe='')}@"
        return f"rtsp://{login}127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        """Start, and wait until it listens.

        Raises:
            SourceUnavailable: it did not start; says why.
        """
        if self._process is not None:
            return
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(  # noqa: S603  our own script, no shell
                [SYSTEM_PYTHON, "-I", str(_SCRIPT)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
                env={**os.environ, "GST_DEBUG_NO_COLOR": "1"},
            )
            self._process = process
            try:
                self.port = self._tell(process)
            except BaseException:
                self.kill()
                raise
            if self.port == 0:
                self.kill()
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip().splitlines()
                raise SourceUnavailable(f"the RTSP server did not start: {said[-1] if said else 'no word'}")

    def _tell(self, process: subprocess.Popen[bytes]) -> int:
        """Send what to serve; the port it listens on, 0 if it does not."""
        assert process.stdin is not None
        assert process.stdout is not None
        wanted = {
            "port": self.port,
            "user": self.user or "",
            "password": self.password or "",
            "mounts": {path: launch_line(what) for path, what in self.mounts.items()},
        }
        try:
            process.stdin.write(json.dumps(wanted).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return 0
        word, _, port = _line(process.stdout, _START_S).partition(" ")
        return int(port) if word == "listening" else 0

    def kill(self) -> None:
        """End it at once, as by SIGKILL, frozen or not. Its port stays its own."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def freeze(self) -> None:
        """Have it stand still with its connections open, as a camera that hangs."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal(signal.SIGCONT)

    def restart(self, mounts: Mapping[str, Path | TestPicture] | None = None) -> None:
        """Kill it and start it again at the same port, serving `mounts` from then on where given."""
        self.kill()
        if mounts is not None:
            self.mounts = dict(mounts)
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise SourceUnavailable("the RTSP server is not running")
        self._process.send_signal(number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


@cache
def rtsp_server_missing() -> str | None:
    """What is not installed of what the server needs, with the way out; None = all is there."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"the RTSP server needs {SYSTEM_PYTHON}, with the packages {PACKAGES}"
    try:
        found = subprocess.run(  # noqa: S603  our own script, no shell
            [SYSTEM_PYTHON, "-I", str(_SCRIPT), "--check"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.split("\n")
    except (subprocess.SubprocessError, OSError):
        found = [f"a working {SYSTEM_PYTHON}"]
    lacking = [line for line in found if line]
    if not lacking:
        return None
    return f"the RTSP server lacks {', '.join(lacking)}; install with: apt-get install -y {PACKAGES}"


def launch_line(what: Path | TestPicture) -> str:
    """How GStreamer is told to serve it."""
    if isinstance(what, TestPicture):
        return (
            f"( videotestsrc is-live=true pattern={what.pattern}"
            f" ! video/x-raw,format=I420,width={what.width},height={what.height},framerate={what.fps}/1"
            f" ! x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max={what.gop}"
            f" bitrate={what.kbit_s} ! rtph264pay name=pay0 pt=96 )"
        )
    location = str(what.absolute()).replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'( filesrc location="{location}" ! qtdemux ! h264parse config-interval=-1'
        " ! rtph264pay name=pay0 pt=96 )"
    )


def looped_video(source: Path, target: Path, seconds: float) -> Path:
    """Copy the pictures of a video again and again into an MP4 of at least `seconds`; nothing is re-encoded.

    Each round follows exactly one picture after the one before it, so the loop shows in the picture only.

    Returns:
        `target`.
    """
    with av.open(str(source)) as reader, av.open(str(target), "w", format="mp4") as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream, opaque=True)
        packets = [packet for packet in reader.demux(stream) if packet.size]
        times = [(packet.pts or 0, packet.dts or 0, packet.duration or 0) for packet in packets]
        time_base = stream.time_base or Fraction(1, 90_000)
        first = min(pts for pts, _, _ in times)
        length = max(pts + duration for pts, _, duration in times) - first
        rounds = max(1, -(-Fraction(seconds) // (length * time_base)))
        for number in range(rounds):
            for packet, (pts, dts, duration) in zip(packets, times, strict=True):
                packet.time_base = time_base
                packet.pts, packet.dts = pts + number * length, dts + number * length
                packet.duration = duration
                packet.stream = copy
                writer.mux(packet)
    return target


def _line(pipe: IO[bytes], timeout_s: float) -> str:
    """The next line of a child's standard output, empty when it ends or says nothing in time."""
    end, text = time.monotonic() + timeout_s, b""
    while not text.endswith(b"\n") and (left := end - time.monotonic()) > 0:
        if select.select([pipe], [], [], left)[0]:
            piece = os.read(pipe.fileno(), 1024)
            if not piece:
                break
            text += piece
    return text.decode(errors="replace").strip()
