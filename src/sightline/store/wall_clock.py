"""The clock on the wall as an SQL expression, so that the database itself counts by local day and hour."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, ColumnElement, case, literal, type_coerce

from sightline.domain.clock_changes import ClockSpan
from sightline.store.columns import EPOCH, MICROSECOND, UtcMicroseconds

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


def microseconds(column: "Column[UtcMicroseconds] | ColumnElement[UtcMicroseconds]") -> ColumnElement[int]:
    """A column of times as the whole number it is stored as."""
    return type_coerce(column, BigInteger)


def _microseconds_on_wall(at: ColumnElement[int], spans: Sequence[ClockSpan]) -> ColumnElement[int]:
    offsets = [literal(span.offset // MICROSECOND, BigInteger) for span in spans]
    if len(spans) == 1:
        return at + offsets[0]
    until = [
        (at < literal((later.since - EPOCH) // MICROSECOND, BigInteger), offset)
        for later, offset in zip(spans[1:], offsets, strict=False)
    ]
    return at + case(*until, else_=offsets[-1])


def local_day_number(at: ColumnElement[int], spans: Sequence[ClockSpan]) -> ColumnElement[int]:
    """Days since 1970-01-01 on the wall, of microseconds that lie in the window of `spans`."""
    return _microseconds_on_wall(at, spans) // DAY_US


def hour_on_wall(at: ColumnElement[int], spans: Sequence[ClockSpan]) -> ColumnElement[int]:
    """0..23, of microseconds that lie in the window of `spans`."""
    return (_microseconds_on_wall(at, spans) // HOUR_US) % 24
