"""Who came, stored: names, stays, and faces to know again, within the transaction of whoever analysed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.pipeline.visitor_stays import Pseudonyms, SeenTrack, VisitorName, stays_of_tracks
from sightline.store.database import Database
from sightline.store.stays import add_stays


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who some tracks are.

    Attributes:
        names: by track number; of those whose faces are good enough.
        templates: what is to be kept of them, by pseudonym.
    """

    names: Mapping[int, VisitorName] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict, repr=False)


NOBODY = Recognised()


class Recognition(Protocol):
    """Knows people of a venue again by their faces."""

    def prepare(self, scope: Scope, connection: Connection, *, venue_id: str) -> None:
        """Read what `names` will need, while nobody who writes has to wait for it."""
        ...

    def names(
        self,
        scope: Scope,
        connection: Connection,
        tracks: Sequence[SeenTrack],
        *,
        venue_id: str,
        run_id: str,
        merged: Collection[str] = (),
    ) -> Recognised:
        """Lasting names of those tracks whose faces are good enough; others have none.

        In the transaction that stores their stays, after all stays that this run has so far.

        Args:
            merged: pseudonyms whose templates hold the faces of this footage already.
        """
        ...

    def keep(self, scope: Scope, connection: Connection, recognised: Recognised, *, venue_id: str) -> None:
        """Store what `names` has given in this transaction: the stays are stored now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorBook:
    """Enters the visitors among tracks that are over.

    Attributes:
        recognition: None where nobody is to be known again.
    """

    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)
    recognition: Recognition | None = None

    def prepare(self, scope: Scope, database: Database, *, venue_id: str) -> None:
        """Read what `enter` will need, before its transaction: a hundred thousand faces take seconds.

        Raises:
            StoreError: the database cannot be read.
        """
        if self.recognition is not None:
            with database.reading() as connection:
                self.recognition.prepare(scope, connection, venue_id=venue_id)

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
        merged: Collection[str] = (),
    ) -> Mapping[int, VisitorName]:
        """Store the stays of some tracks of a run, once each.

        Args:
            zone: of the venue.
            merged: see `Recognition.names`.

        Returns:
            The names of those who were known again, or may be from now on, by track number.

        Raises:
            StoreError: the transaction must not commit.
        """
        seen, who = list(tracks), NOBODY
        if self.recognition is not None:
            who = self.recognition.names(
                scope, connection, seen, venue_id=venue_id, run_id=run_id, merged=merged
            )
        stays = stays_of_tracks(
            seen,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            zone=zone,
            pseudonyms=self.pseudonyms,
            names=who.names,
        )
        add_stays(scope, connection, venue_id, stays)
        if self.recognition is not None:
            self.recognition.keep(scope, connection, who, venue_id=venue_id)
        return who.names
