"""A stretch of time in which a camera gave us nothing: unknown is not zero."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class GapReason(StrEnum):
    """Why there are no pictures."""

    UNREACHABLE = "unreachable"
    """Nobody answers at the address, or not in time."""
    UNAUTHORIZED = "unauthorized"
    """User or password refused; tried once a minute only, because cameras lock accounts."""
    NOT_FOUND = "not_found"
    """The host answers, but knows no such stream."""
    UNUSABLE = "unusable"
    """There is a stream, but no picture in it that can be read."""
    STALLED = "stalled"
    """The connection stands, and nothing comes."""
    ENDED = "ended"
    """The camera closed the connection."""
    FORMAT_CHANGED = "format_changed"
    """Codec or size changed in mid-stream."""
    TIME_JUMP = "time_jump"
    """The camera's own clock jumped."""
    CLOCK_CHANGED = "clock_changed"
    """This machine's clock was set."""
    NOT_RUNNING = "not_running"
    """Sightline itself was not running, or its camera process was being restarted."""
    REMOVED = "removed"
    """The camera was taken out, or its settings were changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One interruption of one camera's stream.

    Attributes:
        started_at: end of the last picture received, aware UTC.
        ended_at: capture time of the first picture after it; None while it lasts.
        detail: one sentence for a person; never an address with a password.
    """

    started_at: datetime
    ended_at: datetime | None
    reason: GapReason
    detail: str = ""

    def length(self, now: datetime) -> timedelta:
        """How long it lasted, or has lasted until now."""
        return (self.ended_at or now) - self.started_at
