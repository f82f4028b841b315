"""Many boxes tell one centre: documents and stays a second for each core, and bytes for each stay.

    python benchmarks/scale_ingestion.py [--shops 40] [--cameras 5] [--hours 4] [--clients 4] [--seconds 60]
        [--database postgresql://...] [--json]

A real `sightline serve --only api` that demands keys takes hour documents of so many shops: first each hour
once, oldest first; then the last hour again and again with a little more in it, as boxes tell the hour that
goes on. Asked are at most `--clients` at a time. Processor time is that of the web process and, of a
PostgreSQL on this machine, of all its processes; what the clients need is left out. At the end a sample of
venues is recounted. From these figures follows what 10,000 shops ask for (`scale_paper.py`).
"""

import argparse
import gzip
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import httpx
from sqlalchemy import text

from edge_shop import MONDAY, SITE
from edge_week import Centre
from scale_paper import Chain, Measured, a_year_of, demands
from sightline.cli.bench_output import machine
from sightline.domain.edge import HOUR, hour_name
from sightline.pipeline.api_keys import ApiKeys
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.recount import differences
from sightline.store.venues import StoredVenue, add_venue

TICKS = os.sysconf("SC_CLK_TCK")
OPENS = 9
SAMPLE = 3


Sent = tuple[str, bytes, int]
"""Path, packed body and number of stays of a document."""


def documents(asked: argparse.Namespace, hours: Sequence[int], version: int) -> Iterator[Sent]:
    """Hour after hour."""
    for hour in hours:
        for shop in range(asked.shops):
            for camera in range(asked.cameras):
                document = _document(asked, shop, camera, hour, version)
                names = "/".join(str(document[name]) for name in ("venue_id", "camera_id", "hour"))
                body = gzip.compress(json.dumps(document, separators=(",", ":")).encode(), 5, mtime=0)
                yield f"/api/edge/hours/{names}", body, len(document["stays"])


def _document(asked: argparse.Namespace, shop: int, camera: int, hour: int, version: int) -> dict[str, Any]:
    """Of one camera and hour. A later version holds all of an earlier one, and a little more."""
    dice = random.Random(f"{shop} {camera} {hour}")
    at = MONDAY + timedelta(hours=OPENS + hour)
    stays = [
        {
            "pseudo_id": f"{dice.getrandbits(75):024x}",
            "timestamp": (at + timedelta(seconds=dice.uniform(0, 3_599))).isoformat(),
            "zone": dice.choice(["entrance", "shelves", "till", "window"]),
            "dwell_seconds": round(dice.uniform(1, 300), 3),
            "event_id": f"{dice.getrandbits(128):032x}:{number}:0",
            "track_id": number,
            "track_frames": dice.randint(9, 900),
            "detection_conf": round(dice.uniform(0.4, 1), 6),
            "engagement_score": round(dice.uniform(0, 100), 2),
            "behavior_type": dice.choice(["browsing", "engaged"]),
            "body_orientation": round(dice.uniform(-1, 1), 4),
            "posture": "upright",
            "lasting": False,
        }
        for number in range(asked.stays + version)
    ]
    dice = random.Random(f"{shop} {camera} {hour} events")
    events = [_event(dice, shop, camera, at, number) for number in range(asked.events)]
    looked = min(60, 30 + version) if version > 1 else 60
    return {
        "venue_id": f"shop_{shop}",
        "camera_id": f"camera_{camera}",
        "hour": hour_name(at),
        "version": version,
        "sent_at": at.isoformat(),
        "timezone": "Europe/Paris",
        "stays": stays,
        "service_events": events,
        "coverage": {"minutes": [[minute, 480] for minute in range(looked)]},
    }


def _event(dice: random.Random, shop: int, camera: int, at: Any, number: int) -> dict[str, Any]:
    start = at + timedelta(seconds=dice.uniform(0, 3_500))
    people = [
        {
            "track_id": track,
            "role": role,
            "role_confidence": 0.9,
            "role_reason": "where they stood",
            "first_at": at.isoformat(),
            "last_at": (at + HOUR).isoformat(),
        }
        for track, role in ((number, "staff"), (number + 1_000, "customer"))
    ]
    return {
        "event_id": f"{dice.getrandbits(128):032x}",
        "kind": "interaction",
        "start": start.isoformat(),
        "end": (start + timedelta(seconds=40)).isoformat(),
        "created_at": start.isoformat(),
        "run_id": f"shop{shop}camera{camera}",
        "state": "current",
        "score": 0.9,
        "people": people,
        "details": {"mean_distance": 1.1},
        "video_evidence": {"segment_filename": "segment_8_20261019_090000_interaction_start.mp4"},
    }


class Boxes:
    """Sends documents, `clients` at a time."""

    def __init__(self, address: str, key: str, clients: int, seconds: float) -> None:
        self._address = address
        self._key = key
        self._clients = clients
        self._seconds = seconds

    def send(self, told: Sequence[Sent]) -> dict[str, Any]:
        """All of it, or what is done when the time is up.

        Raises:
            SystemExit: an answer other than `stored`.
        """
        waiting: SimpleQueue[Sent] = SimpleQueue()
        for one in told:
            waiting.put(one)
        taken: list[tuple[float, int, int]] = []
        wrong: list[str] = []
        until = time.monotonic() + self._seconds

        def work() -> None:
            headers = {"X-API-Key": self._key, "Content-Type": "application/json", "Content-Encoding": "gzip"}
            with httpx.Client(
                base_url=self._address, headers=headers, trust_env=False, timeout=120
            ) as client:
                while time.monotonic() < until and not wrong:
                    try:
                        path, body, stays = waiting.get_nowait()
                    except Empty:
                        return
                    began = time.monotonic()
                    answer = client.put(path, content=body)
                    if answer.status_code != 200 or answer.json()["status"] != "stored":
                        wrong.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                    taken.append((time.monotonic() - began, stays, len(body)))

        threads = [threading.Thread(target=work) for _ in range(self._clients)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if wrong:
            raise SystemExit(wrong[0])
        seconds = time.monotonic() - began
        answers = sorted(one[0] for one in taken)
        return {
            "documents": len(taken),
            "stays": sum(one[1] for one in taken),
            "bytes": sum(one[2] for one in taken),
            "seconds": round(seconds, 2),
            "documents_s": round(len(taken) / seconds, 1),
            "stays_s": round(sum(one[1] for one in taken) / seconds, 1),
            "answer_p50_ms": round(1_000 * answers[len(answers) // 2], 1),
            "answer_p95_ms": round(1_000 * answers[int(0.95 * (len(answers) - 1))], 1),
        }


def processor_s(pids: Sequence[int]) -> float:
    """Processor time of these processes and of children that ended."""
    total = 0
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += sum(int(word) for word in words[11:15])
    return total / TICKS


def children_of(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += [int(word) for word in task.read_text().split()]
    return found


def postmaster(database: Database) -> int | None:
    """The process of a PostgreSQL on this machine."""
    if database.engine.dialect.name != "postgresql":
        return None
    with database.reading() as connection:
        pid = int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())
        try:
            return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            return None


def sizes(database: Database) -> dict[str, float]:
    """Bytes of all tables with their indexes, by what they are of."""
    of = {
        "stays": ("stay", "visitor", "visit", "visitor_day", "hour_rollup", "label_rollup"),
        "events": ("event", "event_participant", "linked_evidence", "run", "track"),
        "minutes": ("coverage", "coverage_hour"),
        "documents": ("told_hour",),
    }
    if database.engine.dialect.name == "postgresql":
        query = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
        with database.reading() as connection:
            by_table = {name: float(size) for name, size in connection.execute(text(query))}
    else:
        query = "SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY 1"
        with database.reading() as connection:
            by_table = {name: float(size) for name, size in connection.execute(text(query))}
    return {what: sum(by_table.get(table, 0.0) for table in tables) for what, tables in of.items()}


def measured_phase(
    boxes: Boxes, told: Sequence[Sent], web: Sequence[int], database_pids: Sequence[int]
) -> dict[str, Any]:
    before = processor_s(web), processor_s(database_pids)
    found = boxes.send(told)
    spent = processor_s(web) - before[0], processor_s(database_pids) - before[1]
    number = max(1, found["documents"])
    return found | {
        "web_cpu_s": round(spent[0], 2),
        "database_cpu_s": round(spent[1], 2),
        "cpu_ms_a_document": round(1_000 * sum(spent) / number, 2),
        "documents_s_a_core": round(number / max(0.01, sum(spent)), 1),
        "stays_s_a_core": round(found["stays"] / max(0.01, sum(spent)), 1),
    }


def run(asked: argparse.Namespace, work: Path) -> dict[str, Any]:
    url = asked.database or sqlite_url(work / "centre" / "data" / "sightline.db")
    with open_database(url) as database:
        with database.transaction() as connection:
            for shop in range(asked.shops):
                new = StoredVenue(
                    id=f"shop_{shop}", name=f"Shop {shop}", timezone="Europe/Paris", created_at=MONDAY
                )
                add_venue(SITE, connection, new)
        key = ApiKeys(database).make(SITE, None, name="boxes").text
        centre = Centre(work / "centre", asked.database, auth="auto")
        centre.start()
        try:
            return _measured(asked, database, centre, key)
        finally:
            centre.kill()


def _measured(asked: argparse.Namespace, database: Database, centre: Centre, key: str) -> dict[str, Any]:
    web = children_of(centre.pid)
    server = postmaster(database)
    boxes = Boxes(centre.address, key, asked.clients, asked.seconds)
    boxes.send(list(documents(asked, [0], 1))[: 2 * asked.clients])  # statements are compiled, pages opened
    before = sizes(database)
    first = measured_phase(boxes, list(documents(asked, range(1, asked.hours), 1)), web, _now(server))
    after = sizes(database)
    again = [one for version in range(2, 2 + asked.again) for one in documents(asked, [asked.hours], version)]
    second = measured_phase(boxes, again, web, _now(server))
    wrong = []
    with database.reading() as connection:
        for shop in range(min(SAMPLE, asked.shops)):
            wrong += differences(SITE, connection, f"shop_{shop}")
    grown = {name: after[name] - before[name] for name in after}
    costs = _costs(asked, first, second, grown)
    chain, seldom = Chain(), Chain(every_s=300)
    found = demands(chain, costs)
    return {
        "bench": "scale_ingestion",
        "machine": machine(),
        "database": database.engine.dialect.name,
        "shops": asked.shops,
        "clients": asked.clients,
        "first": first,
        "again": second,
        "bytes_a_stay": round(costs.stay_bytes, 1),
        "bytes_an_event": round(costs.event_bytes, 1),
        "bytes_a_minute": round(costs.minute_bytes, 1),
        "bytes_a_document_sent": round(costs.document_bytes, 1),
        "differences": wrong,
        "same": not wrong,
        "ten_thousand_shops": found
        | {"a_year_at_0.04_and_50": round(a_year_of(chain, found, core_hour=0.04, tib_month=50))},
        "told_every_300_s": demands(seldom, costs),
    }


def _now(server: int | None) -> list[int]:
    return children_of(server) if server is not None else []


def _costs(
    asked: argparse.Namespace, first: dict[str, Any], again: dict[str, Any], grown: dict[str, float]
) -> Measured:
    number = max(1, first["documents"])
    return Measured(
        taken_s=again["documents_s"],
        first_cpu_s=first["web_cpu_s"] / number,
        again_cpu_s=again["web_cpu_s"] / max(1, again["documents"]),
        first_database_cpu_s=first["database_cpu_s"] / number,
        again_database_cpu_s=again["database_cpu_s"] / max(1, again["documents"]),
        document_bytes=first["bytes"] / number,
        stay_bytes=grown["stays"] / max(1, first["stays"]),
        event_bytes=grown["events"] / max(1, number * asked.events),
        minute_bytes=grown["minutes"] / (number * 60),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--shops", type=int, default=40)
    parser.add_argument("--cameras", type=int, default=5)
    parser.add_argument("--hours", type=int, default=4, help="that are told once, one after the other")
    parser.add_argument("--stays", type=int, default=25, help="of one camera and hour")
    parser.add_argument("--events", type=int, default=1, help="of one camera and hour")
    parser.add_argument("--again", type=int, default=5, help="tellings of the hour that goes on")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=120, help="at most, for each of both parts")
    parser.add_argument("--database", help="an empty PostgreSQL database; default: SQLite")
    parser.add_argument("--json", action="store_true", help="on one line")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-scale-") as name:
        document = run(asked, Path(name))
    print(json.dumps(document, indent=None if asked.json else 2))
    sys.exit(0 if document["same"] else 1)


if __name__ == "__main__":
    main()
