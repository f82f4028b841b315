"""What the pages say: a file per page, each sentence in both languages side by side."""

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

Sentences = Mapping[str, tuple[str, str]]
"""English and French by key; `{name}` stands for a value."""
BEFORE_SIGN = re.compile(r" (?=[:;!?%»])|(?<=«) ")


def in_language(language: str, *groups: Sentences) -> Mapping[str, str]:
    """All sentences of some groups in one language; of a key in two groups the later one counts."""
    if language == "fr":
        return MappingProxyType(
            {key: unbroken(french) for group in groups for key, (_, french) in group.items()}
        )
    return MappingProxyType({key: english for group in groups for key, (english, _) in group.items()})


@cache
def unbroken(french: str) -> str:
    """With spaces that no line ends at, where French writes one before a sign or inside quotation marks."""
    return BEFORE_SIGN.sub("\u00a0", french)
