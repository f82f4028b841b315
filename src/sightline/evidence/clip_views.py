"""Who watched a clip: entered in the ledger once an hour, after the bytes have gone."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.evidence.canonical import utc_text
from sightline.evidence.chain import EVIDENCE
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence

log = structlog.get_logger()

WATCHED = "watched"


class ClipViews:
    """Enters views of clips by accounts, keys and this machine; those by private links are counted elsewhere.

    A player asks for a clip in dozens of pieces: one entry stands for all of them within an hour of the clock
    (UTC), whoever of several processes answers.
    """

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._hour = ""
        self._entered: set[tuple[str, str, str]] = set()

    def enter(self, evidence: StoredEvidence, *, copy: str, by: str) -> None:
        """Enter a view, unless this hour has one. Nobody waits for it: what fails is logged, and tried again
        with the next piece that is asked for.

        Args:
            copy: which copy was seen: the sealed original, or one in which something is covered.
            by: who, as the ledger names them.
        """
        now = self._clock()
        hour = utc_text(now.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
        view = (evidence.id, copy, by)
        with self._lock:
            if hour != self._hour:
                self._hour, self._entered = hour, set()
            if view in self._entered:
                return
        scope, facts = Scope.of(evidence.venue_id), {"hour": hour, "copy": copy}
        try:
            with self._database.transaction() as connection:
                known = ledger.entries_of(scope, connection, EVIDENCE, evidence.id)
                if not any((one.action, one.actor, one.facts) == (WATCHED, by, facts) for one in known):
                    ledger.add_entry(
                        scope,
                        connection,
                        venue_id=evidence.venue_id,
                        at=now,
                        action=WATCHED,
                        subject_kind=EVIDENCE,
                        subject_id=evidence.id,
                        actor=by,
                        facts=facts,
                    )
        except SightlineError as error:
            log.warning("a view of a clip is not entered yet", evidence=evidence.id, reason=str(error))
            return
        with self._lock:
            if hour == self._hour:
                self._entered.add(view)
