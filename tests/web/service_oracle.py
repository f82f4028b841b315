"""The figures of the service once more, from a plain list of events: no SQL, nothing of the product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sightline.domain.event import EventKind, Participant, Role
from sightline.store.events import StoredEvent

INTERACTION, UNATTENDED, QUEUE = EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE
CAMERA_OF_RUN = {"run_a": "till", "run_b": "till", "run_c": "door"}
SECOND = timedelta(seconds=1)

Tracks = Mapping[tuple[str, int], tuple[datetime, datetime]]
"""First and last moment of some of the people, by run (its bare name) and track."""


@dataclass(frozen=True)
class Story:
    """What happened in a shop."""

    events: list[StoredEvent]
    tracks: Tracks


@st.composite
def stories(draw: st.DrawFn, around: datetime, venue_id: str, *, most: int = 25) -> Story:
    """Events within some days of a moment, of so few people that they meet again and overlap."""
    events = [
        draw(_events(around, venue_id, f"{venue_id}_e{number}"))
        for number in range(draw(st.integers(0, most)))
    ]
    tracks = {}
    for run in CAMERA_OF_RUN:
        for track in range(1, 7):
            if draw(st.booleans()):
                first = around + timedelta(seconds=draw(st.integers(-300_000, 200_000)))
                tracks[run, track] = (first, first + timedelta(seconds=draw(st.integers(0, 90_000))))
    return Story(events, tracks)


@st.composite
def _events(draw: st.DrawFn, around: datetime, venue_id: str, event_id: str) -> StoredEvent:
    kind = draw(st.sampled_from([INTERACTION, INTERACTION, UNATTENDED, QUEUE, EventKind.SECURITY]))
    run = draw(st.sampled_from([None, *CAMERA_OF_RUN]))
    start = around + draw(st.sampled_from([timedelta(), timedelta(hours=12), timedelta(days=-1)]))
    start += timedelta(seconds=draw(st.integers(-900, 900)))
    end = start + timedelta(seconds=draw(st.integers(0, 400)))
    staff = [Participant(draw(st.integers(1, 2)), Role.STAFF, 0.9, "drawn")]
    role = draw(st.sampled_from([Role.CUSTOMER, Role.CUSTOMER, Role.UNKNOWN]))
    customers = [Participant(draw(st.integers(3, 6)), role, 0.8, "drawn")]
    length = draw(st.none() | st.integers(1, 6))
    return StoredEvent(
        id=event_id,
        venue_id=venue_id,
        camera_id=draw(st.sampled_from(["till", "door"])) if run is None else CAMERA_OF_RUN[run],
        run_id=None if run is None else f"{venue_id}_{run}",
        kind=kind,
        started_at=start,
        ended_at=end,
        confirmed_at=end if draw(st.booleans()) and kind is UNATTENDED else None,
        score=0.75,
        details={} if length is None or kind is not QUEUE else {"line_length": length, "zone": "queue"},
        state=draw(st.sampled_from(["current", "current", "current", "superseded"])),
        created_at=around,
        participants=tuple(staff + customers if kind is INTERACTION else customers),
        ongoing=draw(st.sampled_from([False, False, False, True])),
    )


def counted(events: Sequence[StoredEvent], zone: str, days: int, to: date) -> list[StoredEvent]:
    """Concluded service events that begin on one of the last `days` local days."""
    first = to - timedelta(days=days - 1)
    return [
        one
        for one in events
        if one.state == "current"
        and not one.ongoing
        and one.kind is not EventKind.SECURITY
        and first <= one.started_at.astimezone(ZoneInfo(zone)).date() <= to
    ]


def seconds(events: Sequence[StoredEvent], kind: EventKind) -> list[float]:
    return [one.duration / SECOND for one in events if one.kind is kind]


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    if len(values) < 2:
        return dict.fromkeys(("p50", "p90"), values[0] if values else None)
    tenths = quantiles(values, n=10, method="inclusive")
    return {"p50": round(tenths[4], 2), "p90": round(tenths[8], 2)}


def service(events: Sequence[StoredEvent], tracks: Tracks, zone: str) -> dict[str, Any]:
    """Everything but the rows; `events` are those that count."""
    met, waits, lines = (seconds(events, kind) for kind in (INTERACTION, UNATTENDED, QUEUE))
    lengths = [int(str(one.details["line_length"])) for one in events if "line_length" in one.details]
    served, people, gaps = _attention(events, tracks, zone)
    return {
        "interactions": {
            "count": len(met),
            "duration_s": percentiles(met) | {"mean": round(sum(met) / len(met), 2) if met else None},
        },
        "unattended": {
            "count": len(waits),
            "duration_s": percentiles(waits),
            "confirmed": sum(one.kind is UNATTENDED and one.confirmed_at is not None for one in events),
        },
        "queues": {
            "count": len(lines),
            "wait_s": percentiles(lines) | {"longest": max(lines, default=None)},
            "mean_length": round(sum(lengths) / len(lengths), 1) if lengths else None,
            "longest_line": max(lengths, default=None),
        },
        "customers": {"served": served, "unattended_or_served": people},
        "share_served_percent": round(100 * served / people, 1) if people else None,
        "time_to_first_attention_s": {"count": len(gaps)} | percentiles(gaps),
        "by_hour": [_hour(events, zone, hour) for hour in range(24)],
        "staff": _staff(events, tracks, zone),
    }


Person = tuple[str, str | None, date | None, int]


def _person(one: StoredEvent, who: Participant, zone: str) -> Person:
    """Without a run, the same number means the same person on one day only."""
    day = one.started_at.astimezone(ZoneInfo(zone)).date() if one.run_id is None else None
    return one.camera_id, one.run_id, day, who.track_id


def _track_of(run_id: str | None, track_id: int, tracks: Tracks) -> tuple[datetime, datetime] | None:
    return None if run_id is None else tracks.get((run_id[run_id.index("run_") :], track_id))


def _attention(events: Sequence[StoredEvent], tracks: Tracks, zone: str) -> tuple[int, int, list[float]]:
    met: dict[Person, list[datetime]] = {}
    alone: dict[Person, list[datetime]] = {}
    for one in events:
        into = {INTERACTION: met, UNATTENDED: alone}.get(one.kind)
        if into is not None:
            for who in one.participants:
                if who.role is not Role.STAFF:
                    into.setdefault(_person(one, who, zone), []).append(one.started_at)
    gaps = []
    for person, times in met.items():
        first = min(times)
        since = [at for at in alone.get(person, []) if at <= first]
        seen = _track_of(person[1], person[3], tracks)
        if since:
            gaps.append((first - min(since)) / SECOND)
        elif seen is not None and seen[0] <= first:
            gaps.append((first - seen[0]) / SECOND)
    return len(met), len(met.keys() | alone.keys()), gaps


def _hour(events: Sequence[StoredEvent], zone: str, hour: int) -> dict[str, Any]:
    there = [one.kind for one in events if one.started_at.astimezone(ZoneInfo(zone)).hour == hour]
    met, alone = there.count(INTERACTION), there.count(UNATTENDED)
    return {
        "hour": hour,
        "interactions": met,
        "unattended": alone,
        "queues": there.count(QUEUE),
        "unattended_rate_percent": round(100 * alone / (met + alone), 1) if met + alone else None,
    }


def _staff(events: Sequence[StoredEvent], tracks: Tracks, zone: str) -> list[dict[str, Any]]:
    """Busy seconds are counted one by one: all stories happen in whole seconds."""
    clock = ZoneInfo(zone)
    mine: dict[tuple[date, str, str | None, int], list[StoredEvent]] = {}
    for one in events:
        if one.kind is INTERACTION:
            who = next(person.track_id for person in one.participants if person.role is Role.STAFF)
            day = one.started_at.astimezone(clock).date()
            mine.setdefault((day, one.camera_id, one.run_id, who), []).append(one)
    found = []
    for (day, camera_id, run_id, who), served in mine.items():
        busy = {
            second
            for one in served
            for second in range(int(one.started_at.timestamp()), int(one.ended_at.timestamp()))
        }
        of_day = sum(len(others) for key, others in mine.items() if key[0] == day)
        found.append(
            {
                "date": day,
                "camera_id": camera_id,
                "run_id": run_id,
                "staff_id": who,
                "interactions": len(served),
                "share_percent": round(100 * len(served) / of_day, 1),
                "busy_s": float(len(busy)),
                "busy_percent": _busy_percent(len(busy), _track_of(run_id, who, tracks), day, clock),
            }
        )
    return sorted(
        found, key=lambda row: (row["date"], row["camera_id"], row["run_id"] or "", row["staff_id"])
    )


def _busy_percent(
    busy_s: int, seen: tuple[datetime, datetime] | None, day: date, clock: ZoneInfo
) -> float | None:
    if seen is None:
        return None
    begin, after = (
        datetime.combine(one, datetime.min.time(), clock).timestamp()
        for one in (day, day + timedelta(days=1))
    )
    in_view = min(seen[1].timestamp(), after) - max(seen[0].timestamp(), begin)
    return None if in_view <= 0 else min(100.0, round(100 * busy_s / in_view, 1))
