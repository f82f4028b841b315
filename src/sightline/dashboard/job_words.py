"""What a job says of itself, in the language of the page."""

import re
from collections.abc import Mapping

from sightline.dashboard.sentences.job_messages import IN_FRENCH
from sightline.dashboard.stored_messages import StoredMessages

_ID = re.compile(r"(?<=the same file came before), as job \S+$")
"""Nothing that people could do anything with."""
_JOBS = StoredMessages(IN_FRENCH)


def in_words(message: str, language: str) -> str:
    """A message of a job as a sentence; one that is not known in French stays as it is."""
    said = _JOBS.french(message) if language == "fr" else _ID.sub("", message)
    return said[:1].upper() + said[1:]


def plain_reasons(language: str) -> Mapping[str, str]:
    """What the API may say of a file, for scripts: those sentences that have nothing to fill in."""
    if language != "fr":
        return {}
    return {told: said for told, said in IN_FRENCH.items() if "{" not in told}


def note_of(message: str) -> str:
    """What a completed job adds to its figures: where in time it was put. Empty when there is nothing."""
    return message.partition(" UTC; ")[2]
