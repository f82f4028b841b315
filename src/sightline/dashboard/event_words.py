"""What rules and roles write down of an event, in words for people."""

import re
from collections.abc import Mapping
from typing import Any

from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.sentences.event import REASONS_FR

SHARES = frozenset({"overlap", "stillness", "stability"})


def detail_lines(details: Mapping[str, Any], words: Mapping[str, str], shown: Shown) -> list[tuple[str, str]]:
    """Name and value of the details that a person may want to read, in the order in which they were told.

    What the product does not write itself (another program may tell anything) is shown as it is.
    """
    lines = []
    for name, value in details.items():
        if value is None or name in ("bounding_box", "last_attended_s"):
            continue
        lines.append((words.get(f"detail_{name}", name.replace("_", " ")), _value(name, value, words, shown)))
    return lines


def _value(name: str, value: Any, words: Mapping[str, str], shown: Shown) -> str:
    if name == "zone":  # named by people: "queue" is a place here, and not why something ended
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return words.get(f"word_{value}", str(value))
    if name in SHARES and 0 <= value <= 1:
        return shown.percent(100 * value)
    return shown.number(value, 0 if float(value).is_integer() else 2)


def reason_in(language: str, reason: str) -> str:
    """Why somebody has a role; in French where the sentence is one of ours."""
    if language == "fr":
        for english, french in REASONS_FR:
            found = re.fullmatch(english, reason)
            if found:
                return found.expand(french).replace("%", "\u202f%").replace(".", ",")
    return reason
