"""People say of events that they were right, or that there was none; the ledger keeps who and when."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sightline.domain.scope import Scope
from sightline.errors import NotFound, OutOfScope
from sightline.pipeline.event_reading import verdict_facts
from sightline.store import events, ledger
from sightline.store.database import Database
from sightline.store.event_verdicts import StoredVerdict, Verdict, put_verdict
from sightline.store.ledger import LedgerEntry

EVENT = "event"
"""What the ledger calls the subject."""


class EventVerdicts:
    """Takes down what people say of the events of a site."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def history(self, scope: Scope, event_id: str) -> list[LedgerEntry]:
        """What was ever said of an event, as the ledger has it."""
        with self._database.reading() as connection:
            return ledger.entries_of(scope, connection, EVENT, event_id)

    def give(
        self, scope: Scope, event_id: str, *, verdict: Verdict, reason: str | None, by: str
    ) -> dict[str, Any]:
        """The last word counts; every one of them stands in the ledger, without its reason.

        Args:
            by: who says it, for row and ledger.

        Raises:
            OutOfScope: it is another venue's.
            NotFound: there is none.
        """
        now = self._clock()
        with self._database.transaction() as connection:
            found = events.get_event(Scope.site(), connection, event_id)
            if found is None:
                raise NotFound(f"there is no event {event_id!r}")
            if not scope.allows(found.venue_id):
                raise OutOfScope(f"the event {event_id!r} is another venue's")
            given = StoredVerdict(
                event_id=event_id,
                venue_id=found.venue_id,
                verdict=verdict,
                reason=(reason or "").strip(),
                given_by=by,
                given_at=now,
            )
            put_verdict(scope, connection, given)
            ledger.add_entry(
                scope,
                connection,
                venue_id=found.venue_id,
                at=now,
                action=f"event_{verdict}",
                subject_kind=EVENT,
                subject_id=event_id,
                actor=by,
                facts={"kind": found.kind.value, "camera_id": found.camera_id},
            )
        return verdict_facts(given)
