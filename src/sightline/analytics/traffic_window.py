"""The traffic of one window, as read: what its figures are worked out from."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection

from sightline.analytics.observation import Observation, observe, observe_each
from sightline.analytics.shares import GENDERS, UNKNOWN, minutes_each, percent
from sightline.domain.interval import mixed_quality, person_quality
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.figures import (
    HourOfStays,
    LabelledPeople,
    Presence,
    people_by_label,
    people_by_label_of_each,
    presence,
    presences,
    stays_by_hour,
)

MILLION = 1_000_000
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Slot = tuple[int, int]
"""A day of a window, counted from 0, and an hour on the wall."""


@dataclass(frozen=True, kw_only=True)
class HoursOfWindow:
    """The stays of one window of one venue by the hour, and what of it was looked at."""

    window: Window
    hours: Sequence[HourOfStays]
    observation: Observation

    @property
    def known(self) -> bool:
        """Whether no stay would mean that nobody came."""
        return bool(self.hours) or self.observation.knows_between(self.window.start, self.window.end)

    def total(self, name: str) -> int:
        """The sum of one column of `HourOfStays`."""
        return sum(getattr(one, name) for one in self.hours)

    @cached_property
    def stays(self) -> int:
        return self.total("stays")

    @cached_property
    def days(self) -> Sequence[date]:
        """The days of the window, the first one first."""
        return [self.window.first + timedelta(days=number) for number in range(self.window.days)]

    @cached_property
    def by_slot(self) -> Mapping[Slot, int]:
        """Stays by day of the window and hour on the wall; slots without any are missing."""
        found: Counter[Slot] = Counter()
        for one in self.hours:
            found[self.slot(one.hour_at)] += one.stays
        return found

    def slot(self, hour_at: datetime) -> Slot:
        """Where a local hour of the window lies."""
        wall = hour_at.astimezone(self.window.zone)
        return (wall.date() - self.window.first).days, wall.hour

    def known_slots(self, now: datetime) -> frozenset[Slot]:
        """Of which something is known: no stay in them means that nobody came.

        Where cameras watch, what they looked at, and hours with a stay; else all that is not to come.
        """
        observation = self.observation
        if observation.watched:
            return frozenset({*map(self.slot, observation.minutes), *self.by_slot})
        since = observation.told_since
        if since is None:
            return frozenset()
        told = {self.slot(at) for at in self.window.hours() if since <= at < now}
        return frozenset(told | set(self.by_slot))

    @property
    def peak_hour(self) -> int | None:
        """The hour on the wall with most stays, the earlier one on a tie."""
        return _most((hour, stays) for (_, hour), stays in self.by_slot.items())

    @property
    def peak_weekday(self) -> int | None:
        """The weekday with most stays, 0 for Monday, the earlier one on a tie."""
        monday = self.window.first.weekday()
        return _most(((monday + day) % 7, stays) for (day, _), stays in self.by_slot.items())

    @property
    def confidence_level(self) -> float | None:
        """How well the people were seen, 0.5 to 1, over the stays that say so; None when none does."""
        frames, confidence = self._mean_of("frames_sum"), self._mean_of("confidence_millionths")
        if frames is None or confidence is None:
            return None
        return round(person_quality(frames, confidence / MILLION), 4)

    @cached_property
    def quality(self) -> float:
        """The same for reckoning with, stays that say nothing taken for middling."""
        frames, confidence = self._mean_of("frames_sum"), self._mean_of("confidence_millionths")
        return mixed_quality(
            self.total("quality_n"), self.stays, frames, None if confidence is None else confidence / MILLION
        )

    def _mean_of(self, name: str) -> float | None:
        told = self.total("quality_n")
        return self.total(name) / told if told else None


@dataclass(frozen=True, kw_only=True)
class TrafficWindow(HoursOfWindow):
    """The same with the people who came."""

    presence: Presence
    labels: Sequence[LabelledPeople]

    @property
    def top_demographic(self) -> str | None:
        """Like "F 20-29": what most people are of whom both are known, the first by the alphabet on a tie."""
        both = {
            f"{one.gender} {one.age_bracket}": one.people
            for one in self.labels
            if one.gender and one.age_bracket
        }
        return min(both, key=lambda label: (-both[label], label), default=None)

    @property
    def return_rate(self) -> float | None:
        """People with a return of all people, in percent."""
        return percent(self.presence.returned, self.presence.people)

    @property
    def dwell_minutes(self) -> float | None:
        """The mean of the visits that begin in the window."""
        return minutes_each(self.presence.dwell_ms, self.presence.visits)

    def summary(self) -> dict[str, Any]:
        """As `current` and `previous` of a summary."""
        scored = self.total("scored_n")
        weekday = self.peak_weekday
        return {
            "total_visitors": self.stays,
            "unique_visitors": self.presence.people,
            "return_visitors": self.presence.returned,
            "return_rate_percent": self.return_rate,
            "avg_dwell_minutes": self.dwell_minutes,
            "peak_hour": self.peak_hour,
            "peak_day": None if weekday is None else WEEKDAYS[weekday],
            "top_demographic": self.top_demographic,
            "avg_engagement": round(self.total("score_millionths") / scored / MILLION, 1) if scored else None,
            "engaged_percent": percent(self.total("high_n"), scored),
        }


def read_traffic(scope: Scope, connection: Connection, venue_id: str, window: Window) -> TrafficWindow:
    """Read what is known of one window."""
    return TrafficWindow(
        window=window,
        presence=presence(scope, connection, venue_id, window),
        labels=people_by_label(scope, connection, venue_id, window),
        hours=stays_by_hour(scope, connection, venue_id, window),
        observation=observe(scope, connection, venue_id, window),
    )


def read_hours(scope: Scope, connection: Connection, venue_id: str, window: Window) -> HoursOfWindow:
    """The same without the people, which costs a fraction."""
    return HoursOfWindow(
        window=window,
        hours=stays_by_hour(scope, connection, venue_id, window),
        observation=observe(scope, connection, venue_id, window),
    )


def read_with_before(
    scope: Scope,
    connection: Connection,
    venue_id: str,
    window: Window,
    *,
    labels_of: Literal["all", "fully known", "nobody"] = "all",
) -> tuple[TrafficWindow, TrafficWindow]:
    """The same of a window and of the one before it, each read as one stretch of days.

    Args:
        labels_of: whose labels are read; those of people who have both are fully known.
    """
    windows = (window, window.before())
    labels: Sequence[Sequence[LabelledPeople]] = ((), ())
    if labels_of != "nobody":
        fully_known = labels_of == "fully known"
        labels = people_by_label_of_each(scope, connection, venue_id, windows, fully_known=fully_known)
    there = presences(scope, connection, venue_id, windows)
    hours = stays_by_hour(scope, connection, venue_id, window.with_before())
    observed = observe_each(scope, connection, venue_id, windows)
    begin = window.start
    here = [one for one in hours if one.hour_at >= begin]
    parts = zip(windows, there, labels, (here, hours[: len(hours) - len(here)]), observed, strict=True)
    current, previous = (
        TrafficWindow(window=window, presence=people, labels=named, hours=told, observation=seen)
        for window, people, named, told, seen in parts
    )
    return current, previous


def people_by_gender(labels: Iterable[LabelledPeople]) -> dict[str, int]:
    """People by gender: always M, F and unknown, in this order."""
    found = Counter(dict.fromkeys((*GENDERS, UNKNOWN), 0))
    for one in labels:
        found[one.gender or UNKNOWN] += one.people
    return dict(found)


def people_by_age(labels: Iterable[LabelledPeople]) -> dict[str, int]:
    """People by the label of their age in its order, those of unknown age last."""
    found: Counter[str] = Counter()
    for one in labels:
        found[one.age_bracket or UNKNOWN] += one.people
    unknown = found.pop(UNKNOWN, 0)
    return {label: found[label] for label in sorted(found)} | {UNKNOWN: unknown}


def _most(stays: Iterable[tuple[int, int]]) -> int | None:
    """Of what there are most; the smaller on a tie, None of nothing."""
    found: Counter[int] = Counter()
    for what, number in stays:
        found[what] += number
    return min(found, key=lambda what: (-found[what], what), default=None)
