"""A client that a program makes of the OpenAPI document gets the figures that the API has."""

import importlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.store.venues import ensure_venue


@pytest.mark.slow
def test_a_generated_client_compiles_and_reads_what_it_posted(
    platform: PlatformSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with platform.database.transaction() as connection:
        ensure_venue(Scope.site(), connection, "shop")
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(platform.get("/openapi.json")))
    (tmp_path / "config.yml").write_text("post_hooks: []\npackage_name_override: made_client\n")
    made = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--meta", "none",
         "--config", str(tmp_path / "config.yml"), "--output-path", str(tmp_path / "made_client")],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    done = subprocess.run(
        [sys.executable, "-m", "compileall", "-q", str(tmp_path / "made_client")], check=False
    )
    assert done.returncode == 0

    monkeypatch.syspath_prepend(str(tmp_path))
    client = importlib.import_module("made_client.client").Client(
        base_url=f"http://127.0.0.1:{platform.port}", httpx_args={"trust_env": False}
    )
    names = sorted(path.stem for path in (tmp_path / "made_client" / "api").rglob("*.py"))
    assert len(names) > 60
    told = platform.ask(
        "POST",
        "/events",
        json={
            "venue_id": "shop",
            "events": [
                {"pseudo_id": f"p-{n}", "timestamp": datetime.now(UTC).isoformat(), "zone": "door"}
                for n in range(3)
            ],
        },
    )
    assert told.json()["inserted"] == 3
    (module,) = [
        ".".join(path.relative_to(tmp_path).with_suffix("").parts)
        for path in (tmp_path / "made_client" / "api").rglob("*.py")
        if '/analytics/{venue_id}"' in path.read_text() or "/analytics/{venue_id}'" in path.read_text()
    ] or [""]
    with client:
        answer = importlib.import_module(module).sync(client=client, venue_id="shop")
    assert (answer.total_visitors, answer.unique_visitors) == (3, 3)
