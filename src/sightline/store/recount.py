"""What is made of stays and of minutes that cameras looked, made again from nothing but these.

The yardstick of what `store/stays` and `store/coverage` keep up as they go, and the repair. Written to be
obviously right, and apart from them: they share the tables and the definition of an hour, and no code that
counts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, insert, select, update

from sightline.domain.local_time import local_day, local_hour
from sightline.domain.scope import Scope
from sightline.domain.stay import FACING, HIGHLY_ENGAGED, MODERATELY_ENGAGED
from sightline.domain.visit import StaySpan, visits_of
from sightline.errors import StoreError
from sightline.store.statements import demand
from sightline.store.tables import coverage, venue
from sightline.store.visitor_tables import (
    coverage_hour,
    hour_rollup,
    label_rollup,
    stay,
    visit,
    visitor,
    visitor_day,
)

MILLION = 1_000_000
MILLISECOND = timedelta(milliseconds=1)
CHUNK = 5_000
FACTS = {"venue_id", "pseudo_id", "lasting"}
"""Of a visitor: told, not made of stays."""
MADE = (visitor, visit, visitor_day, hour_rollup, label_rollup)
NAMED_AT_MOST = 20

Key = tuple[Any, ...]
Values = dict[str, Any]


def rebuild(scope: Scope, connection: Connection, venue_id: str) -> None:
    """Make all rows anew that are made of the stays of a venue. `coverage_hour` is `covered_hours`' to make.

    People without a stay go. Takes some 20 s per million stays; other writers of the venue wait.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    made = _recounted(connection, venue_id)
    for table in (label_rollup, hour_rollup, visitor_day, visit):
        connection.execute(delete(table).where(table.c.venue_id == venue_id))
        _insert(connection, table, made[table])
    known = {row.id for row in connection.execute(select(visitor.c.id).where(visitor.c.venue_id == venue_id))}
    with_stays = {visitor_id for (visitor_id,) in made[visitor]}
    if with_stays:
        rows = [{"who": visitor_id} | values for (visitor_id,), values in made[visitor].items()]
        connection.execute(update(visitor).where(visitor.c.id == bindparam("who")), rows)
    for visitor_id in sorted(known - with_stays):
        connection.execute(delete(visitor).where(visitor.c.id == visitor_id))


def differences(scope: Scope, connection: Connection, venue_id: str) -> list[str]:
    """What is stored against what it is made of, a sentence for each row that differs; empty when all agree.

    At most 20 are named for each table, and how many more there are.

    Raises:
        StoreError: outside the scope, or no such venue.
    """
    demand(scope, venue_id)
    made = _recounted(connection, venue_id)
    made[coverage_hour] = _recounted_coverage(connection, venue_id)
    return [sentence for table in made for sentence in _compared(connection, venue_id, table, made[table])]


@dataclass(slots=True)
class _Day:
    """One person on one day."""

    stays: int = 0
    visits: int = 0
    dwell_ms: int = 0
    returns: int = 0
    marked: int = 0


def _sums(stays: list[Row[Any]]) -> Values:
    """The stays that begin in one hour, in one zone, before one camera."""
    quality = [s for s in stays if s.track_frames is not None and s.detection_conf is not None]
    scores = [s.engagement_score for s in stays if s.engagement_score is not None]
    turned = [s.body_orientation for s in stays if s.body_orientation is not None]
    return {
        "stays": len(stays),
        "dwell_ms": sum(s.dwell_ms for s in stays),
        "quality_n": len(quality),
        "frames_sum": sum(s.track_frames for s in quality),
        "confidence_millionths": sum(round(s.detection_conf * MILLION) for s in quality),
        "scored_n": len(scores),
        "score_millionths": sum(round(score * MILLION) for score in scores),
        "score_min": min(scores, default=None),
        "score_max": max(scores, default=None),
        "high_n": sum(score >= HIGHLY_ENGAGED for score in scores),
        "moderate_n": sum(MODERATELY_ENGAGED <= score < HIGHLY_ENGAGED for score in scores),
        "oriented_n": len(turned),
        "orientation_millionths": sum(round(value * MILLION) for value in turned),
        "facing_n": sum(value > FACING for value in turned),
        "away_n": sum(value < -FACING for value in turned),
    }


def _recounted(connection: Connection, venue_id: str) -> dict[Table, dict[Key, Values]]:
    """Rows by primary key, for each table."""
    zone = _zone(connection, venue_id)
    made: dict[Table, dict[Key, Values]] = {table: {} for table in MADE}
    by_person = _stays(connection, venue_id, stay.c.visitor_id, stay.c.at)
    for visitor_id, stays in groupby(by_person, key=lambda row: row.visitor_id):
        _recount_person(made, venue_id, visitor_id, list(stays), zone)
    in_time = _stays(connection, venue_id, stay.c.at)
    for hour_at, stays in groupby(in_time, key=lambda row: local_hour(row.at, zone)):
        _recount_hour(made, venue_id, hour_at, stays)
    return made


def _stays(connection: Connection, venue_id: str, *order: ColumnElement[Any]) -> Iterable[Row[Any]]:
    query = select(stay).where(stay.c.venue_id == venue_id).order_by(*order, stay.c.id)
    return connection.execute(query, execution_options={"yield_per": CHUNK})


def _recounted_coverage(connection: Connection, venue_id: str) -> dict[Key, Values]:
    zone = _zone(connection, venue_id)
    minutes: Counter[Key] = Counter()
    query = select(coverage.c.minute_at, coverage.c.camera_id).where(
        coverage.c.venue_id == venue_id, coverage.c.frames_seen > 0
    )
    for minute_at, camera_id in connection.execute(query, execution_options={"yield_per": CHUNK}):
        minutes[venue_id, local_hour(minute_at, zone), camera_id] += 1
    return {key: {"minutes": number} for key, number in minutes.items()}


def _recount_hour(
    made: dict[Table, dict[Key, Values]], venue_id: str, hour_at: datetime, stays: Iterable[Row[Any]]
) -> None:
    places: dict[Key, list[Row[Any]]] = defaultdict(list)
    for one in stays:
        places[venue_id, hour_at, one.camera_id, one.zone].append(one)
    for place, there in places.items():
        made[hour_rollup][place] = _sums(there)
        labels = [("behavior", one.behavior_type) for one in there]
        labels += [("posture", one.posture) for one in there]
        for (kind, label), number in Counter(labels).items():
            if label is not None:
                made[label_rollup][*place, kind, label] = {"stays": number}


def _recount_person(
    made: dict[Table, dict[Key, Values]],
    venue_id: str,
    visitor_id: int,
    stays: list[Row[Any]],
    zone: ZoneInfo,
) -> None:
    visits = visits_of(
        StaySpan(at=one.at, dwell=one.dwell_ms * MILLISECOND, marked=one.is_repeat) for one in stays
    )
    days: dict[int, _Day] = defaultdict(_Day)
    for one in stays:
        day = days[local_day(one.at, zone)]
        day.stays += 1
        day.marked += one.is_repeat
    for number, presence in enumerate(visits):
        made[visit][visitor_id, presence.started_at] = {
            "venue_id": venue_id,
            "ended_at": presence.ended_at,
            "dwell_ms": presence.dwell // MILLISECOND,
            "stays": presence.stays,
            "marked": presence.marked,
        }
        day = days[local_day(presence.started_at, zone)]
        day.visits += 1
        day.dwell_ms += presence.dwell // MILLISECOND
        day.returns += number > 0 or presence.marked
    last_day = last_return = None
    for day_number, day in sorted(days.items()):
        made[visitor_day][venue_id, day_number, visitor_id] = {
            "stays": day.stays,
            "visits": day.visits,
            "dwell_ms": day.dwell_ms,
            "returns": day.returns,
            "marked": day.marked,
            "returned": day.returns > 0 or day.marked > 0,
            "previous_day": last_day,
            "previous_return": last_return,
        }
        last_day = day_number
        last_return = day_number if day.returns > 0 or day.marked > 0 else last_return
    age_at, age = _newest([(one.at, one.age_bracket) for one in stays])
    gender_at, gender = _newest([(one.at, one.gender) for one in stays])
    made[visitor][visitor_id,] = {
        "first_at": visits[0].started_at,
        "last_at": max(presence.ended_at for presence in visits),
        "visits": len(visits),
        "dwell_ms": sum(one.dwell_ms for one in stays),
        "age_bracket": age,
        "age_at": age_at,
        "gender": gender,
        "gender_at": gender_at,
        "last_day": last_day,
        "last_return": last_return,
    }


def _newest(told: list[tuple[datetime, str | None]]) -> tuple[datetime | None, str | None]:
    """The label told last, and when; of two told at the same moment the greater."""
    return max([(at, label) for at, label in told if label is not None], default=(None, None))


def _zone(connection: Connection, venue_id: str) -> ZoneInfo:
    name = connection.execute(select(venue.c.timezone).where(venue.c.id == venue_id)).scalar_one_or_none()
    if name is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    return ZoneInfo(name)


def _insert(connection: Connection, table: Table, rows: dict[Key, Values]) -> None:
    keys = [column.name for column in table.primary_key]
    ordered = sorted(rows)
    for first in range(0, len(ordered), CHUNK):
        chunk = ordered[first : first + CHUNK]
        connection.execute(insert(table), [dict(zip(keys, key, strict=True)) | rows[key] for key in chunk])


def _compared(
    connection: Connection, venue_id: str, table: Table, expected: dict[Key, Values]
) -> Iterator[str]:
    keys = [column.name for column in table.primary_key]
    told = 0
    stored: set[Key] = set()
    wrong: list[str] = []
    query = select(table).where(table.c.venue_id == venue_id)
    if table is coverage_hour:
        query = query.where(coverage_hour.c.minutes > 0)  # an hour of none is as good as no row
    for row in connection.execute(query, execution_options={"yield_per": CHUNK}):
        values = row._asdict()
        key = tuple(values.pop(name) for name in keys)
        stored.add(key)
        if table is visitor:
            values = {name: value for name, value in values.items() if name not in FACTS}
        if key not in expected:
            wrong.append(f"{table.name} {_named(key)} is stored, and there is nothing for it")
        elif values != expected[key]:
            wrong.append(_difference(table, key, values, expected[key]))
    wrong += [
        f"{table.name} {_named(key)} is missing: {expected[key]}" for key in sorted(expected.keys() - stored)
    ]
    for sentence in wrong[:NAMED_AT_MOST]:
        told += 1
        yield sentence
    if len(wrong) > told:
        yield f"{table.name}: {len(wrong) - told} more rows differ"


def _difference(table: Table, key: Key, stored: Values, expected: Values) -> str:
    parts = [
        f"{name} is {_shown(stored[name])} and should be {_shown(value)}"
        for name, value in expected.items()
        if stored[name] != value
    ]
    return f"{table.name} {_named(key)}: {', '.join(parts)}"


def _named(key: Key) -> str:
    return "/".join(_shown(part) for part in key)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
