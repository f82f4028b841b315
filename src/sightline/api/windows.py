"""What windowed routes take: how many days or weeks, up to which local date."""

from datetime import date
from typing import Annotated

from fastapi import Query

EARLIEST = date(2000, 1, 1)
LATEST = date(2200, 1, 1)

Days = Annotated[int, Query(ge=1, le=90, description="How many local days, `to` being the last.")]
Weeks = Annotated[int, Query(ge=1, le=52, description="How many weeks.")]
To = Annotated[
    date | None,
    Query(ge=EARLIEST, le=LATEST, description="Local date (YYYY-MM-DD) the window ends with; default today."),
]
