"""Asks a running API as a chain would: figures of random shops and days, events in calls of a thousand."""

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

import httpx
from sqlalchemy import delete, func, insert, select

from sightline.errors import StoreError
from sightline.store.database import Database
from sightline.store.visitor_tables import hour_rollup, stay
from sightline.testing.chain_year import ZONES

CALL = 1_000
LENGTHS = (7, 30)
WARM_UP = 2
"""Calls before the measured ones: they open pages of the database and compile statements."""

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
"""The analytics routes, and what each is asked for a number of days."""


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Api:
    """A running API over a filled database.

    Attributes:
        venues: their ids, `..._NUMBER` as `chain_year` names them.
        people: known pseudonyms of each venue.
        posted_from: the first day of which events are posted; behind all that is there, as days come.
    """

    address: str
    venues: list[str]
    people: int
    posted_from: date

    def path(self, route: str, venue_id: str) -> str:
        return f"{self.address}/analytics/{venue_id}{'/' + route if route else ''}"

    def ask_route(self, route: str, days: int, last_days: list[date], requests: int) -> list[float]:
        """Milliseconds of `requests` calls of one route over one connection.

        Raises:
            StoreError: an answer that is none.
        """
        chosen = random.Random(f"{route}{days}")  # noqa: S311  the same questions each time
        taken = []
        with httpx.Client(trust_env=False, timeout=120) as client:
            for turn in range(requests + WARM_UP):
                to = chosen.choice(last_days).isoformat()
                asked = {"date": to} if route == "hourly" else {**ROUTES[route](days), "to": to}
                began = time.perf_counter()
                answer = client.get(self.path(route, chosen.choice(self.venues)), params=asked)
                if turn >= WARM_UP:
                    taken.append(1000 * (time.perf_counter() - began))
                if answer.status_code != 200:
                    raise StoreError(f"{answer.url} answered {answer.status_code}: {answer.text[:300]}")
        return taken

    def post(self, calls: int, *, stop: threading.Event | None = None) -> "Posted":
        """Post `calls` times a thousand events, each call of one shop's day; or until told to stop."""
        posted = Posted()
        with httpx.Client(trust_env=False, timeout=120) as client:
            for number in range(calls):
                if stop is not None and stop.is_set():
                    break
                venue = self.venues[number % len(self.venues)]
                day = self.posted_from + timedelta(days=number // len(self.venues))
                body = json.dumps({"venue_id": venue, "events": events_of_a_day(venue, self.people, day)})
                began = time.perf_counter()
                answer = client.post(
                    f"{self.address}/events", content=body, headers={"Content-Type": "application/json"}
                )
                posted.seconds += time.perf_counter() - began
                posted.statuses[answer.status_code] += 1
                posted.events += answer.json().get("inserted", 0)
        return posted

    def read_while_posting(self, readers: int, *, seconds: float, think_s: float) -> "ReadWhilePosting":
        """So many readers at once, each with its own connection, and one caller that posts all the time."""
        stop, lock, outcome = threading.Event(), threading.Lock(), ReadWhilePosting()

        def read(number: int) -> None:
            chosen = random.Random(number)  # noqa: S311  the same questions each time
            with httpx.Client(trust_env=False, timeout=120) as client:
                while not stop.wait(think_s * chosen.uniform(0.5, 1.5)):
                    route = chosen.choice(list(ROUTES))
                    asked = {} if route == "hourly" else ROUTES[route](chosen.choice(LENGTHS))
                    began = time.perf_counter()
                    answer = client.get(self.path(route, chosen.choice(self.venues)), params=asked)
                    with lock:
                        outcome.taken_ms.append(1000 * (time.perf_counter() - began))
                        outcome.statuses[answer.status_code] += 1

        later = replace(self, posted_from=self.posted_from + timedelta(days=1_000))

        def write() -> None:
            outcome.posted = later.post(1_000_000, stop=stop)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
        threads.append(threading.Thread(target=write))
        for thread in threads:
            thread.start()
        stop.wait(seconds)
        stop.set()
        for thread in threads:
            thread.join()
        return outcome


@dataclass(slots=True)
class Posted:
    """What went in: events, the seconds the calls took (making their bodies left out), statuses."""

    events: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class ReadWhilePosting:
    """What the readers saw, and what went in meanwhile."""

    taken_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    posted: Posted = field(default_factory=Posted)


def events_of_a_day(venue_id: str, people: int, day: date) -> list[dict[str, Any]]:
    """A thousand stays of one shop and day, by time, with ids of their own: visits of one to four stays."""
    chosen = random.Random(f"{venue_id}{day}{time.time_ns()}")  # noqa: S311  no secret
    opening = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    number = int(venue_id.rpartition("_")[2])
    stays: list[tuple[float, float, str]] = []
    while len(stays) < CALL:
        second = 43_200 * chosen.betavariate(2, 2)
        person = f"person-{number}-{int(people * chosen.betavariate(0.8, 3))}"
        for _ in range(chosen.randint(1, 4)):
            dwell_s = round(min(900.0, chosen.expovariate(1 / 90)), 1)
            stays.append((second, dwell_s, person))
            second += dwell_s
    return [
        {
            "event_id": f"{chosen.getrandbits(96):024x}",
            "pseudo_id": person,
            "timestamp": (opening + timedelta(seconds=second)).isoformat(),
            "zone": chosen.choice(ZONES),
            "dwell_seconds": dwell_s,
            "age_bracket": "20-29",
            "gender": chosen.choice(("M", "F", None)),
            "track_frames": chosen.randrange(5, 100),
            "detection_conf": round(chosen.uniform(0.4, 1), 3),
            "engagement_score": round(chosen.uniform(0, 100), 1),
            "behavior_type": "browsing",
            "posture": "upright",
            "body_orientation": round(chosen.uniform(-1, 1), 2),
        }
        for second, dwell_s, person in sorted(stays[:CALL])
    ]


def day_after_all(database: Database) -> date:
    """The first day without a stay yet."""
    with database.reading() as connection:
        newest = connection.execute(select(func.max(hour_rollup.c.hour_at))).scalar_one_or_none()
    now = datetime.now(UTC)
    return max(now, newest or now).date() + timedelta(days=2)


def counted_from_rows(database: Database, venue_id: str, to: date) -> float:
    """Milliseconds of the plain way to 30 days of visitors, people and dwell: all rows, in a loop."""
    end = datetime(to.year, to.month, to.day, tzinfo=UTC) + timedelta(days=1)
    here = (stay.c.venue_id == venue_id, stay.c.at >= end - timedelta(days=30), stay.c.at < end)
    began = time.perf_counter()
    with database.reading() as connection:
        rows = connection.execute(select(stay).where(*here)).all()
    people: Counter[int] = Counter()
    dwell_ms = 0
    for one in rows:
        people[one.visitor_id] += 1
        dwell_ms += one.dwell_ms
    assert dwell_ms >= 0
    return 1000 * (time.perf_counter() - began)


def bare_inserts(database: Database, venue_id: str, calls: int) -> float:
    """Rows a second into the same table, a thousand in a transaction, without anything made of them."""
    columns = [column for column in stay.c if column.name not in ("id", "key", "event_id")]
    with database.reading() as connection:
        sample = connection.execute(select(*columns).where(stay.c.venue_id == venue_id).limit(CALL)).all()
    seconds = 0.0
    for _ in range(calls):
        rows: list[Mapping[str, Any]] = [{**one._mapping, "key": os.urandom(16)} for one in sample]
        began = time.perf_counter()
        with database.transaction() as connection:
            connection.execute(insert(stay), rows)
        seconds += time.perf_counter() - began
        with database.transaction() as connection:
            connection.execute(delete(stay).where(stay.c.key.in_([one["key"] for one in rows])))
    return calls * len(sample) / seconds
