"""Tells the centre of each hour that has changed, oldest first. Everything may be told twice.

What is sent is noted only once it has been answered, and an hour that has changed meanwhile goes on waiting.
So a kill between any two steps costs one more telling of what the centre knows, and nothing else.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

import structlog

from sightline.delivery.centre import CentreAnswer, HourRefused
from sightline.domain.edge import SKEW_TO_WARN, Telling, hour_name
from sightline.domain.scope import Scope
from sightline.errors import DeliveryDeferred, SightlineError
from sightline.pipeline.edge_document import hour_document
from sightline.pipeline.event_retention import oldest_kept
from sightline.store import edge_hours
from sightline.store.columns import EPOCH
from sightline.store.database import Database
from sightline.store.edge_hours import WaitingHour
from sightline.store.venues import get_venue, list_venues

log = structlog.get_logger()

ROUND_S = 1.0
AT_A_TIME = 50
"""Hours of one venue before others are looked at again."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 300.0
REFUSED_PAUSE, LONGEST_REFUSED_PAUSE = timedelta(minutes=1), timedelta(hours=6)


class Centre(Protocol):
    """Where documents go."""

    def tell(self, document: dict[str, object]) -> CentreAnswer:
        """One attempt; raises as `delivery.centre.CentreClient.tell`."""
        ...


@dataclass(slots=True)
class _Pause:
    """When a venue whose telling failed is tried again: after pauses that double."""

    due: float = float("-inf")
    length_s: float = FIRST_PAUSE_S

    def failed(self, now: float, asked_s: float | None) -> None:
        self.due = now + max(self.length_s, min(asked_s or 0.0, LONGEST_PAUSE_S))
        self.length_s = min(LONGEST_PAUSE_S, 2 * self.length_s)


class EdgeForwarder:
    """Tells a centre what happens in the venues of this site.

    Args:
        address: of the centre; another one than before is told everything.
        every: an hour that goes on changing is told again after so long.
        public_url: of this site, for the addresses of clips that lie here.
        keep_days: for how long this site keeps what happened; the centre is told nothing of what is older.
    """

    def __init__(
        self,
        database: Database,
        centre: Centre,
        *,
        address: str,
        every: timedelta,
        public_url: str | None = None,
        keep_days: int | None = None,
        round_s: float = ROUND_S,
        at_a_time: int = AT_A_TIME,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._centre = centre
        self._mark = sha256(address.encode()).hexdigest()
        self._every = every
        self._public_url = public_url
        self._keep_days = keep_days
        self._round_s = round_s
        self._at_a_time = at_a_time
        self._clock = clock
        self._monotonic = monotonic
        self._pauses: dict[str, _Pause] = {}
        self._set_up: set[str] = set()
        self._said: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        """Go on until `stop` is set; what is being told then is told to its end."""
        while not stop.is_set():
            try:
                more = self.round(stop)
            except Exception:  # the top of the thread: the next round goes on
                log.exception("telling the centre failed in a way nobody foresaw")
                more = False
            if not more:
                stop.wait(self._round_s)

    def round(self, stop: threading.Event | None = None) -> bool:
        """Tell what is due of each venue, a limited number of hours. Whether more may be due at once."""
        try:
            venues = self._venues()
        except SightlineError as error:
            self._say("", f"the database cannot be read: {error}")
            return False
        more = False
        for venue_id in venues:
            if stop is not None and stop.is_set():
                return False
            if self._pauses.setdefault(venue_id, _Pause()).due > self._monotonic():
                continue
            try:
                more |= self._tell_venue(venue_id, stop)
            except HourRefused as refused:
                self._failed(venue_id, str(refused), None)
            except SightlineError as error:
                asked_s = error.retry_after_s if isinstance(error, DeliveryDeferred) else None
                self._failed(venue_id, str(error), asked_s)
            except Exception as error:  # of one venue: the others go on
                log.exception("telling the centre failed in a way nobody foresaw", venue=venue_id)
                self._failed(venue_id, f"something went wrong here: {type(error).__name__}", None)
        return more

    def _venues(self) -> list[str]:
        """All venues of this site; from now on, their changes mark their hours."""
        with self._database.reading() as connection:
            ids = [one.id for one in list_venues(Scope.site(), connection)]
        self._set_up &= set(ids)
        for venue_id in ids:
            if venue_id not in self._set_up:
                self._begin(venue_id)
        return ids

    def _begin(self, venue_id: str) -> None:
        scope = Scope.of(venue_id)
        with self._database.transaction() as connection:
            if get_venue(scope, connection, venue_id) is None:
                return
            marked = edge_hours.set_up_centre(scope, connection, venue_id, self._mark, at=self._clock())
        self._set_up.add(venue_id)
        if marked is not None:
            log.info("from now on the centre is told", venue=venue_id, hours_there=marked)

    def _tell_venue(self, venue_id: str, stop: threading.Event | None) -> bool:
        scope = Scope.of(venue_id)
        now, since = self._clock(), EPOCH
        with self._database.reading() as connection:
            venue = get_venue(scope, connection, venue_id)
            if venue is not None and self._keep_days is not None:
                since = oldest_kept(now, venue.timezone, self._keep_days)
            hours = edge_hours.waiting_hours(
                scope,
                connection,
                venue_id=venue_id,
                now=now,
                pause=self._every,
                limit=self._at_a_time,
                since=since,
            )
        for hour in hours:
            if stop is not None and stop.is_set():
                return False
            try:
                self._tell(scope, hour)
            except HourRefused as refused:
                if refused.of_the_venue:
                    raise
                self._set_aside(scope, hour, str(refused))
            self._pauses[venue_id] = _Pause()
        return len(hours) == self._at_a_time

    def _tell(self, scope: Scope, hour: WaitingHour) -> None:
        with self._database.reading() as connection:
            document = hour_document(
                scope,
                connection,
                hour.venue_id,
                hour.camera_id,
                hour.hour_at,
                public_url=self._public_url,
                at=self._clock(),
            )
        answer = self._centre.tell(document)
        version = int(document["version"])
        with self._database.transaction() as connection:
            if answer.status is Telling.OLDER:
                edge_hours.count_on_from(scope, connection, hour, answer.version)
            else:
                edge_hours.mark_told(scope, connection, hour, version=version, at=self._clock())
            edge_hours.note_exchange(scope, connection, hour.venue_id, answer.exchange, answer.timezone)
        self._compare(hour.venue_id, document["timezone"], answer)

    def _set_aside(self, scope: Scope, hour: WaitingHour, why: str) -> None:
        pause = min(LONGEST_REFUSED_PAUSE, REFUSED_PAUSE * 2 ** min(hour.refusals, 10))
        with self._database.transaction() as connection:
            edge_hours.mark_refused(scope, connection, hour, why, due_at=self._clock() + pause)
        log.error(
            "the centre will not have an hour",
            venue=hour.venue_id,
            camera=hour.camera_id,
            hour=hour_name(hour.hour_at),
            reason=why,
        )

    def _failed(self, venue_id: str, why: str, asked_s: float | None) -> None:
        self._pauses[venue_id].failed(self._monotonic(), asked_s)
        self._say(venue_id, why)
        try:
            with self._database.transaction() as connection:
                edge_hours.note_failure(Scope.of(venue_id), connection, venue_id, why, at=self._clock())
        except SightlineError as error:
            self._say("", f"the database cannot be written: {error}")

    def _compare(self, venue_id: str, timezone: str, answer: CentreAnswer) -> None:
        """Say what does not fit between here and there, once each."""
        if self._said.pop(venue_id, None) is not None:
            log.info("the centre takes what it is told again", venue=venue_id)
        skew = answer.exchange.skew
        if abs(skew) - answer.exchange.uncertainty > SKEW_TO_WARN:
            self._say(
                "clock",
                f"the centre's clock is {abs(skew).total_seconds():.1f} s"
                f" {'ahead of' if skew > timedelta() else 'behind'} ours; times of events are ours",
                same="ahead" if skew > timedelta() else "behind",
            )
        else:
            self._said.pop("clock", None)
        if answer.timezone != timezone:
            self._say(
                f"{venue_id} timezone",
                f"the centre counts the days of {venue_id} in {answer.timezone}, this site in {timezone}",
            )
        else:
            self._said.pop(f"{venue_id} timezone", None)

    def _say(self, about: str, what: str, *, same: str | None = None) -> None:
        """Once, until something else is to be said; `same` stands for what makes it another thing."""
        if self._said.get(about) != (same or what):
            self._said[about] = same or what
            log.warning("telling the centre", about=about or "site", reason=what)
