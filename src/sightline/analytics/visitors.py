"""Known visitors of a venue: who they are, how faithful, who came back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sightline.analytics.venue_window import venue_window, venue_zone
from sightline.domain.local_time import WEEK, day_of_number, local_day
from sightline.domain.loyalty import LAPSED_AFTER, TIERS, is_lapsed, loyalty_score, loyalty_tier
from sightline.domain.scope import Scope
from sightline.store import visitors as people
from sightline.store.database import Database
from sightline.store.visitors import KnownOfDays, QuarterHour, StoredVisitor, VisitCount

MINUTE_MS = 60_000
HISTORY = timedelta(days=400)
TOP = 10
SPANS = tuple(sorted({tier.within for tier in TIERS if tier.within is not None} | {LAPSED_AFTER}))
"""How long ago a last visit may be for one tier or another."""


@dataclass(frozen=True, slots=True)
class Visitors:
    """Answers about the people of a venue. Shares are percent with one decimal, minutes have two.

    A venue that is not there has no visitors, and averages of nobody are None.
    """

    database: Database
    clock: Callable[[], datetime]

    def listed(
        self, scope: Scope, venue_id: str, *, sort_by: str, limit: int, offset: int
    ) -> tuple[list[dict[str, Any]], int]:
        """A page of the known visitors, and how many there are in all.

        Args:
            sort_by: last_seen, first_seen (newest first) or visit_count (most first).
        """
        with self.database.reading() as connection:
            found = people.list_known(
                scope, connection, venue_id, sort_by=sort_by, limit=limit, offset=offset
            )
            total = people.count_known(scope, connection, venue_id)
        now = self.clock()
        return [told(one, now) for one in found], total

    def stats(self, scope: Scope, venue_id: str) -> dict[str, Any]:
        """How the known visitors spread over the tiers of loyalty, and what they do on average."""
        with self.database.reading() as connection:
            counts = people.visit_counts(scope, connection, venue_id, now=self.clock(), spans=SPANS)
            marked = people.marked_first_visits(scope, connection, venue_id)
        visitors = sum(one.visitors for one in counts)
        visits = sum(one.visits * one.visitors for one in counts)
        dwell_ms = sum(one.dwell_ms for one in counts)
        tiers = _by_tier(counts)
        return {
            "venue_id": venue_id,
            "total_known_visitors": visitors,
            "loyalty_distribution": tiers,
            "loyalty_percentages": {name: _percent(count, visitors) for name, count in tiers.items()},
            "lapsed_visitors": sum(one.visitors for one in counts if one.span == len(SPANS)),
            "avg_visits_per_visitor": round(visits / visitors, 2) if visitors else None,
            "avg_lifetime_dwell_minutes": round(dwell_ms / visitors / MINUTE_MS, 2) if visitors else None,
            "total_return_visits": visits - visitors + marked,
        }

    def history(self, scope: Scope, venue_id: str, pseudo_id: str) -> dict[str, Any] | None:
        """One person, and what they did on each local day of the 400 days up to their last stay.

        None when the venue knows nobody of this pseudonym.
        """
        with self.database.reading() as connection:
            zone = venue_zone(scope, connection, venue_id)
            found = people.get_visitor(scope, connection, venue_id, pseudo_id)
            if found is None:
                return None
            since = found.last_at - HISTORY
            quarters = people.quarters_of(scope, connection, venue_id, found.id, since=since)
            visits = people.visits_since(scope, connection, venue_id, found.id, since=since)
        return {
            "venue_id": venue_id,
            "profile": told(found, self.clock()),
            "sessions": _sessions(quarters, visits, zone),
        }

    def returning(self, scope: Scope, venue_id: str, *, days: int, to: date | None) -> dict[str, Any]:
        """Who came back in a window, and who of those before it.

        `retention` holds the window against the one before, and each seven days of it against the seven
        before them.
        """
        with self.database.reading() as connection:
            now = self.clock()
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=now)
            last, weeks = window.last_number, window.days // WEEK
            counted = people.people_of_window(scope, connection, venue_id, window)
            here, before = people.known_by_stretch(
                scope, connection, venue_id, last_day=last, length=window.days, stretches=2
            )
            weekly = people.known_by_stretch(
                scope, connection, venue_id, last_day=last, length=WEEK, stretches=weeks + 1
            )
            top = people.top_returning(scope, connection, venue_id, window, limit=TOP)
        return {
            "venue_id": venue_id,
            "period": f"Last {window.days} days",
            "summary": {
                "total_visitors": counted.people,
                "known_visitors": here.known,
                "tracking_rate": _percent(here.known, counted.people),
                "return_events": counted.returns,
                "return_event_rate": _percent(counted.returns, counted.visits),
            },
            "retention": {
                **_kept(here, before),
                "weekly": [
                    {
                        "week_ending": day_of_number(last - WEEK * number),
                        "known_visitors": weekly[number].known,
                        **_kept(weekly[number], weekly[number + 1]),
                    }
                    for number in reversed(range(weeks))
                ],
            },
            "top_returning_visitors": [
                {**told(one, now), "visits_in_period": visits_there} for one, visits_there in top
            ],
        }


def told(one: StoredVisitor, now: datetime) -> dict[str, Any]:
    """A visitor as programs are told of them."""
    since_last = now - one.last_at
    return {
        "visitor_id": one.pseudo_id,
        "known": one.lasting,
        "first_seen": one.first_at,
        "last_seen": one.last_at,
        "visit_count": one.visits,
        "total_dwell_minutes": round(one.dwell_ms / MINUTE_MS, 2),
        "avg_dwell_minutes": round(one.dwell_ms / one.visits / MINUTE_MS, 2) if one.visits else None,
        "age_bracket": one.age_bracket,
        "gender": one.gender,
        "loyalty_score": loyalty_score(one.visits, since_last),
        "loyalty_tier": loyalty_tier(one.visits, since_last),
        "lapsed": is_lapsed(since_last),
    }


def _by_tier(counts: Iterable[VisitCount]) -> dict[str, int]:
    longer = SPANS[-1] + timedelta(microseconds=1)
    tiers = {tier.name: 0 for tier in TIERS}
    for one in counts:
        # All of one span are on the same side of every limit, so its far end stands for them.
        since_last = SPANS[one.span] if one.span < len(SPANS) else longer
        tiers[loyalty_tier(one.visits, since_last)] += one.visitors
    return tiers


def _sessions(
    quarters: Iterable[QuarterHour], visits: Iterable[tuple[datetime, int]], zone: tzinfo
) -> list[dict[str, Any]]:
    """By local day, newest first: stays count where they begin, visits with all their dwell likewise."""
    days: dict[int, list[QuarterHour]] = {}
    for one in quarters:
        days.setdefault(local_day(one.first_at, zone), []).append(one)
    dwells: dict[int, list[int]] = {}
    for started_at, dwell_ms in visits:
        dwells.setdefault(local_day(started_at, zone), []).append(dwell_ms)
    return [
        {
            "date": day_of_number(day),
            "visits": len(dwells.get(day, ())),
            "dwell_minutes": round(sum(dwells.get(day, ())) / MINUTE_MS, 2),
            "zones": list(dict.fromkeys(one.zone for one in days[day])),
            "first_seen": days[day][0].first_at,
            "last_seen": max(one.last_until for one in days[day]),
        }
        for day in sorted(days, reverse=True)
    ]


def _kept(now: KnownOfDays, before: KnownOfDays) -> dict[str, Any]:
    """How many of the known people of the days before are there again."""
    return {
        "previous_known_visitors": before.known,
        "seen_again": now.again,
        "retention_percent": _percent(now.again, before.known),
    }


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
