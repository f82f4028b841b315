"""A camera as pages show it: how it is in words, its days, its figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, on_both
from sightline.dashboard.charts.watched import Stretch, watched_days
from sightline.dashboard.figures_shown import DASH, WEEKDAYS, Shown
from sightline.dashboard.pages import link
from sightline.dashboard.sentences.alert_messages import CAMERA_TROUBLES, OF_TRIALS
from sightline.domain.gap import Gap
from sightline.pipeline.camera_days import WatchedDays

BADGES = {
    "running": "good",
    "covered": "doubt", "blinded": "doubt", "moved": "doubt", "recording_paused": "doubt",
    "not_running": "doubt", "stopped": "doubt",
    "gap": "bad", "failed": "bad", "no_answer": "bad",
}  # fmt: skip
"""How a condition is coloured; those that are not named are neither good nor bad."""
HAS_PICTURES = ("running", "covered", "blinded", "moved", "recording_paused")
SHORT_HOLE = timedelta(minutes=2)
"""Stretches this near are drawn as one."""
Words = Mapping[str, str]


def snapshot_of(facts: Mapping[str, Any], *, within_s: int | None = None) -> str:
    """Where the newest picture of a camera is; empty where there would be none without opening it.

    Args:
        within_s: one that is so many seconds old will do.
    """
    if facts["condition"] not in HAS_PICTURES and not facts["recorded_until"]:
        return ""
    return _snapshot(facts, within_s)


def snapshot_to_draw_on(facts: Mapping[str, Any]) -> str:
    """The same; a camera that may answer is opened for it."""
    silent = facts["condition"] in ("no_answer", "failed", "gap", "recordings")
    return "" if silent and not facts["recorded_until"] else _snapshot(facts)


def _snapshot(facts: Mapping[str, Any], within_s: int | None = None) -> str:
    return link(f"/api/cameras/{facts['camera_id']}/snapshot", venue_id=facts["venue_id"], within_s=within_s)


def troubles(language: str) -> Mapping[str, str]:
    """Parts of what is told of cameras, for pages in French."""
    return {**CAMERA_TROUBLES, **OF_TRIALS} if language == "fr" else {}


def reason_of(facts: Mapping[str, Any], words: Words, language: str) -> str:
    """Why a camera is as it is and what to do, one or two sentences; empty where all is well."""
    if facts["condition"] == "running":
        return ""
    gap = facts["gap"]
    if facts["condition"] == "gap" and gap:
        return words.get(f"reason_{gap['reason']}", gap["detail"])
    about = words.get(f"about_{facts['condition']}", "")
    told = facts["condition"] in ("failed", "no_answer")
    if not told:
        return about
    address, _, trouble = facts["detail"].partition(": ")
    known = troubles(language).get(trouble)
    return f"{about} {address}\u00a0: {known}" if known else f"{about} {facts['detail']}".strip()


def last_picture(facts: Mapping[str, Any], shown: Shown, today: date) -> str:
    """When the newest picture was taken, in the venue's time: its time alone when that was today."""
    told = facts["last_picture_at"] or facts["recorded_until"]
    if told is None:
        return DASH
    at = datetime.fromisoformat(told)
    is_today = at.astimezone(shown.zone).date() == today
    return shown.time(at, seconds=True) if is_today else shown.moment(at)


@dataclass(frozen=True, slots=True, kw_only=True)
class GapShown:
    """A row of the table of interruptions."""

    start: datetime
    length: str
    reason: str


class DaysShown:
    """The last days of a camera as a chart and as a table.

    Args:
        first, last: local days, both included.
        now: nothing is drawn after it.
    """

    def __init__(
        self,
        facts: Mapping[str, Any],
        days: WatchedDays,
        *,
        first: date,
        last: date,
        now: datetime,
        shown: Shown,
        words: Words,
    ) -> None:
        self._facts, self._days, self._now = facts, days, now
        self._first, self._last = first, last
        self._shown, self._words, self._zone = shown, words, shown.zone

    @property
    def title(self) -> str:
        return self._words["days_title"].format(
            first=self._shown.day(self._first, year=False), last=self._shown.day(self._last, year=False)
        )

    def chart(self) -> Markup:
        """One row per day, the newest on top."""
        rows = []
        day = self._last
        while day >= self._first:
            name = f"{WEEKDAYS[self._shown.language][day.weekday()]} {day.day}"
            rows.append((name, self._of_day(day)))
            day -= timedelta(days=1)
        return on_both(lambda width: watched_days(rows, title=self.title, width=width))

    def gaps(self) -> list[GapShown]:
        """Interruptions, the newest first."""
        return [
            GapShown(
                start=one.started_at,
                length=self._shown.span(one.length(self._now))
                + ("" if one.ended_at else f" ({self._words['still_lasts']})"),
                reason=self._reason(one),
            )
            for one in sorted(self._days.gaps, key=lambda one: one.started_at, reverse=True)
        ]

    def _of_day(self, day: date) -> list[Stretch]:
        start, end = midnight(day, self._zone), midnight(day + timedelta(days=1), self._zone)
        href = link(
            "/review",
            venue_id=self._facts["venue_id"],
            camera_id=self._facts["camera_id"],
            first=day.isoformat(),
            last=day.isoformat(),
        )
        found = []
        for since, until in _joined(self._days.watched):
            if since < end and until > start:
                said = self._said("days_said", day, max(since, start), min(until, end))
                found.append(self._stretch(day, max(since, start), min(until, end), said, 1.0, href))
        for one in self._days.gaps:
            until = one.ended_at or self._now
            if one.started_at < end and until > start:
                since, until = max(one.started_at, start), min(until, end)
                said = self._said("gap_said", day, since, until, reason=self._reason(one))
                found.append(self._stretch(day, since, until, said, None, ""))
        return found

    def _said(self, key: str, day: date, since: datetime, until: datetime, **more: str) -> str:
        return self._words[key].format(
            day=self._shown.day(day, year=False),
            start=self._shown.time(since),
            end=self._shown.time(until),
            **more,
        )

    def _stretch(
        self, day: date, since: datetime, until: datetime, said: str, value: float | None, href: str
    ) -> Stretch:
        mark = Mark(label="", value=value, said=said, href=href)
        return Stretch(self._share(day, since), self._share(day, until), mark)

    def _share(self, day: date, at: datetime) -> float:
        """Of the day, as the clock on the wall goes."""
        local = at.astimezone(self._zone)
        if local.date() != day:
            return float(local.date() > day)
        return (local.hour * 3600 + local.minute * 60 + local.second) / 86_400

    def _reason(self, one: Gap) -> str:
        return self._words.get(f"reason_{one.reason.value}", one.detail)


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a day began on the venue's wall."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _joined(stretches: Sequence[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, end in stretches:
        if found and start - found[-1][1] <= SHORT_HOLE:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found
