"""A year of a chain in a database, to measure figures on: shops, people, stays, service events.

Stays are written straight into their table, then everything made of them by the product's own recount; so the
figures are those that posting them would have made. Shops are open from 8 to 20 o'clock; a visit is one to
four stays in eight zones before two cameras; some people come often, most seldom. Coverage is written by the
hour only: the figures that are measured read no minutes. Seeded: the same arguments make the same figures.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Table, insert, select

from sightline.domain.scope import Scope
from sightline.store.columns import EPOCH
from sightline.store.database import Database
from sightline.store.recount import rebuild
from sightline.store.tables import event, event_participant
from sightline.store.told_stay import venue_prefix
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.store.visitor_tables import (
    coverage_hour,
    hour_rollup,
    label_rollup,
    stay,
    visit,
    visitor,
    visitor_day,
)

SITE = Scope.site()
ZONE = "Europe/Paris"
DAYS = 365
ZONES = ("entrance", "bakery", "fruit", "dairy", "wine", "clothes", "till", "queue")
CAMERAS = ("door", "floor")
BEHAVIOURS = ("engaged", "browsing", "waiting", "passing")
POSTURES = ("upright", "leaning", "arms_crossed", "unknown")
AGES = ("18-19", "20-29", "30-39", "40-49", "50-59", "60+")
COPIED = (
    visitor,
    stay,
    visit,
    visitor_day,
    hour_rollup,
    label_rollup,
    coverage_hour,
    event,
    event_participant,
)
STAYS_A_VISIT = 2.5
CHUNK = 20_000
STAY_COLUMNS = (
    "key", "venue_id", "visitor_id", "camera_id", "event_id", "at", "zone", "dwell_ms", "age_bracket",
    "gender", "is_repeat", "track_frames", "detection_conf", "engagement_score", "behavior_type",
    "body_orientation", "posture",
)  # fmt: skip


def venue_id(number: int) -> str:
    return f"shop_{number:02d}"


def fill(
    database: Database,
    *,
    stays: int,
    venues: int,
    people: int,
    events: int,
    last_day: date,
    on_venue: Callable[[int], None] = lambda _: None,
) -> None:
    """Fill an empty database with the year that ends with `last_day`.

    The first venue is made stay by stay; the others are copies of it with people and ids of their own, which
    the database makes faster than anybody else.

    Args:
        stays, events: of all venues together.
        people: of each venue.
        on_venue: told how many venues are done.
    """
    random = np.random.default_rng(1)
    with database.transaction() as connection:
        _place(connection, 0)
        ids = _people(connection, people)
        _bulk(connection, stay, STAY_COLUMNS, _stays(random, ids, stays // venues, last_day))
        _coverage(connection, last_day)
        _events(connection, random, events // venues, last_day)
        rebuild(SITE, connection, venue_id(0))
    on_venue(1)
    for number in range(1, venues):
        with database.transaction() as connection:
            _place(connection, number)
            _copy(connection, number, people)
        on_venue(number + 1)
    if database.engine.dialect.name == "postgresql":
        # As its own housekeeping leaves a table within minutes; the figures are asked for at once.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
            alone.exec_driver_sql("VACUUM ANALYZE")


def _copy(connection: Connection, number: int, people: int) -> None:
    """Everything of the first venue again, under another name."""
    postgresql = connection.dialect.name == "postgresql"
    prefix = venue_prefix(venue_id(number)).hex()
    fresh = (
        f"decode('{prefix}' || substr(md5(random()::text || stay.id), 1, 24), 'hex')"
        if postgresql
        else f"CAST(x'{prefix}' || randomblob(12) AS BLOB)"
    )
    changed = {
        "venue_id": f"'{venue_id(number)}'",
        "visitor_id": f"visitor_id + {number * people}",
        "pseudo_id": f"replace(pseudo_id, 'person-0-', 'person-{number}-')",
        "key": fresh,
        "event_id": f"replace(event_id, '-0-', '-{number}-')",
    }
    ids = {"visitor": f"id + {number * people}", "event": f"replace(id, '-0-', '-{number}-')"}
    for table in COPIED:
        columns = [one.name for one in table.c if not (table is stay and one.name == "id")]
        values = [ids[table.name] if one == "id" else changed.get(one, one) for one in columns]
        of_venue = "venue_id" in columns
        where = f"venue_id = '{venue_id(0)}'" if of_venue else "event_id LIKE 'event-0-%'"
        statement = (
            f"INSERT INTO {table.name} ({', '.join(columns)}) "  # noqa: S608  our own names and numbers
            f"SELECT {', '.join(values)} FROM {table.name} WHERE {where}"
        )
        connection.exec_driver_sql(statement.replace("%", "%%") if postgresql else statement)
    if postgresql:
        connection.exec_driver_sql("SELECT setval('visitor_id_seq', (SELECT max(id) FROM visitor))")


def _place(connection: Connection, number: int) -> None:
    ensure_venue(SITE, connection, venue_id(number), timezone=ZONE)
    for camera in CAMERAS:
        ensure_camera(SITE, connection, venue_id(number), camera, source_label="made")


def _people(connection: Connection, people: int) -> list[int]:
    rows = [
        {
            "venue_id": venue_id(0),
            "pseudo_id": f"person-0-{one}",
            "first_at": EPOCH,
            "last_at": EPOCH,
            "visits": 0,
            "dwell_ms": 0,
        }
        for one in range(people)
    ]
    for first in range(0, people, CHUNK):
        connection.execute(insert(visitor), rows[first : first + CHUNK])
    found = connection.execute(select(visitor.c.id).where(visitor.c.venue_id == venue_id(0)))
    return sorted(row.id for row in found)


def _stays(
    random: np.random.Generator, ids: list[int], count: int, last_day: date
) -> Iterator[tuple[Any, ...]]:
    """`count` stays by time."""
    visits = round(count / STAYS_A_VISIT)
    first_day = last_day - timedelta(days=DAYS - 1)
    opening = datetime(first_day.year, first_day.month, first_day.day, 8, tzinfo=ZoneInfo(ZONE))
    seconds = random.integers(0, DAYS, visits) * 86_400 + (random.beta(2, 2, visits) * 43_200).astype(
        np.int64
    )
    who = (len(ids) * random.beta(0.8, 3, visits)).astype(np.int64)
    begun = opening.astimezone(UTC)
    stays: list[tuple[int, int, int, int]] = []
    while len(stays) < count:
        for second, person in zip(seconds.tolist(), who.tolist(), strict=True):
            at_s = float(second)
            for _ in range(int(random.integers(1, 5))):
                dwell_s = min(900.0, float(random.exponential(90)))
                stays.append(
                    (round(at_s * 1_000_000), person, int(random.integers(len(ZONES))), round(dwell_s * 1000))
                )
                at_s += dwell_s
            if len(stays) >= count:
                break
    stays.sort()
    prefix = venue_prefix(venue_id(0))
    base = (begun - EPOCH) // timedelta(microseconds=1)
    labels = random.random((count, 4))
    values = random.random((count, 4))
    for place, (at_us, person, zone, dwell_ms) in enumerate(stays[:count]):
        posed = labels[place, 0] < 0.6
        known = labels[place, 1] < 0.4
        yield (
            prefix + random.bytes(12),
            venue_id(0),
            ids[person],
            CAMERAS[zone % len(CAMERAS)],
            f"made-0-{place}",
            base + at_us,
            ZONES[zone],
            dwell_ms,
            AGES[person % len(AGES)] if known else None,
            "FM"[person % 2] if known else None,
            False,
            int(5 + 100 * values[place, 0]),
            round(0.4 + 0.6 * float(values[place, 1]), 3),
            round(100 * float(values[place, 2]), 1) if posed else None,
            BEHAVIOURS[place % len(BEHAVIOURS)] if posed else None,
            round(2 * float(values[place, 3]) - 1, 3) if posed else None,
            POSTURES[place % len(POSTURES)] if posed else None,
        )


def _coverage(connection: Connection, last_day: date) -> None:
    rows = []
    for day in range(DAYS):
        opens = datetime.combine(last_day - timedelta(days=day), datetime.min.time(), ZoneInfo(ZONE))
        for hour in range(8, 20):
            at = opens.replace(hour=hour).astimezone(UTC)
            rows += [
                {"venue_id": venue_id(0), "hour_at": at, "camera_id": camera, "minutes": 60}
                for camera in CAMERAS
            ]
    for first in range(0, len(rows), CHUNK):
        connection.execute(insert(coverage_hour), rows[first : first + CHUNK])


def _events(connection: Connection, random: np.random.Generator, count: int, last_day: date) -> None:
    events, people = [], []
    first = last_day - timedelta(days=DAYS - 1)
    opening = datetime(first.year, first.month, first.day, 8, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
    for place in range(count):
        at = opening + timedelta(days=int(random.integers(DAYS)), seconds=float(43_200 * random.random()))
        kind = ("interaction", "unattended", "queue")[place % 3]
        event_id = f"event-0-{place}"
        events.append(
            {
                "id": event_id,
                "venue_id": venue_id(0),
                "camera_id": CAMERAS[1],
                "run_id": None,
                "kind": kind,
                "started_at": at,
                "ended_at": at + timedelta(seconds=5 + float(random.exponential(60))),
                "confirmed_at": None,
                "score": 0.9,
                "details": {"position": 1 + place % 4} if kind == "queue" else {},
                "state": "current",
                "created_at": at,
            }
        )
        roles = ["staff", "customer"] if kind == "interaction" else ["customer"]
        people += [
            {
                "event_id": event_id,
                "position": position,
                "track_id": 1_000 * place + position,
                "role": role,
                "role_confidence": 1.0,
                "role_reason": "made",
            }
            for position, role in enumerate(roles)
        ]
    for table, rows in ((event, events), (event_participant, people)):
        for start in range(0, len(rows), CHUNK):
            connection.execute(insert(table), rows[start : start + CHUNK])


def _bulk(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]
) -> None:
    """Rows of raw values as the driver likes them best."""
    names = ", ".join(columns)
    raw = connection.connection.driver_connection
    assert raw is not None
    if connection.dialect.name == "postgresql":
        with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        raw.execute("PRAGMA cache_size = -1000000")
        marks = ", ".join("?" for _ in columns)
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608  our own names
        raw.executemany(statement, rows)
