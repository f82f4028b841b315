"""A site with a year behind it, and `sightline serve` over it: what the pages are measured on.

Venues `shop_00`, `shop_01` ... have a year of stays and service events (`testing/chain_year`); those of the
first one have clips as well, all of them the one that is really sealed, under other names. `corner_shop` has
real footage and a few events with clips of it. With cameras asked for, `shop_00` also has live ones.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import yaml
from sqlalchemy import insert, select

from sightline.delivery_wiring import evidence_sealer
from sightline.evidence.layout import camera_folder
from sightline.store.clips import ClipRule
from sightline.store.evidence import StoredEvidence, list_evidence
from sightline.store.tables import event, evidence, evidence_part
from sightline.testing.chain_year import fill, venue_id
from sightline.testing.live_site import processes_below
from sightline.testing.recorded_shop import CAMERA, SCOPE, conclude, record, write_noise
from sightline.testing.recorded_shop import VENUE as CORNER
from sightline.wiring import Site, open_site

SHOP = venue_id(0)
CLIP_S = 10
CHUNK = 5_000
PLACES = ((48.8566, 2.3522), (45.7640, 4.8357), (43.2965, 5.3698), (50.6292, 3.0573), (47.2184, -1.5536))


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """How much there is of everything; `stays` and `events` are of each venue."""

    venues: int = 2
    stays: int = 500_000
    people: int = 10_000
    events: int = 10_000

    def told(self) -> dict[str, int]:
        """By name."""
        return asdict(self)


def write_site(folder: Path, year: Year, cameras: Mapping[str, str]) -> Path:
    """The site file.

    Args:
        cameras: addresses of live ones of the first venue, by id.
    """
    live = [{"id": name, "source": source} for name, source in cameras.items()]
    venues: list[dict[str, Any]] = [
        {
            "id": venue_id(number),
            "timezone": "Europe/Paris",
            "location": dict(zip(("latitude", "longitude"), PLACES[number % len(PLACES)], strict=True)),
            **({"cameras": live} if number == 0 and live else {}),
        }
        for number in range(year.venues)
    ]
    venues.append(
        {"id": CORNER, "timezone": "Europe/Paris", "cameras": [{"id": CAMERA, "source": "till.mp4"}]}
    )
    settings = {
        "data_dir": str(folder / "data"),
        "detector": {"name": "builtin"},
        "venues": venues,
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(settings, sort_keys=False))
    path.chmod(0o600)
    return path


def make_site(folder: Path, year: Year) -> None:
    """Fill an empty folder; takes half a minute for each million stays and more for its service events."""
    folder.mkdir(parents=True, exist_ok=True)
    site = open_site(write_site(folder, year, {}))
    try:
        fill(
            site.database,
            stays=year.stays * year.venues,
            venues=year.venues,
            people=year.people,
            events=year.events * year.venues,
            last_day=datetime.now(UTC).date(),
        )
        _give_clips(site, _sealed_corner_shop(site, folder / "till.mp4"))
    finally:
        site.database.close()


def _sealed_corner_shop(site: Site, video: Path) -> StoredEvidence:
    """Two minutes of footage with six events, their clips sealed; the first of them."""
    write_noise(video, seconds=120, width=640, height=360, options={"b": "1000000"})
    opening = datetime.now(UTC) - timedelta(hours=1)
    length = record(site.database, site.recordings_dir, video, opening)
    rule = ClipRule(pre=timedelta(seconds=2), post=timedelta(seconds=2))
    seen = timedelta(seconds=CLIP_S - 4)
    conclude(site.database, opening, length, events=6, event=seen, rule=rule)
    evidence_sealer(site, SCOPE).seal_all(CORNER, CAMERA)
    with site.database.reading() as connection:
        return list_evidence(SCOPE, connection)[0]


def _give_clips(site: Site, sealed: StoredEvidence) -> None:
    """Every event of the first venue gets that clip, as links beside it, with its manifest and signature."""
    (part,) = sealed.parts
    clip = camera_folder(site.segments_dir, CORNER, CAMERA) / part.file_name
    with site.database.reading() as connection:
        events = connection.execute(select(event).where(event.c.venue_id == SHOP)).all()
    papers = {
        name: getattr(sealed, name)
        for name in ("manifest", "manifest_sha256", "signature", "key_id", "state")
    }
    rows, parts = [], []
    for number, one in enumerate(events):
        folder = camera_folder(site.segments_dir, SHOP, one.camera_id)
        if number == 0:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(clip, folder / part.file_name)
        name, until = f"segment_{number}.mp4", one.started_at + timedelta(seconds=CLIP_S)
        os.link(folder / part.file_name, folder / name)
        where = {"venue_id": SHOP, "camera_id": one.camera_id}
        span = {"wanted_from": one.started_at, "wanted_until": until}
        row = where | span | papers
        row |= {"id": uuid4().hex, "event_id": one.id, "incident_id": uuid4().hex, "reason": one.kind}
        rows.append(row | {"created_at": until, "sealed_at": until, "stage": "final"})
        file = {"part": 0, "file_name": name, "starts_at": one.started_at, "ends_at": until}
        file |= {"sha256": part.sha256, "size_bytes": part.size_bytes, "evidence_id": row["id"]}
        parts.append(where | span | file)
    with site.database.transaction() as connection:
        for table, all_rows in ((evidence, rows), (evidence_part, parts)):
            for first in range(0, len(all_rows), CHUNK):
                connection.execute(insert(table), all_rows[first : first + CHUNK])


def events_of(folder: Path, year: Year) -> dict[str, str]:
    """Ids of an event in the middle of the first venue's year and of the newest one with real footage."""
    site = open_site(write_site(folder, year, {}))
    try:
        found = {}
        with site.database.reading() as connection:
            for name, venue, offset in (("year", SHOP, year.events // 2), ("real", CORNER, 0)):
                newest = select(event.c.id).where(event.c.venue_id == venue)
                newest = newest.order_by(event.c.started_at.desc()).offset(offset).limit(1)
                found[name] = str(connection.execute(newest).scalar_one())
        return found
    finally:
        site.database.close()


@dataclass(frozen=True, slots=True)
class Served:
    """A running site.

    Attributes:
        web: id of the process that answers.
    """

    address: str
    web: int


@contextmanager
def served(folder: Path, year: Year, cameras: Mapping[str, str] | None = None) -> Iterator[Served]:
    """`sightline serve` over the site, all its parts, until the end of the block."""
    config = write_site(folder, year, cameras or {})
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = int(bound.getsockname()[1])
    command = [sys.executable, "-m", "sightline", "serve", "--config", str(config), "--port", str(port)]
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, folder / "serve.log")
        (web,) = [pid for pid, line in processes_below(process.pid).items() if "--only api" in line]
        yield Served(address, web)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(address: str, log: Path) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health", trust_env=False, timeout=10).status_code in (200, 503):
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"the site does not answer within three minutes: {log.read_text()[-2000:]}")
