"""Shares and means as the answers about traffic have them: rounded, and None of nothing."""

from collections.abc import Mapping

UNKNOWN = "unknown"
GENDERS = ("M", "F")
MINUTE_MS = 60_000


def percent(part: int, whole: int) -> float | None:
    """`part` of `whole` in percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def minutes_each(total_ms: int, number: int) -> float | None:
    """The mean in minutes with two decimals; None of nothing."""
    return round(total_ms / number / MINUTE_MS, 2) if number else None


def shares(people: Mapping[str, int]) -> dict[str, float] | None:
    """The share of each label in percent, in the order of `people`; None when there is nobody."""
    total = sum(people.values())
    return {label: round(100 * number / total, 1) for label, number in people.items()} if total else None


def points(now: Mapping[str, float] | None, before: Mapping[str, float] | None) -> dict[str, float] | None:
    """By how many points each share has changed, a missing one being 0; None where a side is."""
    if now is None or before is None:
        return None
    labels = [*now, *(label for label in before if label not in now)]
    return {label: round(now.get(label, 0.0) - before.get(label, 0.0), 1) for label in labels}
