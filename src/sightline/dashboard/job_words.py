"""What a job says of itself, in the language of the page."""

import re
from collections.abc import Iterator, Mapping

from sightline.dashboard.sentences.job_messages import IN_FRENCH

_ID = re.compile(r"(?<=the same file came before), as job \S+$")
"""Nothing that people could do anything with."""
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def in_words(message: str, language: str) -> str:
    """A message of a job as a sentence; one that is not known in French stays as it is."""
    said = _french(message) if language == "fr" else _ID.sub("", message)
    return said[:1].upper() + said[1:]


def plain_reasons(language: str) -> Mapping[str, str]:
    """What the API may say of a file, for scripts: those sentences that have nothing to fill in."""
    if language != "fr":
        return {}
    return {told: said for told, said in IN_FRENCH.items() if "{" not in told}


def note_of(message: str) -> str:
    """What a completed job adds to its figures: where in time it was put. Empty when there is nothing."""
    return message.partition(" UTC; ")[2]


def _french(message: str) -> str:
    if message in IN_FRENCH:
        return IN_FRENCH[message]
    for pattern, said in _PATTERNS:
        found = pattern.fullmatch(message)
        if found is not None:
            parts = found.groupdict()
            if "why" in parts:
                parts["why"] = _french(parts["why"])
            return said.format(**parts)
    return message


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    for told, said in IN_FRENCH.items():
        if "{" in told:
            yield re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(told)), re.DOTALL), said


_PATTERNS = tuple(_patterns())
