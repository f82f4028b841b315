"""The figures of traffic once more, from the list of stays alone: plain Python, no database, nothing shared.

Written after docs/design/platform.md. Hours and days come from the standard library's time zones.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sightline.domain.stay import Stay

GAP = timedelta(minutes=30)
DAY = timedelta(days=1)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
NAMED = ("M", "F", "unknown")


@dataclass(frozen=True)
class Visit:
    """Of one person; `returned`: not their first one, or marked."""

    who: str
    start: datetime
    dwell: timedelta
    returned: bool


@dataclass(frozen=True)
class Shop:
    """All that was ever told of one venue: its stays, and the minutes (camera, begin) that were looked at."""

    zone: ZoneInfo
    stays: Sequence[Stay]
    minutes: frozenset[tuple[str, datetime]] = frozenset()

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def hour(self, at: datetime) -> int:
        return at.astimezone(self.zone).hour

    def visits(self) -> list[Visit]:
        found = []
        for who in {one.pseudo_id for one in self.stays}:
            group: list[Stay] = []
            number = 0
            for one in sorted((s for s in self.stays if s.pseudo_id == who), key=lambda s: s.at):
                if group and one.at - max(s.until for s in group) > GAP:
                    found.append(_visit(group, number))
                    group, number = [], number + 1
                group.append(one)
            found.append(_visit(group, number))
        return found

    def between(self, first: date, last: date) -> "Figures":
        return Figures(self, first, last)


def _visit(group: Sequence[Stay], number: int) -> Visit:
    dwell = sum((one.dwell for one in group), timedelta())
    return Visit(group[0].pseudo_id, group[0].at, dwell, number > 0 or any(one.is_repeat for one in group))


class Figures:
    """Those of the days `first` to `last`, both included."""

    def __init__(self, shop: Shop, first: date, last: date) -> None:
        self.shop, self.first, self.last = shop, first, last
        self.stays = [one for one in shop.stays if first <= shop.day(one.at) <= last]
        self.visits = [one for one in shop.visits() if first <= shop.day(one.start) <= last]
        self.people = {one.pseudo_id for one in self.stays}
        self.returned = {one.who for one in self.visits if one.returned} | {
            one.pseudo_id for one in self.stays if one.is_repeat
        }
        self.minutes = [one for one in shop.minutes if first <= shop.day(one[1]) <= last]
        self.watched = bool(shop.minutes)

    @property
    def dwell_minutes(self) -> float | None:
        return mean([one.dwell / timedelta(minutes=1) for one in self.visits])

    @property
    def rate(self) -> float | None:
        return percent(len(self.returned), len(self.people))

    def label(self, kind: str, who: str) -> str:
        told = [s for s in self.shop.stays if s.pseudo_id == who and getattr(s, kind) is not None]
        return getattr(max(told, key=lambda s: s.at), kind) if told else "unknown"

    def shares(self, kind: str) -> dict[str, float] | None:
        if not self.people:
            return None
        found = Counter(self.label(kind, who) for who in self.people)
        always = NAMED if kind == "gender" else ("unknown",)
        return {name: 100 * found[name] / len(self.people) for name in {*found, *always}}

    def most(self, of: Callable[[datetime], int]) -> int | None:
        found = Counter(of(one.at) for one in self.stays)
        return min((what for what in found if found[what] == max(found.values())), default=None)

    @property
    def peak_hour(self) -> int | None:
        return self.most(self.shop.hour)

    @property
    def confidence(self) -> float | None:
        good = [s for s in self.stays if s.track_frames is not None and s.detection_conf is not None]
        if not good:
            return None
        frames = sum(s.track_frames or 0 for s in good) / len(good)
        confidence = sum(s.detection_conf or 0.0 for s in good) / len(good)
        return 0.6 * clamp((frames - 5) / 25 + 0.5) + 0.4 * clamp(confidence)

    def looked_hours(self) -> set[tuple[date, int]]:
        return {(self.shop.day(at), self.shop.hour(at)) for _, at in self.minutes}

    def coverage(self) -> dict[str, Any]:
        best: dict[Any, Counter[str]] = defaultdict(Counter)
        for camera, at in self.minutes:
            wall = at.astimezone(self.shop.zone)
            best[wall.date(), wall.hour, wall.utcoffset()][camera] += 1
        observed = sum(max(one.values()) for one in best.values()) / 60
        midnight = [
            datetime.combine(d, time(), self.shop.zone).astimezone(UTC) for d in (self.first, self.last + DAY)
        ]
        hours = (midnight[1] - midnight[0]) / timedelta(hours=1)
        return {
            "known": self.watched,
            "cameras": len({camera for camera, _ in self.minutes}),
            "observed_hours": observed if self.watched else None,
            "window_hours": hours,
            "observed_share": observed / hours if self.watched else None,
        }

    def summary(self) -> dict[str, Any]:
        both = Counter(
            f"{self.label('gender', who)} {self.label('age_bracket', who)}"
            for who in self.people
            if "unknown" not in (self.label("gender", who), self.label("age_bracket", who))
        )
        weekday = self.most(lambda at: self.shop.day(at).weekday())
        scores = [s.engagement_score for s in self.stays if s.engagement_score is not None]
        return {
            "total_visitors": len(self.stays),
            "unique_visitors": len(self.people),
            "return_visitors": len(self.returned),
            "return_rate_percent": self.rate,
            "avg_dwell_minutes": self.dwell_minutes,
            "peak_hour": self.peak_hour,
            "peak_day": None if weekday is None else WEEKDAYS[weekday],
            "top_demographic": min((x for x in both if both[x] == max(both.values())), default=None),
            "avg_engagement": mean(scores),
            "engaged_percent": percent(sum(one >= 70 for one in scores), len(scores)),
        }

    @property
    def known(self) -> bool:
        """Whether no stay would mean that nobody came."""
        if self.stays or self.minutes:
            return True
        begun = min((self.shop.day(one.at) for one in self.shop.stays), default=date.max)
        return not self.watched and begun <= self.last


def overview(shop: Shop, days: int, to: date) -> dict[str, Any]:
    """Of GET /analytics/{venue_id}; `visitor_range` is another one's."""
    now = shop.between(to - DAY * (days - 1), to)
    level = now.confidence
    return {
        "period": f"Last {days} days",
        "total_visitors": len(now.stays),
        "unique_visitors": len(now.people),
        "repeat_rate": now.rate,
        "avg_dwell_minutes": now.dwell_minutes,
        "peak_hour": now.peak_hour,
        "gender_split": now.shares("gender"),
        "age_distribution": now.shares("age_bracket"),
        "hourly_breakdown": None,
        "confidence_level": level,
        "data_quality": level and ("high" if level >= 0.85 else "medium" if level >= 0.7 else "low"),
        "coverage": now.coverage(),
    }


def hourly(shop: Shop, day: date) -> dict[str, Any]:
    now = shop.between(day, day)
    entries = []
    for hour in range(24):
        here = [one for one in now.stays if shop.hour(one.at) == hour]
        seen = not now.watched or here or (day, hour) in now.looked_hours()
        people = {one.pseudo_id for one in here}
        entries.append(
            {"hour": hour, "visitors": len(here), "unique": len(people)}
            if seen
            else {"hour": hour, "visitors": None, "unique": None}
        )
    return {"date": day.isoformat(), "hourly": entries, "coverage": now.coverage()}


def demographics(shop: Shop, days: int, to: date) -> dict[str, Any]:
    both = [shop.between(end - DAY * (days - 1), end) for end in (to, to - DAY * days)]
    sides = [
        {"gender": one.shares("gender"), "age": one.shares("age_bracket"), "total": len(one.people)}
        for one in both
    ]
    change: dict[str, Any] = {}
    for kind in ("gender", "age"):
        now, before = (side[kind] for side in sides)
        change[kind] = None
        if now is not None and before is not None:
            change[kind] = {name: now.get(name, 0) - before.get(name, 0) for name in {*now, *before}}
    return {"period": f"Last {days} days", "current": sides[0], "previous": sides[1], "change": change}


def zones(shop: Shop, days: int, to: date) -> dict[str, Any]:
    now = shop.between(to - DAY * (days - 1), to)
    found = []
    for name in {one.zone for one in now.stays}:
        here = [one for one in now.stays if one.zone == name]
        people = {one.pseudo_id for one in here}
        seconds = sum(one.dwell.total_seconds() for one in here) / len(here)
        found.append(
            {
                "zone": name,
                "visitors": len(people),
                "traffic_percent": percent(len(people), len(now.people)),
                "avg_dwell_minutes": seconds / 60,
                "engagement": "High" if seconds > 300 else "Medium" if seconds > 120 else "Low",
            }
        )
    found.sort(key=lambda one: (-one["visitors"], one["zone"]))
    return {
        "period": f"Last {days} days",
        "total_unique_visitors": len(now.people),
        "zones": found,
    }


def trends(shop: Shop, weeks: int, to: date) -> dict[str, Any]:
    sunday = max(day for day in (to - DAY * n for n in range(7)) if day.weekday() == 6)
    weekly = []
    for number in range(weeks, 0, -1):
        end = sunday - DAY * 7 * (number - 1)
        one = shop.between(end - DAY * 6, end)
        known = one.known or not (shop.stays or shop.minutes)
        weekly.append(
            {
                "week": one.first.isoformat(),
                "visitors": len(one.stays) if known else None,
                "avg_dwell_minutes": one.dwell_minutes,
                "return_rate_percent": one.rate,
            }
        )
    data = [one["visitors"] for one in weekly if one["visitors"] is not None]
    half = len(data) // 2
    earlier, later = data[:half], data[len(data) - half :]
    trend, growth = "insufficient_data", None
    if sum(earlier):
        growth = (sum(later) / half - sum(earlier) / half) / (sum(earlier) / half) * 100
        trend = "growing" if growth > 5 else "declining" if growth < -5 else "stable"
    return {
        "weekly": weekly,
        "trend": trend,
        "growth_rate_percent": growth,
        "coverage": shop.between(sunday - DAY * (7 * weeks - 1), sunday).coverage(),
    }


def summary(shop: Shop, days: int, to: date) -> dict[str, Any]:
    """Of GET .../summary, without its sentences."""
    now, before = (shop.between(end - DAY * (days - 1), end) for end in (to, to - DAY * days))
    known = now.known and before.known
    more = len(now.stays) - len(before.stays)
    dwell = now.dwell_minutes, before.dwell_minutes
    return {
        "period": f"Last {days} days",
        "current": now.summary(),
        "previous": before.summary(),
        "change": {
            "visitors": more if known else None,
            "visitors_percent": percent(more, len(before.stays)) if known else None,
            "dwell_minutes": None if dwell[0] is None or dwell[1] is None else dwell[0] - dwell[1],
        },
        "coverage": now.coverage(),
    }


def heatmap(shop: Shop, weeks: int, to: date) -> dict[str, Any]:
    now = shop.between(to - DAY * (7 * weeks - 1), to)
    counts = Counter((shop.day(one.at).weekday(), shop.hour(one.at)) for one in now.stays)
    looked = {(day.weekday(), hour) for day, hour in now.looked_hours()}
    top = max(counts.values(), default=0)
    heat = []
    for slot in [(day, hour) for day in range(7) for hour in range(24)]:
        seen = not now.watched or slot in looked or slot in counts
        heat.append(
            {
                "day": slot[0],
                "hour": slot[1],
                "count": counts[slot] if seen else None,
                "intensity": (counts[slot] / top if top else 0.0) if seen else None,
            }
        )
    peaks = sorted(((-n, slot) for slot, n in counts.items() if n))[:5]
    return {
        "heatmap": heat,
        "peak_times": [{"day": day, "hour": hour, "count": -n} for n, (day, hour) in peaks],
        "max_count": top,
        "coverage": now.coverage(),
    }


def clamp(value: float) -> float:
    return min(1.0, max(0.5, value))


def percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return sum(values) / len(values) if values else None


def differences(answer: Any, expected: Any, where: str = "answer") -> list[str]:
    """Where an answer is not what was expected; numbers may be rounded as the answers round them."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        wrong = [f"{where}: {key!r} on one side" for key in {*answer} ^ {*expected}]
        for key in {*answer} & {*expected}:
            wrong += differences(answer[key], expected[key], f"{where}.{key}")
        return wrong
    if isinstance(expected, list) and isinstance(answer, list) and len(expected) == len(answer):
        pairs = enumerate(zip(answer, expected, strict=True))
        return [text for place, (a, e) in pairs for text in differences(a, e, f"{where}[{place}]")]
    if isinstance(expected, float) and type(answer) in (int, float):
        off = 0.101 if ".change." in where and "percent" not in where else 0.0501
        off = ROUNDING.get(where.rpartition(".")[2], off)
        return [] if abs(answer - expected) <= off else [f"{where}: {answer}, not {expected}"]
    same = answer == expected and type(answer) is type(expected)
    return [] if same else [f"{where}: {answer!r}, not {expected!r}"]


ROUNDING = {
    "avg_dwell_minutes": 0.00501,
    "dwell_minutes": 0.01001,
    "confidence_level": 0.000051,
    "observed_hours": 0.00501,
    "window_hours": 0.00501,
    "observed_share": 0.000051,
    "intensity": 0.00501,
}
"""Half of the last digit of a figure; of all others it is half a tenth. A difference of two has both."""
