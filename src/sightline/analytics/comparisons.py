"""Venues beside each other: some that are named, all of a kind, all on a map."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.venue_figures import VenueSums, stays_by_venue, sums_by_venue
from sightline.store.venues import StoredVenue, list_venues

MINUTE_MS = 60_000
FEWEST_OTHERS = 5
"""Venues of others below which a mean over them would tell what one of them does."""
MAP_DAYS = 30
AVERAGED = ("avg_daily_visitors", "avg_dwell_minutes", "return_rate_percent")
GENERIC = {
    "avg_daily_visitors": 50.0,
    "avg_dwell_minutes": 25.0,
    "return_rate_percent": 20.0,
    "peak_hour": 20,
}


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Answers that need more than one venue."""

    database: Database
    clock: Callable[[], datetime]

    def venues(self, scope: Scope, venue_ids: Sequence[str], *, days: int, to: date | None) -> dict[str, Any]:
        """Figures of some venues in the order asked for, and their means; what is not there is left out."""
        with self.database.reading() as connection:
            known = {one.id: one for one in list_venues(scope, connection)}
            chosen = [known[one] for one in venue_ids if one in known]
            sums = self._sums(scope, connection, chosen, days, to)
        return {
            "period": f"Last {days} days",
            "venues": [{"venue_id": one.id, "name": one.name, **figures_of(sums[one.id])} for one in chosen],
            "averages": averages(sums.values()),
        }

    def industry(self, scope: Scope, venue_type: str, *, days: int, to: date | None) -> dict[str, Any]:
        """The means over the venues of one type that had visitors.

        Who may not see all venues gets the means over their own; over everybody's only when five or more
        venues of others are in them.
        """
        wanted = venue_type.strip().casefold()
        with self.database.reading() as connection:
            # The whole site: what one venue does does not show in a mean over many, and which venues there
            # are is not told.
            everywhere = Scope.site()
            of_type = [
                one
                for one in list_venues(everywhere, connection)
                if (one.venue_type or "").strip().casefold() == wanted
            ]
            sums = self._sums(everywhere, connection, of_type, days, to)
        busy = {venue_id: one for venue_id, one in sums.items() if one.stays}
        own = {venue_id: one for venue_id, one in busy.items() if scope.allows(venue_id)}
        everybody = scope.venues is None or len(busy) - len(own) >= FEWEST_OTHERS
        sample = busy if everybody else own
        answer: dict[str, Any] = {
            "venue_type": venue_type,
            "period": f"Last {days} days",
            "sample_size": len(sample),
        }
        if not sample:
            note = (
                "no venue of this type had visitors in this period; these are generic figures, not measured"
            )
            return {**answer, "benchmarks": GENERIC, "source": "generic", "note": note}
        means = averages(sample.values())
        return {
            **answer,
            "benchmarks": {name: means[name] for name in GENERIC},
            "source": "all venues of this type" if everybody else "your venues of this type",
            "note": None,
        }

    def on_map(self, scope: Scope) -> list[dict[str, Any]]:
        """All venues with their places and the stays of their last 30 local days, today included."""
        with self.database.reading() as connection:
            venues = list_venues(scope, connection)
            stays: dict[str, int] = {}
            for window, ids in self._windows(venues, MAP_DAYS, None).items():
                stays |= stays_by_venue(scope, connection, ids, start=window.start, end=window.end)
        return [
            {
                "id": one.id,
                "name": one.name,
                "latitude": one.latitude,
                "longitude": one.longitude,
                "h3_zone": one.h3_zone,
                "city": one.city,
                "country": one.country,
                "venue_type": one.venue_type,
                "visitors": stays.get(one.id, 0),
            }
            for one in venues
        ]

    def _sums(
        self,
        scope: Scope,
        connection: Connection,
        venues: Iterable[StoredVenue],
        days: int,
        to: date | None,
    ) -> dict[str, VenueSums]:
        sums: dict[str, VenueSums] = {}
        for window, ids in self._windows(venues, days, to).items():
            sums |= sums_by_venue(scope, connection, ids, window)
        return sums

    def _windows(
        self, venues: Iterable[StoredVenue], days: int, to: date | None
    ) -> Mapping[Window, Sequence[str]]:
        """Which venues have which window: their days are those of their own clocks."""
        now = self.clock()
        windows: dict[Window, list[str]] = {}
        for one in venues:
            zone = ZoneInfo(one.timezone)
            window = Window.of_days(days, to or now.astimezone(zone).date(), zone)
            windows.setdefault(window, []).append(one.id)
        return windows


def figures_of(sums: VenueSums) -> dict[str, Any]:
    """The figures of one venue; averages and shares of nothing are None."""
    daily = _over(sums.people_days, sums.observed_days)
    dwell = _over(sums.dwell_ms, sums.visits * MINUTE_MS)
    returns = _over(100 * sums.returned, sums.people)
    return {
        "total_visitors": sums.stays,
        "unique_visitors": sums.people,
        "avg_daily_visitors": None if daily is None else round(daily, 1),
        "avg_dwell_minutes": None if dwell is None else round(dwell, 2),
        "return_rate_percent": None if returns is None else round(returns, 1),
        "peak_hour": _peak(sums.stays_by_hour),
    }


def averages(sums: Iterable[VenueSums]) -> dict[str, Any]:
    """Means over the venues that have the figure; each venue weighs the same. The peak is of all stays."""
    all_sums = list(sums)
    figures = [figures_of(one) for one in all_sums]
    by_hour: dict[int, int] = {}
    for one in all_sums:
        for hour, stays in one.stays_by_hour.items():
            by_hour[hour] = by_hour.get(hour, 0) + stays
    means = {
        name: _mean([one[name] for one in figures if one[name] is not None])
        for name in ("total_visitors", "unique_visitors", *AVERAGED)
    }
    return {**means, "peak_hour": _peak(by_hour)}


def _over(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None


def _peak(by_hour: Mapping[int, int]) -> int | None:
    """The hour with most stays, the earlier one on a tie."""
    return min(by_hour, key=lambda hour: (-by_hour[hour], hour), default=None)
