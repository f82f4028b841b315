"""`sightline serve --only links` as people run it: a process that shows videos to whoever has a link."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from video_site import VideoSite

from sightline.cli.serve import ALL, Part


def test_links_alone_run_only_when_asked_for() -> None:
    assert Part.LINKS not in ALL
    assert {*ALL, Part.LINKS} == set(Part)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _answer(site: VideoSite, path: str) -> httpx.Response:
    """Patiently: the process is starting."""
    until = time.monotonic() + 20
    while True:
        try:
            return site.get(f"http://127.0.0.1:{site.port}{path}", Host="videos.example")
        except httpx.ConnectError:
            assert time.monotonic() < until, "it does not answer"
            time.sleep(0.1)


@pytest.mark.slow
def test_it_shows_links_at_an_address_that_others_reach_and_nothing_else(
    sealed_folder: Path, tmp_path: Path
) -> None:
    site = VideoSite.copied(sealed_folder, tmp_path / "data")
    site.port = _free_port()
    command = [sys.executable, "-m", "sightline", "serve", "--only", "links", "--host", "0.0.0.0"]
    options = ["--port", str(site.port), "--data-dir", str(site.site.data_dir)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], cwd=tmp_path, stdout=log, stderr=log, env={**os.environ}
        )
    try:
        link = site.link()
        path = site.address(link).partition(f":{site.port}")[2]
        answer = _answer(site, path)
        assert (answer.status_code, answer.content) == (200, site.clip().read_bytes())
        assert _answer(site, "/health").status_code == 404
        assert _answer(site, "/api/v1/videos/link/verify").status_code == 404
        site.links.revoke_all()
        assert _answer(site, path).status_code == 403
        time.sleep(1.5)  # its supervisor asks it for signs of life each second
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        site.close()
    said = (tmp_path / "log").read_text()
    assert f"http://0.0.0.0:{site.port}/video/" in said
    assert link.url.partition("token=")[2] not in said


@pytest.mark.slow
def test_everything_else_stays_on_this_machine_until_somebody_can_sign_in(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sightline", "serve", "--only", "api", "--host", "0.0.0.0"]
    refused = subprocess.run(
        [*command, "--data-dir", str(tmp_path / "data")],
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert refused.returncode == 2
    assert b"make an administrator first" in refused.stderr
