"""Real cameras for tests: an RTSP server that can be frozen and killed, and a web server that streams."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from http_camera import HttpCamera

from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing


@pytest.fixture
def rtsp() -> Iterator[Callable[..., RtspServer]]:
    """Makes RTSP servers, already listening; they are gone when the test ends.

    `rtsp()` serves a test picture at `/camera`, `rtsp({"/a": path}, user=..., password=...)` what is given.
    """
    lacking = rtsp_server_missing()
    if lacking is not None:
        pytest.skip(lacking)
    with ExitStack() as running:

        def make(
            mounts: Mapping[str, Path | TestPicture] | None = None,
            *,
            port: int = 0,
            user: str | None = None,
            password: str | None = None,
        ) -> RtspServer:
            served = {"/camera": TestPicture()} if mounts is None else mounts
            return running.enter_context(RtspServer(served, port=port, user=user, password=password))

        yield make


@pytest.fixture
def web() -> Iterator[HttpCamera]:
    """A web server with nothing on it yet; see `HttpCamera`."""
    with HttpCamera() as camera:
        yield camera
