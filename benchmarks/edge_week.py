"""A week of a shop told to its centre over a bad line: does everything arrive once, in its hour?

    python benchmarks/edge_week.py [--days 7] [--seconds 90] [--kills 20] [--restarts 3] [--seed 1]
        [--centre-database postgresql://...] [--json]

A box writes down a week in `--seconds`: stays, service events, coverage, and corrections of all three. Its
forwarder is a process of its own, killed with SIGKILL at random moments and started again. Between it and the
centre, a real `sightline serve` that demands keys, lies a line that breaks in all ways: connections reset,
silence, errors of 500, requests and answers cut in the middle; the centre itself is killed as well. When the
week is over the line holds; once nothing waits, compared are

- every stay and event, row by row, and the minutes looked at;
- the answers of all routes under /analytics, for each day, of the centre and of the box's own API;
- what the centre keeps up against a recount of its stays.

Exit code 1 on any difference.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
from sqlalchemy import select

from edge_line import BAD, Line, State
from edge_shop import MONDAY, SITE, VENUE, ZONE, Shop
from sightline.analytics.video_evidence import VideoEvidence
from sightline.cli.bench_output import machine
from sightline.domain.account import Role
from sightline.pipeline.accounts import Accounts
from sightline.pipeline.api_keys import ApiKeys
from sightline.store.coverage import coverage_between
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.edge_hours import told_centre
from sightline.store.edge_tables import told_hour
from sightline.store.events import list_events
from sightline.store.recount import differences
from sightline.store.venues import ensure_venue
from sightline.store.visitor_tables import stay, visitor
from sightline.testing.api_load import ROUTES

STARTS_WITHIN_S, DRAINS_WITHIN_S = 120.0, 300.0
SHOWN = 20


class Forwarder:
    """The forwarder's process; `kill` ends it as a power cut would."""

    def __init__(self, *words: object) -> None:
        script = Path(__file__).with_name("edge_forward.py")
        self._command = [sys.executable, str(script), *map(str, words)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None


class Centre:
    """`sightline serve --only api` on a port that stays the same."""

    def __init__(self, folder: Path, database_url: str | None, *, auth: str = "required") -> None:
        self.port = free_port()
        self.log = folder / "serve.log"
        folder.mkdir(parents=True, exist_ok=True)
        site = folder / "site.yaml"
        database = f"database_url: {database_url}\n" if database_url else ""
        site.write_text(f"server: {{auth: {auth}}}\n{database}")
        self._command = [sys.executable, "-m", "sightline", "serve", "--only", "api", "--config", str(site)]
        self._command += ["--data-dir", str(folder / "data"), "--port", str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the supervisor; the web process is its child."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start; returns when it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the centre does not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """End supervisor and web process at once."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", trust_env=False, timeout=5).status_code == 200
        except httpx.TransportError:
            return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def troubled(
    asked: argparse.Namespace, line: Line, forwarder: Forwarder, centre: Centre
) -> Iterator[Counter[str]]:
    """While the block runs, the line breaks and mends, and processes are killed; afterwards all is well."""
    dice = random.Random(asked.seed + 1)
    over = threading.Event()
    done: Counter[str] = Counter()
    moments = [(dice.uniform(0, 1), "forwarder") for _ in range(asked.kills)]
    moments += [(dice.uniform(0.1, 0.9), "centre") for _ in range(asked.restarts)]
    plan = sorted((share * asked.seconds, what) for share, what in moments)
    began = time.monotonic()

    def break_things() -> None:
        for due, what in plan:
            while (left := began + due - time.monotonic()) > 0 and not over.is_set():
                line.state = State.OPEN if dice.random() < 0.4 else dice.choice(BAD)
                over.wait(min(left, dice.uniform(0.01, 0.05) * asked.seconds))
            if what == "forwarder" or not forwarder.alive:
                done["forwarder killed"] += forwarder.alive
                forwarder.kill()
                forwarder.start()
            else:
                centre.kill()
                done["centre killed"] += 1
                centre.start()

    breaking = threading.Thread(target=break_things, daemon=True)
    breaking.start()
    try:
        yield done
    finally:
        over.set()
        breaking.join(STARTS_WITHIN_S)
        line.state = State.OPEN


def drained(box: Database, forwarder: Forwarder) -> float:
    """Seconds until nothing waits."""
    began = time.monotonic()
    while time.monotonic() < began + DRAINS_WITHIN_S:
        with box.reading() as connection:
            (told,) = told_centre(SITE, connection) or [None]
        if told is not None and not told.waiting:
            return time.monotonic() - began
        if not forwarder.alive:
            raise SystemExit("the forwarder ended by itself")
        time.sleep(0.1)
    raise SystemExit(f"hours still wait after {DRAINS_WITHIN_S:g} s: {told}")


def rows_differ(box: Database, centre: Database) -> Iterator[str]:
    """Stays, events, minutes, and what the centre has made of them."""
    for name, read in (("stay", _stays), ("event", _events), ("minute", _minutes)):
        here, there = read(box), read(centre)
        for kind, found in (("is missing", here - there), ("is too much or in a wrong place", there - here)):
            for row, number in found.items():
                yield f"{name} {kind} ({number}): {row}"
    with centre.reading() as connection:
        yield from differences(SITE, connection, VENUE)


def _stays(database: Database) -> Counter[Any]:
    left_out = ("id", "run_id", "visitor_id")
    columns = [column for column in stay.c if column.name not in left_out]
    query = select(visitor.c.pseudo_id, visitor.c.lasting, *columns)
    with database.reading() as connection:
        rows = connection.execute(query.join(visitor, visitor.c.id == stay.c.visitor_id)).all()
    return Counter(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows)


def _events(database: Database) -> Counter[Any]:
    with database.reading() as connection:
        found = list_events(SITE, connection, state=None, ongoing=None)
        videos = VideoEvidence(None, ZONE).of(SITE, connection, found)
    # The address of a clip that lies at the box leads nowhere from the centre, and is not told.
    for video in videos.values():
        if video.get("video_url", "").startswith("/"):
            del video["video_url"]
    return Counter(
        json.dumps([repr(replace(one, run_id=None)), videos[one.id]], sort_keys=True) for one in found
    )


def _minutes(database: Database) -> Counter[Any]:
    with database.reading() as connection:
        return Counter(map(repr, coverage_between(SITE, connection, venue_id=VENUE)))


def answers_differ(box: str, centre: str, key: str, days: int) -> Iterator[str]:
    """Each route of the figures, asked of both for each day and for all of them."""
    headers = {"X-API-Key": key}
    with (
        httpx.Client(base_url=box, trust_env=False, timeout=60) as here,
        httpx.Client(base_url=centre, trust_env=False, timeout=60, headers=headers) as there,
    ):
        for number in range(days):
            to = (MONDAY + timedelta(days=number, hours=12)).astimezone(ZONE).date().isoformat()
            for route, params in ROUTES.items():
                for length in {1, number + 1}:
                    asked = {"date": to} if route == "hourly" else {**params(length), "to": to}
                    path = f"/analytics/{VENUE}{'/' + route if route else ''}"
                    said = [client.get(path, params=asked) for client in (here, there)]
                    if {one.status_code for one in said} != {200} or _plain(said[0]) != _plain(said[1]):
                        yield f"GET {path} {asked}: {_first_difference(*said)}"


def _first_difference(here: httpx.Response, there: httpx.Response) -> str:
    lines = [json.dumps(json.loads(_plain(one)), indent=1).splitlines() for one in (here, there)]
    pairs = [(ours, theirs) for ours, theirs in zip(*lines, strict=False) if ours != theirs]
    return f"{here.status_code} {there.status_code}: {len(pairs)} lines differ, first {pairs[:2]}"


def _plain(answer: httpx.Response) -> str:
    """A document without the moment it was made at, and without addresses of clips that lie at the box."""
    document = answer.json()
    for name in ("generated_at", "timestamp", "exported_at", "export_timestamp"):
        document.pop(name, None)
    return json.dumps(_reachable(document), sort_keys=True)


def _reachable(value: Any) -> Any:
    if isinstance(value, list):
        return [_reachable(one) for one in value]
    if not isinstance(value, dict):
        return value
    local = str(value.get("video_url", "")).startswith("/")
    return {name: _reachable(one) for name, one in value.items() if not (local and name == "video_url")}


def run(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    centre_url = asked.centre_database or sqlite_url(work / "centre" / "data" / "sightline.db")
    box_url = sqlite_url(work / "box" / "data" / "sightline.db")
    with open_database(centre_url) as there, open_database(box_url) as here:
        with there.transaction() as connection:
            ensure_venue(SITE, connection, VENUE, timezone="Europe/Paris")
        keys = ApiKeys(there)
        key = keys.make(SITE, VENUE, name="the box").text
        Accounts(there).add("anna", Role.ADMINISTRATOR, token_hex(16))
        key_file = work / "key"
        key_file.write_text(key)
        centre = Centre(work / "centre", asked.centre_database)
        with Line(centre.port) as line:
            pace = asked.days * 86_400 / asked.seconds
            forwarder = Forwarder(box_url, line.address, key_file, pace)
            try:
                return _told(asked, work, (here, there), (centre, line, forwarder), key)
            finally:
                forwarder.kill()
                centre.kill()


def _told(
    asked: argparse.Namespace,
    work: Path,
    databases: tuple[Database, Database],
    parts: tuple[Centre, Line, Forwarder],
    key: str,
) -> dict[str, Any]:
    (here, there), (centre, line, forwarder) = databases, parts
    shop = Shop(here, random.Random(asked.seed))
    shop.open()
    centre.start()
    forwarder.start()
    with troubled(asked, line, forwarder, centre) as done:
        quarters = sum(1 for _ in shop.live(asked.days, asked.seconds))
    drained_s = drained(here, forwarder)
    forwarder.kill()
    box = Centre(work / "box", None, auth="auto")
    box.start()
    try:
        wrong = [*rows_differ(here, there), *answers_differ(box.address, centre.address, key, asked.days)]
    finally:
        box.kill()
    with there.reading() as connection:
        hours = len(connection.execute(select(told_hour.c.hour_at)).all())
    return {
        "bench": "edge_week",
        "machine": machine(),
        "centre": there.engine.dialect.name,
        "days": asked.days,
        "quarters": quarters,
        "seconds": asked.seconds,
        "seed": asked.seed,
        "wrote": dict(shop.wrote),
        "hours": hours,
        "requests": {state.value: number for state, number in sorted(line.passed.items())},
        "killed": dict(done),
        "drained_s": round(drained_s, 1),
        "differences": wrong[:SHOWN],
        "same": not wrong,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--restarts", type=int, default=3, help="kills of the centre")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--centre-database", help="an empty PostgreSQL database; default: SQLite")
    parser.add_argument("--json", action="store_true", help="the document only")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-edge-week-") as name:
        document = run(asked, Path(name))
    print(json.dumps(document, indent=None if asked.json else 2))
    sys.exit(0 if document["same"] else 1)


if __name__ == "__main__":
    main()
