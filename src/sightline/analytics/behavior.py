"""How engaged people were, what they did and how they stood: of a window, by hour of the day, by zone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.venue_window import venue_window
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.behavior_figures import (
    BEHAVIOR,
    POSTURE,
    BehaviorSums,
    behavior_by_hour,
    behavior_by_zone,
    behavior_sums,
    behaviors_by_hour,
    behaviors_by_zone,
    label_counts,
)
from sightline.store.database import Database
from sightline.store.observed_hours import observed_hours_on_wall

MILLION = 1_000_000
HOURS = range(24)
NAMED = ("engaged", "browsing", "passing")
"""Behaviours that are counted by the hour."""
NOTHING = BehaviorSums()


@dataclass(frozen=True, slots=True)
class BehaviorFigures:
    """Answers about the behaviour of a venue's visitors.

    Scores and shares are rounded to one decimal, orientations to two; of nothing they are None. Everything is
    over the stays that carry the value, and a venue that does not exist has none.
    """

    database: Database
    clock: Callable[[], datetime]

    def behavior(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """Engagement, behaviours, postures and orientation of the last `days` days, `to` being the last."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            sums = behavior_sums(scope, connection, venue_id, window)
            labels = label_counts(scope, connection, venue_id, window)
        return {
            "venue_id": venue_id,
            "period": period(window),
            "engagement": _engagement(sums),
            "behavior_types": _of_kind(labels, BEHAVIOR),
            "postures": _of_kind(labels, POSTURE),
            "body_orientation": _orientation(sums),
            "total_analyzed": sums.scored_n,
        }

    def by_hour(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """Engagement by hour on the wall, all 24. Counts of an hour that was never observed are None."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            sums = behavior_by_hour(scope, connection, venue_id, window)
            labels = behaviors_by_hour(scope, connection, venue_id, window, NAMED)
            observed = observed_hours_on_wall(scope, connection, venue_id, window)
        scored = {hour: mean_score(one) for hour, one in sums.items() if one.scored_n}
        peak = min(scored, key=lambda hour: (-scored[hour], hour), default=None)
        return {
            "venue_id": venue_id,
            "period": period(window),
            "hourly_engagement": [
                _hour(hour, sums, labels, known=observed is None or hour in observed) for hour in HOURS
            ],
            "peak_engagement_hour": peak,
            "peak_engagement_score": None if peak is None else _tenths(scored[peak]),
            "insight": _insight(scored, sums),
        }

    def by_zone(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """Engagement, dwell and behaviours by zone, the zones with most stays first."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            sums = behavior_by_zone(scope, connection, venue_id, window)
            labels = behaviors_by_zone(scope, connection, venue_id, window)
        order = sorted(sums, key=lambda zone: (-sums[zone].stays, zone))
        return {
            "venue_id": venue_id,
            "period": period(window),
            "zones": [_zone(zone, sums[zone], labels) for zone in order],
            "insights": _zone_insights(sums),
        }

    def _window(
        self, scope: Scope, connection: Connection, venue_id: str, days: int, to: date | None
    ) -> Window:
        return venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=self.clock())


def period(window: Window) -> str:
    """The window in words."""
    return f"Last {window.days} days"


def mean_score(sums: BehaviorSums) -> Fraction:
    """Exact, so that which of two hours was better does not hang on rounding. At least one stay is scored."""
    return Fraction(sums.score_millionths, sums.scored_n * MILLION)


def _tenths(value: Fraction) -> float:
    return round(float(value), 1)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _engagement(sums: BehaviorSums) -> dict[str, Any]:
    return {
        "average_score": _tenths(mean_score(sums)) if sums.scored_n else None,
        "min_score": sums.score_min,
        "max_score": sums.score_max,
        "highly_engaged_count": sums.high_n,
        "highly_engaged_percent": _percent(sums.high_n, sums.scored_n),
        "moderately_engaged_count": sums.moderate_n,
        "low_engaged_count": sums.scored_n - sums.high_n - sums.moderate_n,
    }


def _orientation(sums: BehaviorSums) -> dict[str, Any]:
    mean = sums.orientation_millionths / MILLION / sums.oriented_n if sums.oriented_n else None
    return {
        "facing_camera": sums.facing_n,
        "sideways": sums.oriented_n - sums.facing_n - sums.away_n,
        "facing_away": sums.away_n,
        "avg_orientation": None if mean is None else round(mean, 2),
    }


def _of_kind(labels: Mapping[tuple[str, str], int], kind: str) -> dict[str, int]:
    """The labels of one kind, the commonest first."""
    found = {label: stays for (of, label), stays in labels.items() if of == kind}
    return {label: found[label] for label in sorted(found, key=lambda label: (-found[label], label))}


def _hour(
    hour: int, sums: Mapping[int, BehaviorSums], labels: Mapping[tuple[int, str], int], *, known: bool
) -> dict[str, Any]:
    found = sums.get(hour, NOTHING)
    unseen = None if not known and not found.stays else 0
    return {
        "hour": hour,
        "avg_engagement": _tenths(mean_score(found)) if found.scored_n else None,
        "visitor_count": found.stays or unseen,
    } | {f"{name}_count": labels.get((hour, name), unseen) for name in NAMED}


def _insight(scored: Mapping[int, Fraction], sums: Mapping[int, BehaviorSums]) -> str | None:
    """Best and worst hour in a sentence; None while there is nothing to compare."""
    if len(scored) < 2 or len(set(scored.values())) == 1:
        return None
    best = min(scored, key=lambda hour: (-scored[hour], hour))
    worst = min(scored, key=lambda hour: (scored[hour], hour))
    return (
        f"Engagement is highest from {best:02}:00 ({_tenths(scored[best])} on average over"
        f" {sums[best].scored_n} scored stays) and lowest from {worst:02}:00 ({_tenths(scored[worst])} over"
        f" {sums[worst].scored_n})."
    )


def _zone(zone: str, sums: BehaviorSums, labels: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    mix = {label: stays for (of, label), stays in labels.items() if of == zone}
    labelled = sum(mix.values())
    return {
        "zone": zone,
        "avg_engagement": _tenths(mean_score(sums)) if sums.scored_n else None,
        "visitor_count": sums.stays,
        "avg_dwell_seconds": round(sums.dwell_ms / sums.stays / 1000, 1) if sums.stays else None,
        "behavior_mix": {
            label: round(100 * mix[label] / labelled, 1)
            for label in sorted(mix, key=lambda label: (-mix[label], label))
        }
        or None,
    }


def _zone_insights(sums: Mapping[str, BehaviorSums]) -> dict[str, str | None]:
    scored = {zone: mean_score(one) for zone, one in sums.items() if one.scored_n}
    best = min(scored, key=lambda zone: (-scored[zone], zone), default=None)
    worst = min(scored, key=lambda zone: (scored[zone], zone), default=None)
    if best is None or worst is None or scored[best] == scored[worst]:
        return {"highest_engagement_zone": best, "lowest_engagement_zone": None, "recommendation": None}
    return {
        "highest_engagement_zone": best,
        "lowest_engagement_zone": worst,
        "recommendation": (
            f"People engage most in {best} ({_tenths(scored[best])} on average) and least in {worst}"
            f" ({_tenths(scored[worst])}): see what {best} shows and how it is staffed, and try it in {worst}."
        ),
    }
