"""How engaged people were, what they did and how they stood: of a window, by hour of the day, by zone."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.observation import observe
from sightline.analytics.shares import percent
from sightline.analytics.venue_window import period, venue_window
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.behavior_figures import (
    BEHAVIOR,
    POSTURE,
    BehaviorSums,
    behavior_by_zone,
    behavior_sums,
    behaviors_by_hour,
    behaviors_by_zone,
    engagement_by_hour,
    label_counts,
)
from sightline.store.database import Database

MILLION = 1_000_000
HOURS = range(24)
NAMED = ("engaged", "browsing", "passing")
"""Behaviours that are counted by the hour."""


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
            return behavior_of_window(scope, connection, venue_id, window)

    def by_hour(self, scope: Scope, venue_id: str, *, days: int, to: date | None = None) -> dict[str, Any]:
        """Engagement by hour on the wall, all 24. Counts of an hour that was never observed are None."""
        with self.database.reading() as connection:
            window = self._window(scope, connection, venue_id, days, to)
            hours = engagement_by_hour(scope, connection, venue_id, window)
            behaviors = behaviors_by_hour(scope, connection, venue_id, window, NAMED)
            observed = observe(scope, connection, venue_id, window).hours_on_wall(window.zone)
        stays, scores, totals, labels = (
            Counter[int](),
            Counter[int](),
            Counter[int](),
            Counter[tuple[int, str]](),
        )
        for one in hours:
            hour = one.hour_at.astimezone(window.zone).hour
            stays[hour] += one.stays
            scores[hour] += one.scored_n
            totals[hour] += one.score_millionths
        for hour_at, label, count in behaviors:
            labels[hour_at.astimezone(window.zone).hour, label] += count
        means = {hour: mean_score(totals[hour], scores[hour]) for hour in HOURS if scores[hour]}
        peak = min(means, key=lambda hour: (-means[hour], hour), default=None)
        known = {hour for hour in HOURS if observed is None or hour in observed or stays[hour]}
        return {
            "venue_id": venue_id,
            "period": period(window),
            "hourly_engagement": [
                {
                    "hour": hour,
                    "avg_engagement": _tenths(means[hour]) if hour in means else None,
                    "visitor_count": stays[hour] if hour in known else None,
                    **{f"{name}_count": labels[hour, name] if hour in known else None for name in NAMED},
                }
                for hour in HOURS
            ],
            "peak_engagement_hour": peak,
            "peak_engagement_score": None if peak is None else _tenths(means[peak]),
            "insight": _insight(means, scores),
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


def behavior_of_window(scope: Scope, connection: Connection, venue_id: str, window: Window) -> dict[str, Any]:
    """Engagement, behaviours, postures and orientation of a window."""
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


def mean_score(millionths: int, scores: int) -> Fraction:
    """Exact, so that which of two hours was better does not hang on rounding."""
    return Fraction(millionths, scores * MILLION)


def _tenths(value: Fraction) -> float:
    return round(float(value), 1)


def _engagement(sums: BehaviorSums) -> dict[str, Any]:
    return {
        "average_score": _tenths(mean_score(sums.score_millionths, sums.scored_n)) if sums.scored_n else None,
        "min_score": sums.score_min,
        "max_score": sums.score_max,
        "highly_engaged_count": sums.high_n,
        "highly_engaged_percent": percent(sums.high_n, sums.scored_n),
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


def _insight(means: Mapping[int, Fraction], scores: Mapping[int, int]) -> str | None:
    """Best and worst hour in a sentence; None while there is nothing to compare."""
    if len(set(means.values())) < 2:
        return None
    best = min(means, key=lambda hour: (-means[hour], hour))
    worst = min(means, key=lambda hour: (means[hour], hour))
    return (
        f"Engagement is highest from {best:02}:00 ({_tenths(means[best])} on average over {scores[best]}"
        f" scored stays) and lowest from {worst:02}:00 ({_tenths(means[worst])} over {scores[worst]})."
    )


def _zone(zone: str, sums: BehaviorSums, labels: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    mix = {label: stays for (of, label), stays in labels.items() if of == zone}
    labelled = sum(mix.values())
    return {
        "zone": zone,
        "avg_engagement": _tenths(mean_score(sums.score_millionths, sums.scored_n))
        if sums.scored_n
        else None,
        "visitor_count": sums.stays,
        "avg_dwell_seconds": round(sums.dwell_ms / sums.stays / 1000, 1) if sums.stays else None,
        "behavior_mix": {
            label: percent(mix[label], labelled)
            for label in sorted(mix, key=lambda label: (-mix[label], label))
        }
        or None,
    }


def _zone_insights(sums: Mapping[str, BehaviorSums]) -> dict[str, str | None]:
    scored = {
        zone: mean_score(one.score_millionths, one.scored_n) for zone, one in sums.items() if one.scored_n
    }
    best = min(scored, key=lambda zone: (-scored[zone], zone), default=None)
    worst = min(scored, key=lambda zone: (scored[zone], zone), default=None)
    if best is None or worst is None or scored[best] == scored[worst]:
        return {"highest_engagement_zone": best, "lowest_engagement_zone": None, "recommendation": None}
    return {
        "highest_engagement_zone": best,
        "lowest_engagement_zone": worst,
        "recommendation": (
            f"People engage most in {best} ({_tenths(scored[best])} on average) and least in {worst}"
            f" ({_tenths(scored[worst])}). See what {best} shows and how it is staffed, and try the same"
            f" in {worst}."
        ),
    }
