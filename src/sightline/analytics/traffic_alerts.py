"""What a shop is told of its traffic: many more or far fewer people than the week before, people at night."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from sightline.domain.local_time import HOUR, Window
from sightline.domain.opening_hours import OpeningHours
from sightline.domain.scope import Scope
from sightline.domain.traffic_alarm import (
    LEAST_COMPARED,
    TRAFFIC_DROP,
    TRAFFIC_SPIKE,
    UNUSUAL_HOURS,
    UNUSUAL_MORE_THAN,
    Change,
    ComparedWeeks,
    Verdict,
    length,
)
from sightline.errors import SightlineError
from sightline.store import alerts
from sightline.store.alerts import StoredAlert
from sightline.store.covered_hours import is_watched
from sightline.store.database import Database
from sightline.store.presences import observed_hours, people_within, stays_within
from sightline.store.venues import StoredVenue, get_venue, list_venues

log = structlog.get_logger()

LOOKED_BACK_DAYS = 7
WORDS = {TRAFFIC_SPIKE: ("info", "Many more visitors"), TRAFFIC_DROP: ("warning", "Far fewer visitors")}


@dataclass(frozen=True, slots=True, kw_only=True)
class _News:
    """An alert that is to be raised, if it does not hold already."""

    venue_id: str
    alert_type: str
    subject: str
    severity: str
    title: str
    message: str
    data: dict[str, Any]


class TrafficAlerts:
    """Lists and acknowledges alerts of all kinds; raises and clears those about traffic."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def listed(
        self,
        scope: Scope,
        *,
        venue_id: str | None = None,
        severity: str | None = None,
        acknowledged: bool | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[StoredAlert], int]:
        """A page of alerts, newest first, and how many there are in all."""
        which: dict[str, Any] = {"venue_id": venue_id, "severity": severity, "acknowledged": acknowledged}
        with self._database.reading() as connection:
            found = alerts.list_alerts(scope, connection, **which, limit=limit, offset=offset)
            return found, alerts.count_alerts(scope, connection, **which)

    def acknowledge(self, scope: Scope, alert_id: int) -> StoredAlert | None:
        """Note that a person has seen an alert; None when there is none in the scope."""
        with self._database.transaction() as connection:
            return alerts.acknowledge_alert(scope, connection, alert_id, at=self._clock())

    def venue_of(self, alert_id: int) -> str | None:
        """Which venue an alert is of, whoever asks: to tell "not yours" from "not there"."""
        with self._database.reading() as connection:
            return alerts.venue_of_alert(Scope.site(), connection, alert_id)

    def check(self, scope: Scope, venue_id: str) -> list[StoredAlert] | None:
        """Look at one venue now; the alerts that are new. None when there is no such venue in the scope.

        Raises:
            StoreError: the database cannot be read or written; nothing was raised or cleared.
        """
        now = self._clock()
        with self._database.reading() as connection:
            venue = get_venue(scope, connection, venue_id)
            if venue is None:
                return None
            zone = ZoneInfo(venue.timezone)
            news, over = _traffic(scope, connection, venue_id, now, zone)
            nights = _unusual_hours(scope, connection, venue, now, zone)
            holding = alerts.list_alerts(scope, connection, venue_id=venue_id, holding=True, limit=None)
        held = {(one.alert_type, one.subject) for one in holding}
        still = {one.subject for one in nights}
        over += [(UNUSUAL_HOURS, day) for kind, day in held if kind == UNUSUAL_HOURS and day not in still]
        new = [one for one in news + nights if (one.alert_type, one.subject) not in held]
        return self._written(scope, venue_id, new, [one for one in over if one in held], now)

    def check_all(self) -> None:
        """Look at every venue of the site. One that cannot be looked at keeps nobody from the others."""
        with self._database.reading() as connection:
            venues = [one.id for one in list_venues(Scope.site(), connection)]
        for venue_id in venues:
            try:
                self.check(Scope.of(venue_id), venue_id)
            except SightlineError as error:
                log.error("traffic could not be judged", venue=venue_id, reason=str(error))  # noqa: TRY400

    def _written(
        self, scope: Scope, venue_id: str, new: list[_News], over: list[tuple[str, str]], now: datetime
    ) -> list[StoredAlert]:
        if not new and not over:
            return []
        with self._database.transaction() as connection:
            for alert_type, subject in over:
                alerts.clear_alert(
                    scope, connection, venue_id=venue_id, alert_type=alert_type, subject=subject, at=now
                )
            raised = [alerts.raise_alert(scope, connection, at=now, **asdict(one)) for one in new]
        return [one for one in raised if one is not None]


def _traffic(
    scope: Scope, connection: Connection, venue_id: str, now: datetime, zone: tzinfo
) -> tuple[list[_News], list[tuple[str, str]]]:
    """What the last seven days say against the seven before them: to be raised, and what is over."""
    weeks = ComparedWeeks.until(now, zone)
    before, after = weeks.whole()
    if is_watched(scope, connection, venue_id):
        # An hour before: the first one may have begun before the window.
        hours = observed_hours(scope, connection, venue_id, weeks.start - HOUR, weeks.end)
        before, after = weeks.observed(hours)
        if length(after) < LEAST_COMPARED:
            return [], []
    change = Change(
        before=people_within(scope, connection, venue_id, before),
        after=people_within(scope, connection, venue_id, after),
    )
    verdicts = change.verdicts()
    hours_compared = round(length(after) / HOUR, 1)
    news = [
        _news_of(venue_id, kind, change, weeks, hours_compared)
        for kind in verdicts
        if verdicts[kind] is Verdict.RAISE
    ]
    return news, [(kind, "") for kind in verdicts if verdicts[kind] is Verdict.CLEAR]


def _news_of(
    venue_id: str, alert_type: str, change: Change, weeks: ComparedWeeks, hours_compared: float
) -> _News:
    severity, title = WORDS[alert_type]
    assert change.share is not None
    percent = round(100 * change.share, 1)
    return _News(
        venue_id=venue_id,
        alert_type=alert_type,
        subject="",
        severity=severity,
        title=title,
        message=(
            f"{change.after} different visitors in the last 7 days, {change.before} in the 7 days before:"
            f" {percent:+g} %. By chance alone a difference like this is rarer than 1 in 100."
        ),
        data={
            "visitors": change.after,
            "visitors_before": change.before,
            "change_percent": percent,
            "p_value": float(f"{change.p_value:.3g}"),
            "compared_hours": hours_compared,
            "from": weeks.middle.isoformat(),
            "to": weeks.end.isoformat(),
        },
    )


def _unusual_hours(
    scope: Scope, connection: Connection, venue: StoredVenue, now: datetime, zone: tzinfo
) -> list[_News]:
    """The days of the last seven on which people were there while the shop was closed."""
    hours = _opening_hours(venue, zone)
    window = Window.of_days(LOOKED_BACK_DAYS, now.astimezone(zone).date(), zone)
    closed = hours.closed_between(window.start, min(now, window.end))
    counts: Counter[date] = Counter()
    for (begin, _), count in zip(closed, stays_within(scope, connection, venue.id, closed), strict=True):
        counts[begin.astimezone(zone).date()] += count
    return [
        _News(
            venue_id=venue.id,
            alert_type=UNUSUAL_HOURS,
            subject=day.isoformat(),
            severity="info",
            title="Visitors outside opening hours",
            message=f"{count} stays outside opening hours on {day.isoformat()}.",
            data={"date": day.isoformat(), "events": count},
        )
        for day, count in sorted(counts.items())
        if count > UNUSUAL_MORE_THAN
    ]


def _opening_hours(venue: StoredVenue, zone: tzinfo) -> OpeningHours:
    if venue.opening_hours is None:
        return OpeningHours.usual(zone)
    return OpeningHours(
        zone, tuple(tuple((opens, closes) for opens, closes in day) for day in venue.opening_hours)
    )
