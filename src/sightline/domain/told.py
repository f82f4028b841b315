"""Events that are told while they last."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sightline.domain.event import Identity, ServiceEvent


@dataclass(slots=True)
class ToldEvents:
    """Remembers what was told, so that each event is told once and none stays open for ever.

    An event that was told ends in one of two ways: it is concluded, or it goes on no more without having
    been concluded: then it never was one, and is withdrawn. One that comes true after all is told anew.
    """

    _told: dict[Identity, ServiceEvent] = field(default_factory=dict)

    def tell(self, ongoing: Iterable[ServiceEvent]) -> list[ServiceEvent]:
        """Those of `ongoing` that have not been told yet."""
        new = [event for event in ongoing if event.identity not in self._told]
        self._told |= {event.identity: event for event in new}
        return new

    def conclude(self, events: Iterable[ServiceEvent]) -> None:
        """These are finished: nothing has to be withdrawn."""
        for event in events:
            self._told.pop(event.identity, None)

    def withdraw(self, ongoing: Iterable[ServiceEvent]) -> list[ServiceEvent]:
        """Those told, not concluded, and not in `ongoing`, as they were told; they are forgotten."""
        lasting = {event.identity for event in ongoing}
        gone = [identity for identity in self._told if identity not in lasting]
        return [self._told.pop(identity) for identity in gone]
