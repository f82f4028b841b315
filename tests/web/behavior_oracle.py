"""The figures of behaviour once more, from a plain list of stays: no SQL, nothing of the product."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sightline.domain.stay import Stay

BEHAVIORS = ("engaged", "browsing", "passing", "<b>odd</b>")
POSTURES = ("upright", "leaning", "crouching")


@st.composite
def told_stays(draw: st.DrawFn, around: datetime, *, most: int = 25) -> list[Stay]:
    """Stays within some days of a moment: few people and zones, scores on both sides of every limit."""
    stays = []
    for number in range(draw(st.integers(0, most))):
        tenths = draw(st.none() | st.sampled_from([0, 499, 500, 699, 700, 1000]) | st.integers(0, 1000))
        orientation = draw(st.none() | st.integers(-100, 100) | st.sampled_from([-31, -30, 30, 31]))
        stays.append(
            Stay(
                pseudo_id=f"p{draw(st.integers(0, 4))}",
                at=around
                + timedelta(minutes=draw(st.integers(-5_000, 5_000)), seconds=draw(st.integers(0, 59))),
                zone=draw(st.sampled_from(["shelves", "till", "<i>door</i>"])),
                camera_id=draw(st.sampled_from(["", "north", "south"])),
                dwell=timedelta(milliseconds=draw(st.integers(0, 600_000))),
                event_id=f"e{number}",
                engagement_score=None if tenths is None else tenths / 10,
                behavior_type=draw(st.none() | st.sampled_from(BEHAVIORS)),
                body_orientation=None if orientation is None else orientation / 100,
                posture=draw(st.none() | st.sampled_from(POSTURES)),
            )
        )
    return stays


def made_up(seed: int, count: int = 400) -> list[Stay]:
    """A month in October: a clock goes back in its middle."""
    dice = random.Random(seed)
    return [
        Stay(
            pseudo_id=f"p{dice.randrange(60)}",
            at=noon("2026-10-25") + timedelta(minutes=dice.randrange(-20_000, 20_000)),
            zone=dice.choice(["shelves", "till", "<script>alert(1)</script>"]),
            camera_id=dice.choice(["", "north"]),
            dwell=timedelta(milliseconds=dice.randrange(400_000)),
            event_id=str(number),
            engagement_score=dice.choice([None, dice.randrange(1001) / 10]),
            behavior_type=dice.choice([None, *BEHAVIORS]),
            body_orientation=dice.choice([None, dice.randrange(-100, 101) / 100]),
            posture=dice.choice([None, *POSTURES]),
        )
        for number in range(count)
    ]


def within(stays: Sequence[Stay], zone: str, days: int, to: date) -> list[Stay]:
    """Those that begin on one of the last `days` days of the calendar in `zone`."""
    first = to - timedelta(days=days - 1)
    return [one for one in stays if first <= one.at.astimezone(ZoneInfo(zone)).date() <= to]


def exact(value: float) -> Fraction:
    return Fraction(str(value))


def mean_score(stays: Sequence[Stay]) -> Fraction | None:
    scores = [exact(one.engagement_score) for one in stays if one.engagement_score is not None]
    return sum(scores, Fraction()) / len(scores) if scores else None


def tenths(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 1)


def percent(part: int, whole: int) -> float | None:
    return None if whole == 0 else round(100 * part / whole, 1)


def tally(labels: Sequence[str | None]) -> dict[str, int]:
    return {label: labels.count(label) for label in labels if label is not None}


def behavior(stays: Sequence[Stay]) -> dict[str, Any]:
    scores = [one.engagement_score for one in stays if one.engagement_score is not None]
    ways = [exact(one.body_orientation) for one in stays if one.body_orientation is not None]
    high = sum(score >= 70 for score in scores)
    return {
        "engagement": {
            "average_score": tenths(mean_score(stays)),
            "min_score": min(scores, default=None),
            "max_score": max(scores, default=None),
            "highly_engaged_count": high,
            "highly_engaged_percent": percent(high, len(scores)),
            "moderately_engaged_count": sum(50 <= score < 70 for score in scores),
            "low_engaged_count": sum(score < 50 for score in scores),
        },
        "behavior_types": tally([one.behavior_type for one in stays]),
        "postures": tally([one.posture for one in stays]),
        "body_orientation": {
            "facing_camera": sum(way > Fraction(3, 10) for way in ways),
            "sideways": sum(abs(way) <= Fraction(3, 10) for way in ways),
            "facing_away": sum(way < Fraction(-3, 10) for way in ways),
            "avg_orientation": round(float(sum(ways) / len(ways)), 2) if ways else None,
        },
        "total_analyzed": len(scores),
    }


def by_hour(stays: Sequence[Stay], zone: str) -> dict[str, Any]:
    hours = {
        hour: [one for one in stays if one.at.astimezone(ZoneInfo(zone)).hour == hour] for hour in range(24)
    }
    means = {hour: mean for hour in hours if (mean := mean_score(hours[hour])) is not None}
    best = next((hour for hour in means if means[hour] == max(means.values())), None)
    return {
        "hourly_engagement": [
            {
                "hour": hour,
                "avg_engagement": tenths(means.get(hour)),
                "visitor_count": len(hours[hour]),
                **{
                    f"{label}_count": sum(one.behavior_type == label for one in hours[hour])
                    for label in ("engaged", "browsing", "passing")
                },
            }
            for hour in range(24)
        ],
        "peak_engagement_hour": best,
        "peak_engagement_score": None if best is None else tenths(means[best]),
    }


def by_zone(stays: Sequence[Stay]) -> dict[str, Any]:
    """`zones` by name, and the names of the best and the worst one."""
    zones = {name: [one for one in stays if one.zone == name] for name in {one.zone for one in stays}}
    means = {name: mean for name in sorted(zones) if (mean := mean_score(zones[name])) is not None}
    best = [name for name in means if means[name] == max(means.values())]
    worst = [name for name in means if means[name] == min(means.values())]
    alike = len(set(means.values())) < 2
    answer = {}
    for name, there in zones.items():
        labels = tally([one.behavior_type for one in there])
        dwell = sum((one.dwell for one in there), timedelta())
        answer[name] = {
            "zone": name,
            "avg_engagement": tenths(means.get(name)),
            "visitor_count": len(there),
            "avg_dwell_seconds": round(dwell / timedelta(seconds=1) / len(there), 1),
            "behavior_mix": {label: percent(count, sum(labels.values())) for label, count in labels.items()}
            or None,
        }
    return {
        "zones": answer,
        "highest": best[0] if best else None,
        "lowest": None if alike else worst[0],
    }


def noon(text: str) -> datetime:
    """Twelve UTC on a date."""
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) + timedelta(hours=12)
