"""The API over a year of a chain: how fast figures come and events go in, and how much memory it takes.

    python benchmarks/platform_data.py sqlite:////tmp/chain/sightline.db
    python benchmarks/platform_load.py sqlite:////tmp/chain/sightline.db [--json]

Starts `sightline serve --only api` on the database as a process of its own and asks it over HTTP:

1. each analytics route for 7 and for 30 days, of venues and last days taken at random: p50 and p95 of
   `--requests` calls over one connection, beside the aim of 60 ms;
2. the same figure (visitors, people, return rate, mean dwell of 30 days) counted from the raw rows in a loop,
   as the earlier platform did: the yardstick of the summary in the same run;
3. `POST /events` in calls of 1,000 of one venue and about one day, one caller: events a second, beside the
   aim and beside bare inserts of the same rows, without anything made of them, in the same calls;
4. 50 readers at once while one caller posts: p50, p95, p99 of their answers, and all statuses. Each looks at
   a page and then, as people do, at what it says for 1 to 3 s; `--think 0` lets them ask without a pause;
5. resident memory of the process at the end, and its peak.

The limit of calls a minute is raised by its setting (server.rate_limits.ingest), because one caller posts.
What is posted lies in the future of the data, and stays: make them anew for another full run.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert, select

from long_run import memory_mb
from platform_data import ZONES, venue_id
from sightline.cli.bench_output import machine, print_rows, row
from sightline.domain.scope import Scope
from sightline.store.database import Database, open_database
from sightline.store.venues import list_venues
from sightline.store.visitor_tables import stay

AIM_MS = 60
READERS = 50
AIM_P99_MS = 500
AIM_MEMORY_MB = 300
AIM_RATE = {"sqlite": 15_000, "postgresql": 10_000}
CALL = 1_000
DAYS = (7, 30)
EARLIER_MS = {"summary": 3_400, "export": 8_600, "trends": 2_600}
"""Measured of the earlier platform at a tenth of the stays, 30 days."""

ROUTES: dict[str, Callable[[int], dict[str, Any]]] = {
    "": lambda days: {"days": days},
    "hourly": lambda _days: {},
    "demographics": lambda days: {"days": days},
    "zones": lambda days: {"days": days},
    "trends": lambda days: {"weeks": max(1, days // 7)},
    "summary": lambda days: {"days": days},
    "heatmap": lambda days: {"weeks": max(1, days // 7)},
    "export": lambda days: {"days": days, "format": "json"},
    "behavior": lambda days: {"days": days},
    "behavior/hourly": lambda days: {"days": days},
    "behavior/zones": lambda days: {"days": days},
    "service": lambda days: {"days": days},
}


@contextmanager
def served(url: str) -> Iterator[tuple[str, int]]:
    """The API on a free port: its address and process id."""
    with tempfile.TemporaryDirectory() as folder:
        site = Path(folder) / "sightline.yaml"
        site.write_text(
            f"data_dir: {folder}/data\ndatabase_url: env:BENCH_DATABASE\n"
            "server: {rate_limits: {ingest: 1000000}}\n"
        )
        command = [
            sys.executable,
            "-m",
            "sightline",
            "serve",
            "--only",
            "api",
            "--config",
            str(site),
            "--port",
        ]
        port = _free_port()
        environ = {**os.environ, "BENCH_DATABASE": url}
        with subprocess.Popen([*command, str(port)], env=environ, stderr=subprocess.DEVNULL) as process:
            try:
                address = f"http://127.0.0.1:{port}"
                _wait_for(address)
                yield address, _web_process(process.pid)
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(20)


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


def _wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit("the API does not answer")


def _web_process(supervisor: int) -> int:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    if len(children) != 1:
        raise SystemExit(f"expected one web process, found {children}")
    return int(children[0])


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-len(ordered) * share // 1).__int__() - 1))]


def read_routes(address: str, venues: list[str], days: list[date], requests: int) -> list[dict[str, Any]]:
    """Part 1."""
    rows = []
    chosen = random.Random(1)
    with httpx.Client(trust_env=False, timeout=120) as client:
        for name, parameters in ROUTES.items():
            for length in DAYS:
                taken = []
                for turn in range(requests + 2):
                    path = f"{address}/analytics/{chosen.choice(venues)}{'/' + name if name else ''}"
                    to = chosen.choice(days).isoformat()
                    asked = {"date": to} if name == "hourly" else {**parameters(length), "to": to}
                    began = time.perf_counter()
                    answer = client.get(path, params=asked)
                    if turn >= 2:  # the first ones open pages of the database and compile statements
                        taken.append(1000 * (time.perf_counter() - began))
                    if answer.status_code != 200:
                        raise SystemExit(f"{path}: {answer.status_code} {answer.text[:300]}")
                p95 = percentile(taken, 0.95)
                label = f"{name or 'overview'}, {length} days: p95 (p50 {percentile(taken, 0.5):.1f})"
                rows.append(row(label, p95, "ms", "aim", AIM_MS, p95 / AIM_MS))
                if length == 30 and name in EARLIER_MS:
                    before = EARLIER_MS[name]
                    rows.append(
                        row(f"{name}, 30 days", p95, "ms", "earlier platform, 1 M", before, p95 / before)
                    )
    return rows


def counted_from_rows(database: Database, venue: str, to: date) -> float:
    """Part 2: milliseconds of the plain way."""
    end = datetime(to.year, to.month, to.day, tzinfo=UTC) + timedelta(days=1)
    began = time.perf_counter()
    with database.reading() as connection:
        rows = connection.execute(
            select(stay).where(
                stay.c.venue_id == venue, stay.c.at >= end - timedelta(days=30), stay.c.at < end
            )
        ).all()
    people: Counter[int] = Counter()
    dwell = 0
    for one in rows:
        people[one.visitor_id] += 1
        dwell += one.dwell_ms
    _ = (len(rows), len(people), sum(count > 1 for count in people.values()), dwell / max(1, len(rows)))
    return 1000 * (time.perf_counter() - began)


def events_of_a_day(venue: str, people: int, day: date, call: int) -> list[dict[str, Any]]:
    """One call: 1,000 stays of a day, by time."""
    chosen = random.Random(f"{venue}{day}{call}")
    opening = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    seconds = sorted(chosen.uniform(0, 43_200) for _ in range(CALL))
    number = int(venue.rpartition("_")[2])
    return [
        {
            "event_id": f"bench-{venue}-{call}-{place}-{time.time_ns()}",
            "pseudo_id": f"person-{number}-{chosen.randrange(people)}",
            "timestamp": (opening + timedelta(seconds=second)).isoformat(),
            "zone": chosen.choice(ZONES),
            "dwell_seconds": round(chosen.expovariate(1 / 90), 1),
            "age_bracket": "20-29",
            "gender": chosen.choice(("M", "F", None)),
            "track_frames": chosen.randrange(5, 100),
            "detection_conf": round(chosen.uniform(0.4, 1), 3),
            "engagement_score": round(chosen.uniform(0, 100), 1),
            "behavior_type": "browsing",
            "posture": "upright",
            "body_orientation": round(chosen.uniform(-1, 1), 2),
        }
        for place, second in enumerate(seconds)
    ]


def post(
    address: str, venues: list[str], people: int, calls: int, stop: threading.Event | None = None
) -> tuple[int, float, Counter[int]]:
    """Part 3: events that went in, the seconds the calls took, statuses. Bodies are made beforehand."""
    day = datetime.now(UTC).date() + timedelta(days=1)
    bodies = [
        json.dumps(
            {
                "venue_id": venue,
                "events": events_of_a_day(venue, people, day + timedelta(days=n // len(venues)), n),
            }
        )
        for n in range(calls)
        for venue in [venues[n % len(venues)]]
    ]
    inserted, seconds, statuses = 0, 0.0, Counter[int]()
    with httpx.Client(trust_env=False, timeout=120) as client:
        for body in bodies:
            if stop is not None and stop.is_set():
                break
            began = time.perf_counter()
            answer = client.post(
                f"{address}/events", content=body, headers={"Content-Type": "application/json"}
            )
            seconds += time.perf_counter() - began
            statuses[answer.status_code] += 1
            inserted += answer.json().get("inserted", 0)
    return inserted, seconds, statuses


def bare_inserts(database: Database, venue: str, calls: int) -> float:
    """Rows a second without anything made of them: the same table, one transaction for 1,000."""
    with database.reading() as connection:
        columns = [column for column in stay.c if column.name not in ("id", "key")]
        sample = connection.execute(select(*columns).where(stay.c.venue_id == venue).limit(CALL)).all()
    seconds = 0.0
    for _ in range(calls):
        rows = [{**one._mapping, "key": os.urandom(16), "event_id": None} for one in sample]
        keys = [one["key"] for one in rows]
        began = time.perf_counter()
        with database.transaction() as connection:
            connection.execute(insert(stay), rows)
        seconds += time.perf_counter() - began
        with database.transaction() as connection:
            connection.execute(stay.delete().where(stay.c.key.in_(keys)))
    return calls * len(sample) / seconds


def readers_while_posting(
    address: str, venues: list[str], people: int, *, seconds: float, think_s: float
) -> tuple[list[float], Counter[int], int]:
    """Part 4: milliseconds and statuses of the readers, events that went in meanwhile."""
    stop, lock = threading.Event(), threading.Lock()
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    names = list(ROUTES)

    def read(number: int) -> None:
        chosen = random.Random(number)
        with httpx.Client(trust_env=False, timeout=120) as client:
            while not stop.is_set():
                name = chosen.choice(names)
                path = f"{address}/analytics/{chosen.choice(venues)}{'/' + name if name else ''}"
                parameters = {} if name == "hourly" else ROUTES[name](chosen.choice(DAYS))
                began = time.perf_counter()
                answer = client.get(path, params=parameters)
                with lock:
                    taken.append(1000 * (time.perf_counter() - began))
                    statuses[answer.status_code] += 1
                stop.wait(think_s * chosen.uniform(0.5, 1.5))

    posted = [0]

    def write() -> None:
        posted[0] = post(address, venues, people, 2_000, stop)[0]

    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    threads.append(threading.Thread(target=write))
    for thread in threads:
        thread.start()
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return taken, statuses, posted[0]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("database_url")
    parser.add_argument("--requests", type=int, default=40, help="per route and length")
    parser.add_argument("--calls", type=int, default=100, help="of 1,000 events")
    parser.add_argument("--people", type=int, default=10_000, help="of each venue, as the data were made")
    parser.add_argument("--seconds", type=float, default=30, help="of reading while posting")
    parser.add_argument("--think", type=float, default=2, help="seconds between two looks of one reader")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with open_database(asked.database_url) as database:
        kind = database.engine.dialect.name
        with database.reading() as connection:
            venues = [
                one.id for one in list_venues(Scope.site(), connection) if one.id.startswith(venue_id(0)[:5])
            ]
        today = datetime.now(UTC).date()
        days = [today - timedelta(days=number) for number in range(300)]
        with served(asked.database_url) as (address, process):
            rows = read_routes(address, venues, days, asked.requests)
            plain = percentile([counted_from_rows(database, venue, today) for venue in venues], 0.5)
            summary = next(one["value"] for one in rows if one["metric"].startswith("summary, 30 days: p95"))
            rows.append(
                row("summary, 30 days: p95", summary, "ms", "raw rows in a loop", plain, summary / plain)
            )
            inserted, seconds, statuses = post(address, venues, asked.people, asked.calls)
            rate = inserted / seconds
            rows.append(
                row(f"ingestion on {kind}", rate, "events/s", "aim", AIM_RATE[kind], rate / AIM_RATE[kind])
            )
            bare = bare_inserts(database, venues[0], 20)
            rows.append(row(f"ingestion on {kind}", rate, "events/s", "bare inserts", bare, rate / bare))
            taken, read_statuses, posted = readers_while_posting(
                address, venues, asked.people, seconds=asked.seconds, think_s=asked.think
            )
            for share in (0.5, 0.95, 0.99):
                value = percentile(taken, share)
                rows.append(
                    row(f"50 readers while posting, p{share:.0%}", value, "ms", "aim of p99", AIM_P99_MS,
                        value / AIM_P99_MS)
                )  # fmt: skip
            now, peak = memory_mb(process)
            rows.append(
                row("memory of the API, peak", peak, "MB", "aim", AIM_MEMORY_MB, peak / AIM_MEMORY_MB)
            )
    document = {
        "bench": f"api over {kind}",
        "machine": machine(),
        "statuses": {"posting": dict(statuses), "reading": dict(read_statuses)},
        "answers_while_posting": len(taken),
        "events_posted_while_reading": posted,
        "memory_mb": now,
        "rows": rows,
    }
    if asked.json:
        print(json.dumps(document))
    else:
        print_rows(document)
        print({name: document[name] for name in ("statuses", "answers_while_posting", "memory_mb")})


if __name__ == "__main__":
    main()
