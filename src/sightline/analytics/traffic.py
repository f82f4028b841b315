"""How many people came, when, where and who: the answers under /analytics/{venue_id}.

Every answer is read from one unchanging state of the database. What each figure is: docs/design/platform.md.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.insights import insights
from sightline.analytics.observation import Observation, observe
from sightline.analytics.shares import minutes_each, percent, points, shares
from sightline.analytics.traffic_window import (
    TrafficWindow,
    people_by_age,
    people_by_gender,
    read_traffic,
    read_with_before,
)
from sightline.analytics.trends import trend_of, week_of
from sightline.analytics.venue_window import period, venue_window, venue_zone
from sightline.analytics.visitor_range import visitor_range
from sightline.domain.local_time import WEEK, Window
from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.figures import (
    HourOfStays,
    LabelledPeople,
    people_by_hour,
    people_by_label_of_each,
    people_by_zone,
    presence,
    presence_by_day,
    presence_by_week,
    stays_by_hour,
    stays_by_zone,
)

HOURS = range(24)
WEEKDAYS = range(7)
HIGH_DWELL_S, MEDIUM_DWELL_S = 300, 120
HIGH_CONFIDENCE, MEDIUM_CONFIDENCE = 0.85, 0.70
PEAKS = 5


@dataclass(frozen=True, slots=True)
class TrafficFigures:
    """Answers about the visitors of a venue; one that does not exist has none, by the clock of UTC.

    Shares are percent with one decimal, minutes have two; of nothing they are None.
    """

    database: Database
    clock: Callable[[], datetime]

    def overview(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """Visitors, returns, dwell, peak hour and labels of the last `days` days, `to` being the last."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            seen = read_traffic(scope, connection, venue_id, window)
            interval = visitor_range(
                scope,
                connection,
                venue_id=venue_id,
                window=window,
                unique=seen.presence.people,
                quality=seen.quality,
            )
        confidence = seen.confidence_level
        return {
            "venue_id": venue_id,
            "period": period(window),
            "total_visitors": seen.stays,
            "unique_visitors": seen.presence.people,
            "repeat_rate": seen.return_rate,
            "avg_dwell_minutes": seen.dwell_minutes,
            "peak_hour": seen.peak_hour,
            "gender_split": shares(people_by_gender(seen.labels)),
            "age_distribution": shares(people_by_age(seen.labels)),
            "hourly_breakdown": None,
            "confidence_level": confidence,
            "visitor_range": interval,
            "data_quality": data_quality(confidence),
            "coverage": seen.observation.answer(window, self.clock()),
        }

    def hourly(self, scope: Scope, venue_id: str, *, day: date | None = None) -> dict[str, Any]:
        """Stays and people of one local day by hour on the wall, 0 to 23.

        The two hours of one name, when the clock goes back, are one entry. An hour that nobody saw is None,
        also the one that a clock skips; where nobody watches, counts are what was told.
        """
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, 1, day)
            people = people_by_hour(scope, connection, venue_id, window)
            hours = stays_by_hour(scope, connection, venue_id, window)
            observation = observe(scope, connection, venue_id, window)
        stays: Counter[int] = Counter()
        for one in hours:
            stays[one.hour_at.astimezone(window.zone).hour] += one.stays
        looked = {at.astimezone(window.zone).hour for at in observation.minutes}
        known = {hour for hour in HOURS if not observation.watched or hour in looked or hour in stays}
        return {
            "venue_id": venue_id,
            "date": window.first,
            "hourly": [
                {
                    "hour": hour,
                    "visitors": stays[hour] if hour in known else None,
                    "unique": people.get(hour, 0) if hour in known else None,
                }
                for hour in HOURS
            ],
            "coverage": observation.answer(window, self.clock()),
        }

    def daily(
        self, scope: Scope, venue_id: str, *, days: int, to: date | None = None
    ) -> list[tuple[date, int | None]]:
        """People on each of the last `days` local days; None for a day of which nobody saw any hour."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            found = presence_by_day(scope, connection, venue_id, window)
            observation = observe(scope, connection, venue_id, window)
        looked = {at.astimezone(window.zone).date() for at in observation.minutes}
        each = [window.first + timedelta(days=number) for number in range(window.days)]
        return [
            (day, there.people if not observation.watched or day in looked or there.stays else None)
            for day, there in zip(each, found, strict=True)
        ]

    def demographics(
        self, scope: Scope, venue_id: str, *, days: int, to: date | None = None
    ) -> dict[str, Any]:
        """Shares of gender and age of a window and of the one before, and by how many points they changed."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            labels = people_by_label_of_each(scope, connection, venue_id, (window, window.before()))
        return _demographics(venue_id, window, *labels)

    def zones(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """People, dwell and engagement of each zone, the most visited first."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            total = presence(scope, connection, venue_id, window).people
            zones = zones_of_window(scope, connection, venue_id, window, total)
        return _zones(venue_id, window, zones, total)

    def trends(self, scope: Scope, venue_id: str, *, weeks: int, to: date | None = None) -> dict[str, Any]:
        """The last `weeks` whole weeks that are over, now and by the end of `to`, and where they lead."""
        now = self.clock()
        with self.database.reading() as connection:
            zone = venue_zone(scope, connection, venue_id)
            yesterday = now.astimezone(zone).date() - timedelta(days=1)
            window = Window.of_weeks(weeks, min(to or yesterday, yesterday), zone)
            found = presence_by_week(scope, connection, venue_id, window)
            observation = observe(scope, connection, venue_id, window)
        weekly = [week_of(window, number, one, observation) for number, one in enumerate(found)]
        trend, growth = trend_of([one["visitors"] for one in weekly])
        return {
            "venue_id": venue_id,
            "weekly": weekly,
            "trend": trend,
            "growth_rate_percent": growth,
            "coverage": observation.answer(window, now),
        }

    def summary(
        self, scope: Scope, venue_id: str, *, days: int, to: date | None = None, language: str = "en"
    ) -> dict[str, Any]:
        """A window beside the one before, with what can be said about it in sentences.

        Args:
            language: of the sentences, `en` or `fr`.
        """
        now = self.clock()
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            current, previous = read_with_before(scope, connection, venue_id, window, labels_of="fully known")
        return _summary(venue_id, current, previous, now, language)

    def heatmap(self, scope: Scope, venue_id: str, *, weeks: int, to: date | None = None) -> dict[str, Any]:
        """Stays by weekday (0 is Monday) and hour on the wall, over `weeks` times seven days up to `to`."""
        now = self.clock()
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, weeks * WEEK, to)
            hours = stays_by_hour(scope, connection, venue_id, window)
            observation = observe(scope, connection, venue_id, window)
        return _heatmap(venue_id, window, hours, observation, now)

    def _window(
        self, scope: Scope, connection: Connection, venue_id: str, days: int, to: date | None
    ) -> Window:
        return venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=self.clock())


def together(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    now: datetime,
    read: tuple[TrafficWindow, TrafficWindow],
) -> dict[str, Any]:
    """Summary, demographics, zones and heatmap of the same days.

    Args:
        read: the window and the one before it.
    """
    current, previous = read
    window = current.window
    total = current.presence.people
    return {
        "executive_summary": _summary(venue_id, current, previous, now, "en"),
        "demographics": demographics_of(venue_id, current, previous),
        "zone_performance": _zones(
            venue_id, window, zones_of_window(scope, connection, venue_id, window, total), total
        ),
        "hourly_heatmap": _heatmap(venue_id, window, current.hours, current.observation, now),
    }


def demographics_of(venue_id: str, current: TrafficWindow, previous: TrafficWindow) -> dict[str, Any]:
    """As `TrafficFigures.demographics`, of windows that were read with all labels."""
    return _demographics(venue_id, current.window, current.labels, previous.labels)


def zones_of_window(
    scope: Scope, connection: Connection, venue_id: str, window: Window, total: int
) -> list[dict[str, Any]]:
    """The member `zones` of `TrafficFigures.zones`.

    Args:
        total: people of the window.
    """
    zones = stays_by_zone(scope, connection, venue_id, window)
    people = people_by_zone(scope, connection, venue_id, window)
    return [
        {
            "zone": one.zone,
            "visitors": people[one.zone],
            "traffic_percent": percent(people[one.zone], total),
            "avg_dwell_minutes": minutes_each(one.dwell_ms, one.stays),
            "engagement": engagement_of_dwell(one.dwell_ms / one.stays / 1000),
        }
        for one in sorted(zones, key=lambda one: (-people[one.zone], one.zone))
    ]


def data_quality(confidence: float | None) -> str | None:
    """A confidence level in a word; None where nothing is known of it."""
    if confidence is None:
        return None
    if confidence >= HIGH_CONFIDENCE:
        return "high"
    return "medium" if confidence >= MEDIUM_CONFIDENCE else "low"


def engagement_of_dwell(seconds: float) -> str:
    """A mean dwell in a zone in a word."""
    if seconds > HIGH_DWELL_S:
        return "High"
    return "Medium" if seconds > MEDIUM_DWELL_S else "Low"


def _slot(hour_at: datetime, window: Window) -> tuple[int, int]:
    wall = hour_at.astimezone(window.zone)
    return wall.weekday(), wall.hour


def _labels(people: Sequence[LabelledPeople]) -> dict[str, Any]:
    return {
        "gender": shares(people_by_gender(people)),
        "age": shares(people_by_age(people)),
        "total": sum(one.people for one in people),
    }


def _summary(
    venue_id: str, current: TrafficWindow, previous: TrafficWindow, now: datetime, language: str
) -> dict[str, Any]:
    return {
        "venue_id": venue_id,
        "period": period(current.window),
        "current": current.summary(),
        "previous": previous.summary(),
        "change": change_between(current, previous),
        "insights": insights(current, previous, now, language),
        "coverage": current.observation.answer(current.window, now),
    }


def _demographics(
    venue_id: str, window: Window, current: Sequence[LabelledPeople], previous: Sequence[LabelledPeople]
) -> dict[str, Any]:
    now, before = _labels(current), _labels(previous)
    return {
        "venue_id": venue_id,
        "period": period(window),
        "current": now,
        "previous": before,
        "change": {kind: points(now[kind], before[kind]) for kind in ("gender", "age")},
    }


def _zones(venue_id: str, window: Window, zones: list[dict[str, Any]], total: int) -> dict[str, Any]:
    return {
        "venue_id": venue_id,
        "period": period(window),
        "total_unique_visitors": total,
        "zones": zones,
    }


def _heatmap(
    venue_id: str, window: Window, hours: Sequence[HourOfStays], observation: Observation, now: datetime
) -> dict[str, Any]:
    counts: Counter[tuple[int, int]] = Counter()
    for one in hours:
        counts[_slot(one.hour_at, window)] += one.stays
    looked = {_slot(at, window) for at in observation.minutes}
    highest = max(counts.values(), default=0)
    slots = [(day, hour) for day in WEEKDAYS for hour in HOURS]
    heat = []
    for day, hour in slots:
        known = not observation.watched or (day, hour) in looked or (day, hour) in counts
        count = counts[day, hour]
        heat.append(
            {
                "day": day,
                "hour": hour,
                "count": count if known else None,
                "intensity": round(count / max(1, highest), 2) if known else None,
            }
        )
    peaks = sorted(counts, key=lambda slot: (-counts[slot], slot))[:PEAKS]
    return {
        "venue_id": venue_id,
        "heatmap": heat,
        "peak_times": [{"day": day, "hour": hour, "count": counts[day, hour]} for day, hour in peaks],
        "max_count": highest,
        "coverage": observation.answer(window, now),
    }


def change_between(current: TrafficWindow, previous: TrafficWindow) -> dict[str, Any]:
    """Member `change` of a summary.

    None where a side is unknown, and in percent also where there was nobody before.
    """
    known = current.known and previous.known
    visitors = current.stays - previous.stays
    dwell, before = current.dwell_minutes, previous.dwell_minutes
    return {
        "visitors": visitors if known else None,
        "visitors_percent": percent(visitors, previous.stays) if known else None,
        "dwell_minutes": None if dwell is None or before is None else round(dwell - before, 2),
    }
