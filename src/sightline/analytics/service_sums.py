"""Service events added up: durations by kind, events by hour, customers and what they waited, staff by day.

People are tracks. A track id means the same person within one camera and run and, of events that another
program told without a run, within one local day.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import numpy as np

from sightline.analytics.shares import percent
from sightline.domain.event import EventKind, Role
from sightline.domain.local_time import Window, day_number, day_of_number, day_start
from sightline.store.service_figures import PersonServed, ServiceMoment

MILLION = 1_000_000
MICROSECOND = timedelta(microseconds=1)
QUARTER_S = 900
"""Clocks are put forward and back at whole quarters of an hour."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INTERACTION, UNATTENDED, QUEUE = (
    kind.value for kind in (EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE)
)
STAFF = Role.STAFF.value
HOURS = range(24)

Person = tuple[str, str | None, int | None, int]
"""Camera, run, the day where there is no run, track."""


class WallClock:
    """Local day and hour of many moments: the zone is asked once for each quarter of an hour."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._known: dict[int, tuple[int, int]] = {}

    def day_and_hour(self, at_us: int) -> tuple[int, int]:
        """Days since 1970-01-01, and the hour from 0 to 23."""
        quarter = at_us // (QUARTER_S * MILLION)
        found = self._known.get(quarter)
        if found is None:
            wall = datetime.fromtimestamp(quarter * QUARTER_S, self._zone)
            found = self._known[quarter] = day_number(wall.date()), wall.hour
        return found


def kinds_added_up(moments: Sequence[ServiceMoment]) -> dict[str, Any]:
    """Members `interactions`, `unattended` and `queues`: how many, how long."""
    took: dict[str, list[int]] = {INTERACTION: [], UNATTENDED: [], QUEUE: []}
    for one in moments:
        took[one.kind].append(one.ended_us - one.started_us)
    met, alone, queued = took[INTERACTION], took[UNATTENDED], took[QUEUE]
    return {
        "interactions": {
            "count": len(met),
            "duration_s": percentiles(met) | {"mean": seconds(sum(met) / len(met)) if met else None},
        },
        "unattended": {
            "count": len(alone),
            "duration_s": percentiles(alone),
            "confirmed": sum(one.confirmed for one in moments if one.kind == UNATTENDED),
        },
        "queues": {
            "count": len(queued),
            "wait_s": percentiles(queued) | {"longest": seconds(max(queued)) if queued else None},
            **_lines(one.line_length for one in moments),
        },
    }


def hours_added_up(
    moments: Iterable[ServiceMoment], clock: WallClock, observed: set[int] | None
) -> list[dict[str, Any]]:
    """Events by the hour in which they began, all 24.

    Args:
        observed: hours of the day that were looked at; None where nobody looks. Counts of an hour that was
            never observed, and in which nothing was told, are None.
    """
    counts = Counter((clock.day_and_hour(one.started_us)[1], one.kind) for one in moments)
    hours = []
    for hour in HOURS:
        met, alone, queued = (counts[hour, kind] for kind in (INTERACTION, UNATTENDED, QUEUE))
        known = observed is None or hour in observed or met + alone + queued > 0
        hours.append(
            {
                "hour": hour,
                "interactions": met if known else None,
                "unattended": alone if known else None,
                "queues": queued if known else None,
                "unattended_rate_percent": percent(alone, met + alone),
            }
        )
    return hours


def customers_added_up(people: Iterable[PersonServed], clock: WallClock) -> dict[str, Any]:
    """How many customers were served, and how long they waited for it.

    The wait ends with the first interaction. It began when the customer was first alone, where that was
    long enough for an event before it; else when the customer was first seen, where that is known.
    """
    met: dict[Person, int] = {}
    alone: dict[Person, int] = {}
    seen: dict[Person, int] = {}
    for one in people:
        if one.role == STAFF:
            continue
        who, first = _person(one, clock), met if one.kind == INTERACTION else alone
        first[who] = min(one.started_us, first.get(who, one.started_us))
        if one.first_us is not None:
            seen[who] = one.first_us
    waits = []
    for who, met_at in met.items():
        since = alone.get(who)
        if since is None or since > met_at:
            since = seen.get(who)
        if since is not None and since <= met_at:
            waits.append(met_at - since)
    customers = len(met.keys() | alone.keys())
    return {
        "customers": {"served": len(met), "unattended_or_served": customers},
        "share_served_percent": percent(len(met), customers),
        "time_to_first_attention_s": {"count": len(waits)} | percentiles(waits),
    }


def staff_added_up(people: Iterable[PersonServed], window: Window, clock: WallClock) -> list[dict[str, Any]]:
    """What each member of staff did on each local day, by day, camera, run and track."""
    served: defaultdict[tuple[int, str, str | None, int], list[PersonServed]] = defaultdict(list)
    of_day: Counter[int] = Counter()
    for one in people:
        if one.kind == INTERACTION and one.role == STAFF:
            day = clock.day_and_hour(one.started_us)[0]
            served[day, one.camera_id, one.run_id, one.track_id].append(one)
            of_day[day] += 1
    begins = {day: _day_us(day, window.zone) for known in of_day for day in (known, known + 1)}
    staff = []
    for day, camera_id, run_id, track_id in sorted(served, key=lambda who: (*who[:2], who[2] or "", who[3])):
        mine = served[day, camera_id, run_id, track_id]
        busy_us = _within_any(mine)
        staff.append(
            {
                "date": day_of_number(day),
                "camera_id": camera_id,
                "run_id": run_id,
                "staff_id": track_id,
                "interactions": len(mine),
                "share_percent": percent(len(mine), of_day[day]),
                "busy_s": seconds(busy_us),
                "busy_percent": _busy_percent(busy_us, mine[0], begins[day], begins[day + 1]),
            }
        )
    return staff


def seconds(microseconds: float) -> float:
    """Two decimals."""
    return round(microseconds / MILLION, 2)


def percentiles(microseconds: Sequence[int]) -> dict[str, float | None]:
    """p50 and p90 in seconds, by linear interpolation between the two nearest values; None of nothing."""
    if not microseconds:
        return {"p50": None, "p90": None}
    half, most = np.percentile(microseconds, (50, 90))
    return {"p50": seconds(float(half)), "p90": seconds(float(most))}


def _lines(told: Iterable[str | None]) -> dict[str, float | int | None]:
    """Mean and greatest length of the line, over the events that tell it as a whole number."""
    lengths = [int(length) for length in told if length is not None and length.isdecimal()]
    return {
        "mean_length": round(sum(lengths) / len(lengths), 1) if lengths else None,
        "longest_line": max(lengths, default=None),
    }


def _person(one: PersonServed, clock: WallClock) -> Person:
    day = clock.day_and_hour(one.started_us)[0] if one.run_id is None else None
    return one.camera_id, one.run_id, day, one.track_id


def _within_any(served: Iterable[PersonServed]) -> int:
    """Microseconds within any of the interactions: serving two people at once is being busy once."""
    busy = until = 0
    for one in sorted(served, key=lambda one: one.started_us):
        busy += max(0, one.ended_us - max(until, one.started_us))
        until = max(until, one.ended_us)
    return busy


def _day_us(number: int, zone: tzinfo) -> int:
    """When a local day begins, in microseconds since 1970 UTC."""
    return (day_start(day_of_number(number), zone) - EPOCH) // MICROSECOND


def _busy_percent(busy_us: int, one: PersonServed, begin_us: int, end_us: int) -> float | None:
    """Of the time in view on a day, at most 100; None when that is not known."""
    if one.first_us is None or one.last_us is None:
        return None
    in_view = min(end_us, one.last_us) - max(begin_us, one.first_us)
    return min(100.0, round(100 * busy_us / in_view, 1)) if in_view > 0 else None
