"""Times as people send them: ISO 8601; without an offset, UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator

EARLIEST, LATEST = 2000, 2200
"""Years; a time outside is a slip of the pen, and some would not fit into another time zone."""


def _aware(at: datetime) -> datetime:
    if not EARLIEST <= at.year < LATEST:
        raise ValueError(f"must lie in the years {EARLIEST} to {LATEST - 1}")
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]
"""Aware, in UTC."""
