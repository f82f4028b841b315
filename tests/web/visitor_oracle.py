"""What the routes of visitors should say, reckoned from the list of stays in plain Python."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sightline.domain.stay import Stay

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ZONES = ("Europe/Paris", "America/St_Johns", "UTC")


@st.composite
def told(draw: st.DrawFn, most: int = 40) -> list[tuple[str, int, int, str, bool, str | None, str | None]]:
    """Who, minutes before now, minutes of dwell, zone, marked, age, gender: few people, often close by."""
    found = []
    for _ in range(draw(st.integers(0, most))):
        day = draw(st.integers(0, 70))
        found.append(
            (
                draw(st.sampled_from(["anna", "b/ü ?#%", "carl", "t1", "t2"])),
                day * 1440 + draw(st.integers(0, 180)),
                draw(st.integers(0, 45)),
                draw(st.sampled_from(["door", "till", "shelf"])),
                draw(st.integers(0, 9)) == 0,
                draw(st.sampled_from([None, "20-29", "30-39"])),
                draw(st.sampled_from([None, "M", "F"])),
            )
        )
    return found


def stays_of(told: Sequence[Any], now: datetime) -> list[Stay]:
    """Half a minute off the limits of tiers, and no two at the same moment."""
    return [
        Stay(
            pseudo_id=who,
            at=now - ago * MINUTE - timedelta(seconds=30, milliseconds=number),
            zone=zone,
            dwell=dwell * MINUTE,
            is_repeat=marked,
            age_bracket=age,
            gender=gender,
            lasting=not who.startswith("t"),
        )
        for number, (who, ago, dwell, zone, marked, age, gender) in enumerate(told)
    ]


@dataclass
class Person:
    who: str
    stays: list[Stay]

    @property
    def known(self) -> bool:
        return self.stays[0].lasting

    @property
    def visits(self) -> list[list[Stay]]:
        found: list[list[Stay]] = []
        for one in sorted(self.stays, key=lambda stay: stay.at):
            if found and one.at - max(stay.until for stay in found[-1]) <= 30 * MINUTE:
                found[-1].append(one)
            else:
                found.append([one])
        return found

    @property
    def returns(self) -> list[list[Stay]]:
        return [
            visit
            for number, visit in enumerate(self.visits)
            if number > 0 or any(stay.is_repeat for stay in visit)
        ]

    @property
    def first(self) -> datetime:
        return min(stay.at for stay in self.stays)

    @property
    def last(self) -> datetime:
        return max(stay.until for stay in self.stays)

    @property
    def minutes(self) -> float:
        return sum((stay.dwell for stay in self.stays), timedelta()) / MINUTE

    def newest(self, label: str) -> str | None:
        told = [stay for stay in self.stays if getattr(stay, label) is not None]
        return getattr(max(told, key=lambda stay: stay.at), label) if told else None

    def tier(self, now: datetime) -> str:
        visits, days = len(self.visits), (now - self.last) / DAY
        if visits >= 10 and days <= 30:
            return "VIP"
        if visits >= 5 and days <= 30:
            return "Loyal"
        if visits >= 3 and days <= 60:
            return "Regular"
        return "Occasional" if visits >= 2 else "New"

    def score(self, now: datetime) -> int:
        days = (now - self.last) / DAY
        fade = 1.0 if days <= 30 else max(0.0, (90 - days) / 60)
        return round(min(100, 10 * len(self.visits)) * fade)

    def days(self, zone: str) -> set[date]:
        return {stay.at.astimezone(ZoneInfo(zone)).date() for stay in self.stays}

    def visits_in(self, zone: str, first: date, last: date) -> list[list[Stay]]:
        return [
            visit for visit in self.visits if first <= visit[0].at.astimezone(ZoneInfo(zone)).date() <= last
        ]

    def in_list(self, now: datetime) -> dict[str, Any]:
        return {
            "visitor_id": self.who,
            "known": self.known,
            "first_seen": self.first,
            "last_seen": self.last,
            "visit_count": len(self.visits),
            "total_dwell_minutes": self.minutes,
            "avg_dwell_minutes": self.minutes / len(self.visits),
            "age_bracket": self.newest("age_bracket"),
            "gender": self.newest("gender"),
            "loyalty_score": self.score(now),
            "loyalty_tier": self.tier(now),
            "lapsed": self.last < now - 90 * DAY,
        }

    def sessions(self, zone: str) -> list[dict[str, Any]]:
        found = []
        for day in sorted(self.days(zone), reverse=True):
            here = sorted(
                (stay for stay in self.stays if stay.at.astimezone(ZoneInfo(zone)).date() == day),
                key=lambda stay: stay.at,
            )
            visits = self.visits_in(zone, day, day)
            found.append(
                {
                    "date": day.isoformat(),
                    "visits": len(visits),
                    "dwell_minutes": sum((stay.dwell / MINUTE for visit in visits for stay in visit), 0.0),
                    "zones": list(dict.fromkeys(stay.zone for stay in here)),
                    "first_seen": here[0].at,
                    "last_seen": max(stay.until for stay in here),
                }
            )
        return found


def people_of(stays: Sequence[Stay]) -> dict[str, Person]:
    found: dict[str, list[Stay]] = defaultdict(list)
    for one in stays:
        found[one.pseudo_id].append(one)
    return {who: Person(who, theirs) for who, theirs in found.items()}


def percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def returning(people: dict[str, Person], zone: str, days: int, to: date) -> dict[str, Any]:
    first = to - (days - 1) * DAY

    def known_in(begin: date, end: date) -> set[str]:
        return {
            one.who
            for one in people.values()
            if one.known and any(begin <= day <= end for day in one.days(zone))
        }

    def kept(end: date, length: int) -> dict[str, Any]:
        now = known_in(end - (length - 1) * DAY, end)
        before = known_in(end - (2 * length - 1) * DAY, end - length * DAY)
        return {
            "known_visitors": len(now),
            "previous_known_visitors": len(before),
            "seen_again": len(now & before),
            "retention_percent": percent(len(now & before), len(before)),
        }

    here = [one for one in people.values() if any(first <= day <= to for day in one.days(zone))]
    visits = sum(len(one.visits_in(zone, first, to)) for one in people.values())
    returns = sum(visit in one.returns for one in people.values() for visit in one.visits_in(zone, first, to))
    whole = kept(to, days)
    del whole["known_visitors"]
    weeks = [to - number * 7 * DAY for number in reversed(range(days // 7))]
    return {
        "summary": {
            "total_visitors": len(here),
            "known_visitors": sum(one.known for one in here),
            "tracking_rate": percent(sum(one.known for one in here), len(here)),
            "return_events": returns,
            "return_event_rate": percent(returns, visits),
        },
        "retention": {
            **whole,
            "weekly": [{"week_ending": end.isoformat(), **kept(end, 7)} for end in weeks],
        },
    }


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
