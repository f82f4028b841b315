"""Where the server listens, and how it ends."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from api_server import Server

from sightline.api.app import listen
from sightline.errors import ConfigError


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "shop.example"])
def test_an_address_that_others_reach_is_refused_before_anything_listens(host: str) -> None:
    with pytest.raises(ConfigError, match="on this machine only"):
        listen(host, 0)


def test_a_port_in_use_is_named() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"127.0.0.1:{port}.*--port"):
            listen("127.0.0.1", port)


def test_an_answer_in_two_parts_waits_for_no_acknowledgement() -> None:
    with listen("127.0.0.1", 0) as bound, socket.create_connection(bound.getsockname()):
        accepted, _ = bound.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


PROGRAM = """
import sys
from pathlib import Path
from sightline.api.app import create_app, listen, serve_api
from sightline.logs import set_up_logs
from sightline.pipeline.site_state import read_site_state
from sightline.store.database import open_database, sqlite_url
database = open_database(sqlite_url(Path(sys.argv[1]) / "sightline.db"))
bound = listen("127.0.0.1", 0)
print(bound.getsockname()[1], flush=True)
serve_api(create_app(lambda: read_site_state(lambda: database, Path(sys.argv[1]))), bound)
print("orderly", flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("way", ["terminated", "parent gone"])
def test_the_server_stops_in_order(way: str, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    server = Server(int(process.stdout.readline()))
    assert _patiently(server).status_code == 200
    if way == "terminated":
        process.terminate()
        process.wait(10)
        # uvicorn stops in order and then lets the signal do what it would have done.
        assert process.returncode == -15
        process.communicate()
    else:
        said, _ = process.communicate(timeout=10)
        assert said.strip() == "orderly"
        assert process.returncode == 0


def _patiently(server: Server) -> httpx.Response:
    for _ in range(50):
        try:
            return server.get("/health")
        except httpx.ConnectError:
            time.sleep(0.1)
    return server.get("/health")
