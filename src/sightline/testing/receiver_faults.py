"""How a receiver of files and reports may answer, well and badly."""

import random
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """What goes wrong with one request. Those that keep what came are named so."""

    SLOW = "slow"  # kept; answers after `slow_s`
    TRICKLE = "trickle"  # kept; answers a byte at a time, for ever
    ERROR_500 = "error_500"
    ERROR_503 = "error_503"
    TOO_MANY = "too_many"  # 429 with Retry-After
    REFUSED = "refused"  # 403, repeating the key it was given
    TOO_LARGE = "too_large"  # 413 and gone, without reading the body
    REDIRECT = "redirect"  # 307 to another host
    RESET = "reset"  # after `reset_after` bytes of the body
    STALL = "stall"  # does not read the body
    NO_ANSWER = "no_answer"  # not kept; reads all and says nothing
    SUCCESS_FALSE = "success_false"  # 200, and false in the JSON
    WRONG_HASH = "wrong_hash"  # kept; names another hash
    WRONG_LENGTH = "wrong_length"  # kept; names another length
    SHORT_COPY = "short_copy"  # keeps less than came, and says so truly
    NOT_JSON = "not_json"  # kept; a long page instead of an answer
    TRUNCATED = "truncated"  # kept; breaks off within the answer
    STORED_THEN_RESET = "stored_then_reset"  # kept; the connection is gone before a word is said


Plan = Callable[[int, str, str], Fault | None]
"""What happens to request number N (from 0) to a path under an idempotency key; None: it goes well."""

PASSING = (
    Fault.ERROR_500, Fault.ERROR_503, Fault.TOO_MANY, Fault.RESET, Fault.SUCCESS_FALSE, Fault.WRONG_HASH,
    Fault.WRONG_LENGTH, Fault.SHORT_COPY, Fault.TRUNCATED, Fault.STORED_THEN_RESET,
)  # fmt: skip
"""Faults that take no time, and after which the same again may succeed."""


def all_well(number: int, path: str, key: str) -> None:
    """No faults."""


def one_after_another(*faults: Fault | None) -> Plan:
    """The first for the first request, and so on; well after the last."""
    return lambda number, _path, _key: faults[number] if number < len(faults) else None


def random_faults(rate: float, seed: int, faults: Sequence[Fault] = PASSING) -> Plan:
    """Each request goes wrong with a chance of `rate`; the same ones for the same seed, in whatever order."""

    def plan(number: int, path: str, key: str) -> Fault | None:  # noqa: ARG001
        dice = random.Random(f"{seed}:{number}")  # noqa: S311  chance, not secrecy
        return dice.choice(faults) if dice.random() < rate else None

    return plan


class Shape(StrEnum):
    """Where the answer to an upload holds the stored name."""

    FILENAME = "filename"
    FILE = "file"
    NAME = "name"
    STORED_NAME = "stored_name"
    SAVED_AS = "saved_as"
    PATH = "path"
    URL = "url"
    DATA = "data"
    RESULT = "result"
    RESULT_FILENAME = "result.filename"
    RESULT_FILE = "result.file"
    RESULT_NAME = "result.name"
    RESULT_PATH = "result.path"
    RESULT_URL = "result.url"
    DATA_FILENAME = "data.filename"
    TEXT = "text"
    LONG_TEXT = "long_text"
    EMPTY = "empty"
    NOWHERE = "nowhere"


def shaped(shape: Shape, stored_name: str, url: str, stated: dict[str, Any]) -> tuple[str, Any]:
    """Content type, and the body: a text, or an object for JSON.

    Args:
        stated: hash and length, where the receiver names them; texts have no place for them.
    """
    if shape is Shape.TEXT:
        return "text/plain", f"{stored_name}\n"
    if shape is Shape.LONG_TEXT:
        return "text/plain", f"Thank you for {stored_name}. " * 100
    if shape is Shape.EMPTY:
        return "text/plain", ""
    if shape is Shape.NOWHERE:
        return "application/json", {"success": True, **stated}
    outer, _, inner = shape.value.partition(".")
    name = url if (inner or outer) == "url" else stored_name
    return "application/json", {"success": True, outer: {inner: name} if inner else name, **stated}
