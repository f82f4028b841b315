"""A box and its centre as they run: `sightline serve` with a centre in its site file, and how it stands."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from people_and_keys import CLOSED, with_key, with_venues
from platform_site import PlatformSite

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store import edge_hours, stays, venues
from sightline.store.database import Database, open_database, sqlite_url

COMMAND = [sys.executable, "-m", "sightline"]
SITE = Scope.site()
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SITE_FILE = """
venues: [{{id: shop, timezone: Europe/Paris}}]
retention_days: {{events: 36500}}
delivery: {{centre: {{url: "http://127.0.0.1:{port}", api_key: env:CENTRE_KEY, every_s: 1}}}}
"""


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[PlatformSite]:
    site = with_venues(PlatformSite.made(tmp_path / "centre", CLOSED), "shop")
    with site.answering():
        yield site
    site.close()


def see(database: Database, *minutes: int) -> None:
    told = [
        Stay(pseudo_id="ann", at=AT + timedelta(minutes=one), zone="door", camera_id="till")
        for one in minutes
    ]
    with database.transaction() as connection:
        stays.add_stays(SITE, connection, "shop", told)


def arrived(site: PlatformSite, number: int) -> None:
    """Wait until the centre has so many stays."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with site.database.reading() as connection:
            found = connection.exec_driver_sql("SELECT COUNT(*) FROM stay").scalar_one()
        if found == number:
            return
        time.sleep(0.1)
    raise AssertionError(f"{found} stays of {number}")


def answered(box: Database) -> None:
    """Wait until the box knows that nothing is left to be told."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        with box.reading() as connection:
            if not any(one.waiting for one in edge_hours.told_centre(SITE, connection)):
                return
        time.sleep(0.1)
    raise AssertionError("hours wait")


@pytest.mark.slow
def test_a_box_tells_its_centre_and_says_how_it_stands(centre: PlatformSite, tmp_path: Path) -> None:
    folder = tmp_path / "box"
    site_file = tmp_path / "site.yaml"
    site_file.write_text(SITE_FILE.format(port=centre.port))
    options = ["--config", str(site_file), "--data-dir", str(folder)]
    key = os.environ | {"CENTRE_KEY": with_key(centre, "shop").text}

    def sightline(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words, *options], capture_output=True, text=True, env=key, check=check, timeout=120
        )

    with open_database(sqlite_url(folder / "sightline.db")) as box:
        with box.transaction() as connection:
            venues.ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        see(box, 0, 1)
        without = subprocess.run(
            [*COMMAND, "serve", "--only", "worker", *options], capture_output=True, text=True, timeout=120
        )
        assert without.returncode == 2
        assert "CENTRE_KEY" in without.stderr
        log = (tmp_path / "log").open("wb")
        served = subprocess.Popen([*COMMAND, "serve", "--only", "worker", *options], env=key, stderr=log)
        try:
            arrived(centre, 2)
            see(box, 2, 70)
            arrived(centre, 4)
            answered(box)
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(60)
            log.close()
        see(box, 3)
    listed = sightline("outbox", "list")
    assert "shop: the centre has still to be told 1 hours, since 2026-03-02 09:00Z" in listed.stderr
    doctor = json.loads(sightline("doctor", "--json", check=False).stdout)
    checks = {one["name"]: one for one in doctor["checks"]}
    assert checks["delivery: centre"]["found"] == "to 127.0.0.1; env:CENTRE_KEY is there"
    assert checks["centre: shop"]["state"] == "note"
    assert "UTC there" in checks["centre: shop"]["advice"], "the zones differ"
    assert checks["centre: shop"]["found"].startswith("1 hours wait; its clock is ")
    assert key["CENTRE_KEY"] not in (tmp_path / "log").read_text() + json.dumps(doctor) + listed.stderr
