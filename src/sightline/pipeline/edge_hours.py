"""The centre's side: what a shop's box tells of a camera and hour takes the place of what it told before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sightline.domain.edge import NO_CAMERA, Telling, document_id
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import NotFound
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.stays import replace_stays
from sightline.store.told_hours import (
    ToldHour,
    get_told_hour,
    put_told_hour,
    replace_coverage,
    replace_told_events,
)
from sightline.store.told_runs import SOURCE, Spans
from sightline.store.venues import ensure_camera, get_venue

__all__ = ["EdgeHours", "HourDocument", "HourTaken", "StoredEvent", "camera_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HourDocument:
    """What a box tells of one camera and one hour of UTC.

    Attributes:
        camera_id: empty for stays that the box was told without a camera.
        version: counts the changes of this hour at the box.
        content: 16 bytes that stand for all that follows.
        stays: those that begin in the hour; their `run_id` is `domain.edge.document_id`.
        events: those that begin in the hour, with the box's run ids; `videos` by event id, `spans` of the
            tracks of their people.
        minutes: those in which the camera looked, with pictures seen.
    """

    venue_id: str
    camera_id: str
    hour_at: datetime
    version: int
    content: bytes
    stays: Sequence[Stay] = ()
    events: Sequence[StoredEvent] = ()
    videos: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    spans: Spans = field(default_factory=dict)
    minutes: Mapping[datetime, int] = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        return document_id(self.camera_id, self.hour_at)


@dataclass(frozen=True, slots=True)
class HourTaken:
    """What became of a document.

    Attributes:
        version: the newest that is known here now.
        timezone: of the venue, here.
    """

    status: Telling
    version: int
    timezone: str


class EdgeHours:
    """Takes documents into the database. Safe to share between threads.

    Args:
        clock: when something was told.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def take(self, scope: Scope, told: HourDocument) -> HourTaken:
        """Put a document in the place of an older one, in one transaction.

        The same version again changes nothing. One that is older than what is known changes nothing, either;
        nor does the same version with other content, which is that of a box that was set back: such a box
        counts on from the version that it is told.

        Raises:
            NotFound: no such venue; nothing is stored.
            Conflict: an event or run has an id of another venue's; nothing is stored.
            StoreError: outside the scope; nothing is stored.
        """
        where = (told.venue_id, told.camera_id, told.hour_at)
        with self._database.transaction() as connection:
            venue = get_venue(scope, connection, told.venue_id)
            if venue is None:
                raise NotFound(
                    f"there is no venue {told.venue_id} here; an administrator makes it, and its key"
                )
            known = get_told_hour(scope, connection, *where)
            if known is not None and known.version >= told.version:
                same = (known.version, known.content) == (told.version, told.content)
                return HourTaken(Telling.KNOWN if same else Telling.OLDER, known.version, venue.timezone)
            now = self._clock()
            if told.camera_id:
                ensure_camera(scope, connection, told.venue_id, told.camera_id, source_label=SOURCE, at=now)
                replace_coverage(scope, connection, *where, told.minutes)
                replace_told_events(
                    scope, connection, where, told.events, videos=told.videos, spans=told.spans, at=now
                )
            replace_stays(scope, connection, told.venue_id, told.run_id, told.stays)
            new = ToldHour(
                venue_id=told.venue_id,
                camera_id=told.camera_id,
                hour_at=told.hour_at,
                version=told.version,
                content=told.content,
                told_at=now,
            )
            put_told_hour(scope, connection, new)
        return HourTaken(Telling.STORED, told.version, venue.timezone)


def camera_of(name: str) -> str:
    """The camera that a document's address names: empty for `~`."""
    return "" if name == NO_CAMERA else name
