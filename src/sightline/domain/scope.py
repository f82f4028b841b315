"""Which venues a caller may see. The first argument of every store function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """`venues` is None for the whole site, otherwise the ids that may be seen and touched."""

    venues: frozenset[str] | None

    @classmethod
    def site(cls) -> "Scope":
        """The program itself and administrators."""
        return cls(None)

    @classmethod
    def of(cls, *venues: str) -> "Scope":
        return cls(frozenset(venues))

    def allows(self, venue_id: str) -> bool:
        return self.venues is None or venue_id in self.venues
