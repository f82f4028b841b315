"""What the pages say: a file per page, each sentence in both languages side by side."""

from collections.abc import Mapping
from types import MappingProxyType

Sentences = Mapping[str, tuple[str, str]]
"""English and French by key; `{name}` stands for a value."""


def in_language(language: str, *groups: Sentences) -> Mapping[str, str]:
    """All sentences of some groups in one language; of a key in two groups the later one counts."""
    place = 1 if language == "fr" else 0
    return MappingProxyType({key: said[place] for group in groups for key, said in group.items()})
