"""What a shop's box tells its centre: one document for a camera and an hour of UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_NAME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}Z$"
"""`2026-03-02T09Z`."""

NO_CAMERA = "~"
"""Stands for "no camera": stays that another program told the box without one. No camera has such an id."""

STAYS_AT_MOST = 20_000
EVENTS_AT_MOST = 5_000
"""In one document. A camera sees some hundred people in a busy hour."""

SKEW_TO_WARN = timedelta(seconds=5)


class Telling(StrEnum):
    """What the centre did with a document."""

    STORED = "stored"
    KNOWN = "known"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two clocks, compared by one request and its answer.

    Attributes:
        asked_at, answered_at: by ours, when the request began and its answer had come.
        their_time: by theirs, in between.
    """

    asked_at: datetime
    answered_at: datetime
    their_time: datetime

    @property
    def skew(self) -> timedelta:
        """How far their clock is ahead of ours; negative: behind. Off by `uncertainty` at most."""
        return self.their_time - (self.asked_at + (self.answered_at - self.asked_at) / 2)

    @property
    def uncertainty(self) -> timedelta:
        """Half of what the exchange took."""
        return (self.answered_at - self.asked_at) / 2


def hour_of(at: datetime) -> datetime:
    """The begin of the hour of UTC in which the moment lies."""
    return EPOCH + (at - EPOCH) // HOUR * HOUR


def hour_name(hour_at: datetime) -> str:
    """`2026-03-02T09Z`."""
    return f"{hour_at.astimezone(UTC):%Y-%m-%dT%HZ}"


def hour_named(name: str) -> datetime:
    """The begin of the hour that is written this way.

    Raises:
        ValueError: it is not written this way, or there is no such hour.
    """
    return datetime.strptime(name, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)


def document_id(camera_id: str, hour_at: datetime) -> str:
    """The `run_id` of what one document tells, within its venue: short, since each stay carries it."""
    return f"{OF_EDGE}{camera_id or NO_CAMERA}:{(hour_at - EPOCH) // HOUR}"


OF_EDGE = "edge:"
"""How the `run_id` of all that boxes tell begins. Other runs have ids of hexadecimal digits."""
