"""When `sightline serve` is closed, and that it then is: a real process on an address that others reach."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from people_and_keys import PASSWORD

from sightline.access_wiring import access_of
from sightline.config.settings import Settings
from sightline.wiring import Site


@pytest.mark.parametrize(
    ("host", "auth", "closed", "secure"),
    [
        ("127.0.0.1", "auto", False, False),
        ("::1", "auto", False, False),
        ("127.0.0.1", "required", True, False),
        ("0.0.0.0", "auto", True, True),
        ("192.0.2.7", "auto", True, True),
        ("::", "auto", True, True),
    ],
)
def test_reachable_means_closed(tmp_path: Path, host: str, auth: str, closed: bool, secure: bool) -> None:
    site = Site(Settings.model_validate({"server": {"auth": auth}}), tmp_path)
    access = access_of(site, host)
    assert (access.closed, access.secure_cookies) == (closed, secure)
    site.database.close()


COMMAND = [sys.executable, "-m", "sightline"]


@pytest.mark.slow
def test_serve_refuses_to_be_reachable_before_there_is_an_administrator_and_then_is_closed(
    tmp_path: Path,
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    serve = [*COMMAND, "serve", "--only", "api", "--host", "0.0.0.0", *data]
    refused = subprocess.run(
        [*serve, "--port", "0"], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert refused.returncode == 2
    assert "sightline user add" in refused.stderr
    made = [*COMMAND, "user", "add", "anna", "--role", "administrator", "--password-stdin", *data]
    added = subprocess.run(
        made, input=f"{PASSWORD}\n", capture_output=True, text=True, check=True, timeout=60
    )
    assert PASSWORD not in added.stdout + added.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*serve, "--port", str(port), "--json-logs"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stderr is not None
        said = []
        while "serving" not in said:
            said.append(json.loads(process.stderr.readline())["event"])
        assert "keys and sign-in are demanded" in said
        assert [one for one in said if "over https only" in one]
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
            assert client.get("/venues").status_code == 401
            answer = client.post("/login", json={"name": "anna", "password": PASSWORD})
            assert answer.status_code == 200
            assert "Secure" in answer.headers["set-cookie"]
    finally:
        process.terminate()
        process.communicate(timeout=30)
