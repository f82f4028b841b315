"""How Python values lie in columns: times as whole microseconds, JSON as one canonical text.

And how addresses do: without their passwords.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
USER = re.compile(r"://\S*@")
"""Up to the last "@", since passwords of cameras often hold "@" or "/" unescaped."""
SECRET_VALUE = re.compile(
    r"(?i)(?<=[?&])([^=&\s]*(?:user|usr|login|pass|pwd|key|token|auth|secret)[^=&\s]*)=[^&\s]*"
)


class UtcMicroseconds(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out, microseconds since 1970-01-01 UTC in between.

    A whole number compares and sorts alike in SQLite and PostgreSQL and loses nothing, which a text or a
    floating point number cannot promise.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Microseconds of `value`.

        Raises:
            ValueError: `value` has no time zone; guessing one is how yesterday's peak hour moves.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; only aware times are stored")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


class JsonText(TypeDecorator[Any]):
    """A JSON value as canonical text, so that equal values are equal bytes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def canonical_json(value: Any) -> str:
    """`value` as JSON with sorted keys, no blanks and no NaN (ValueError)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def address_without_password(address: str) -> str:
    """`address` with user, password, and query values that are named like one, masked; others as they are."""
    return SECRET_VALUE.sub(r"\1=***", USER.sub("://***@", address))
