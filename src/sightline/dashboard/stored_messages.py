"""Sentences that are stored in English, in French."""

import re
from collections.abc import Iterator, Mapping

_PLACE = re.compile(r"\\\{(\w+)\\\}")
_FRACTION = re.compile(r"[+-]?\d+\.\d+")


class StoredMessages:
    """Knows some sentences in French.

    Args:
        in_french: by the English one; `{...}` stands for what differs, `{why}` for another one of these.
    """

    def __init__(self, in_french: Mapping[str, str]) -> None:
        self._whole = in_french
        self._patterns = tuple(_patterns(in_french))

    def french(self, message: str) -> str:
        """The sentence; one that is not known stays as it is."""
        if message in self._whole:
            return self._whole[message]
        for pattern, said in self._patterns:
            found = pattern.fullmatch(message)
            if found is not None:
                parts = {name: _number(text) for name, text in found.groupdict().items()}
                if "why" in parts:
                    parts["why"] = self.french(parts["why"])
                return said.format(**parts)
        return message


def _patterns(in_french: Mapping[str, str]) -> Iterator[tuple[re.Pattern[str], str]]:
    for told, said in in_french.items():
        if "{" in told:
            yield re.compile(_PLACE.sub(r"(?P<\1>.+)", re.escape(told)), re.DOTALL), said


def _number(text: str) -> str:
    return text.replace(".", ",") if _FRACTION.fullmatch(text) else text
