"""One spelling for every signed statement, so that equal content has equal bytes."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

JsonObject = dict[str, Any]


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, UTF-8 without escapes, no line feed at the end.

    Raises:
        ValueError: a number that JSON does not have (NaN, infinity).
        TypeError: a value that JSON does not have.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def parse_canonical(line: bytes) -> JsonObject:
    """The object in `line`, provided that `line` is spelled as `canonical_json` spells it.

    Another spelling of the same content (a space, an escaped letter, a key twice) was not written by us.

    Raises:
        ValueError: not JSON, not an object, or not the canonical spelling.
    """
    try:
        value = json.loads(line)
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004  one kind of trouble, one kind of error
        spelled = canonical_json(value)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if spelled != line:
        raise ValueError("not spelled canonically")
    return value


def utc_text(at: datetime) -> str:
    """`2025-10-25T11:30:52.000000Z`: aware UTC, always with microseconds.

    Raises:
        ValueError: `at` is naive.
    """
    if at.tzinfo is None:
        raise ValueError(f"a time without its zone cannot be sealed: {at}")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
