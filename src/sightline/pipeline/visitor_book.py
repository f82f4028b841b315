"""Who came, stored: names, stays, and faces to know again, within the transaction of whoever analysed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.pipeline.visitor_stays import Pseudonyms, SeenTrack, VisitorName, stays_of_tracks
from sightline.store.stays import add_stays


class Recognition(Protocol):
    """Knows people of a venue again by their faces."""

    def names(
        self, scope: Scope, connection: Connection, tracks: Sequence[SeenTrack], *, venue_id: str, run_id: str
    ) -> Mapping[int, VisitorName]:
        """Lasting names of those tracks whose faces are good enough, by track number; others have none.

        In the transaction that stores their stays, after all stays that this run has so far.
        """
        ...

    def keep(self, scope: Scope, connection: Connection, *, venue_id: str) -> None:
        """Store the templates of those who were named last: their stays are stored now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorBook:
    """Enters the visitors among tracks that are over.

    Attributes:
        recognition: None where nobody is to be known again.
    """

    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)
    recognition: Recognition | None = None

    def enter(
        self,
        scope: Scope,
        connection: Connection,
        tracks: Iterable[SeenTrack],
        *,
        venue_id: str,
        camera_id: str,
        run_id: str,
        zone: tzinfo,
    ) -> Mapping[int, VisitorName]:
        """Store the stays of some tracks of a run, once each.

        Args:
            zone: of the venue.

        Returns:
            The names of those who were known again, or may be from now on, by track number.

        Raises:
            StoreError: the transaction must not commit.
        """
        seen = list(tracks)
        names: Mapping[int, VisitorName] = {}
        if self.recognition is not None:
            names = self.recognition.names(scope, connection, seen, venue_id=venue_id, run_id=run_id)
        stays = stays_of_tracks(
            seen,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            zone=zone,
            pseudonyms=self.pseudonyms,
            names=names,
        )
        add_stays(scope, connection, venue_id, stays)
        if self.recognition is not None:
            self.recognition.keep(scope, connection, venue_id=venue_id)
        return names
