"""The faces of one venue in memory, kept as the table has them while several processes change it."""

from collections.abc import Callable, Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from time import monotonic

import numpy as np
from sqlalchemy import Connection
from sqlalchemy.engine import RootTransaction

from sightline.domain.scope import Scope
from sightline.domain.templates import Match, Template, TemplateIndex
from sightline.pipeline.face_templates import FaceTemplates
from sightline.store import face_templates

COMPARED_EVERY_S = 60.0
"""How often who is in memory is compared with who is in the table."""
GUESSED_AT_ONCE = 64
"""Faces compared with all others in one go: with 100,000 that takes 26 MB."""


class KnownFaces:
    """The templates of one venue, one model and one length of vector.

    The lock of all writers makes it simple: what is read when a transaction begins stays true until its end.
    So the first look of a transaction reads what others have changed, and no later one has to. What the
    transaction itself makes of people lies beside it and is forgotten with it: if it was committed, the next
    one reads it as it reads everything; if it was rolled back, it never was.

    Args:
        model, dims: of all vectors in it.
        clock: seconds; tells when to compare again.
    """

    def __init__(
        self,
        templates: FaceTemplates,
        scope: Scope,
        venue_id: str,
        *,
        model: str,
        dims: int,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._templates = templates
        self._scope, self._venue_id = scope, venue_id
        self._model, self._dims = model, dims
        self._clock = clock
        self._index = TemplateIndex(model, dims)
        self._fresh = TemplateIndex(model, dims)
        self._seen: datetime | None = None
        self._transaction: RootTransaction | None = None
        self._compared_s = clock()

    def __len__(self) -> int:
        return len(self._index)

    def load(self, connection: Connection) -> None:
        """Read all of them, if that has not been done: outside of a transaction that holds up who writes.

        Raises:
            ConfigError: as `FaceTemplates.read_in`.
        """
        if self._transaction is None and self._seen is None:
            self._read_changes(connection)

    def follow(self, connection: Connection) -> None:
        """Begin with the state of a writing transaction; within the same one this does nothing.

        Raises:
            ConfigError: as `FaceTemplates.read_in`.
        """
        transaction = connection.get_transaction()
        assert isinstance(transaction, RootTransaction)
        if transaction is self._transaction:
            return
        self._fresh = TemplateIndex(self._model, self._dims)
        self._read_changes(connection)
        if self._clock() - self._compared_s >= COMPARED_EVERY_S:
            self._compare(connection)
        self._transaction = transaction

    def guesses(self, templates: Sequence[Template], *, threshold: float) -> list[Match | None]:
        """Whose each face is most likely, as of the begin of the transaction: together they cost far less."""
        found: list[Match | None] = []
        for first in range(0, len(templates), GUESSED_AT_ONCE):
            some = [one.direction for one in templates[first : first + GUESSED_AT_ONCE]]
            found += self._index.best(self._model, np.array(some, np.float32), threshold=threshold)
        return found

    def best(
        self, template: Template, guess: Match | None, *, threshold: float, never: AbstractSet[str]
    ) -> str | None:
        """Whose face it is most likely; None: nobody's who is known.

        Args:
            guess: as `guesses` gave it in this transaction.
            never: those it cannot be.
        """
        if guess is not None and (
            guess.owner in never or guess.owner in self._fresh or guess.owner not in self._index
        ):
            guess = self._search(self._index, template, threshold, {*never, *self._fresh})
        fresh = self._search(self._fresh, template, threshold, never)
        found = [one for one in (guess, fresh) if one is not None]
        return max(found, key=lambda one: one.cosine).owner if found else None

    def stored(self, connection: Connection, owner: str) -> Template | None:
        """Somebody's template as it lies in the table; None, and forgotten here, when it has gone from there.

        Raises:
            ConfigError: as `FaceTemplates.read_in`.
        """
        for _, template in self._read(connection, owners=[owner]):
            return template
        self._index.remove(owner)
        self._fresh.remove(owner)
        return None

    def put(self, owner: str, template: Template) -> None:
        """What the transaction that is followed makes of somebody's template."""
        self._fresh.put(owner, template)

    def _search(
        self, index: TemplateIndex, template: Template, threshold: float, never: AbstractSet[str]
    ) -> Match | None:
        direction = template.direction[None]
        (match,) = index.best(self._model, direction, threshold=threshold, never=[never])
        return match

    def _read_changes(self, connection: Connection) -> None:
        where = (self._scope, connection, self._venue_id, self._model, self._dims)
        newest = face_templates.newest_change(*where)
        if newest is None or (self._seen is not None and newest <= self._seen):
            return
        self._index.put_all(self._read(connection, changed_after=self._seen))
        self._seen = newest

    def _compare(self, connection: Connection) -> None:
        """Forget who was erased, or whose time was over; read who was missed: clocks may have been set."""
        where = (self._scope, connection, self._venue_id, self._model, self._dims)
        there = face_templates.owners(*where)
        for owner in [one for one in self._index if one not in there]:
            self._index.remove(owner)
        missed = there.difference(self._index)
        if missed:
            self._index.put_all(self._read(connection, owners=missed))
        self._compared_s = self._clock()

    def _read(
        self,
        connection: Connection,
        *,
        owners: Collection[str] | None = None,
        changed_after: datetime | None = None,
    ) -> list[tuple[str, Template]]:
        return self._templates.read_in(
            self._scope,
            connection,
            self._venue_id,
            model=self._model,
            dims=self._dims,
            owners=owners,
            changed_after=changed_after,
        )
