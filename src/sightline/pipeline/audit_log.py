"""The log of who did what with a site: written as it happens, read by administrators, kept for a while."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sightline.domain.scope import Scope
from sightline.store import audit_log
from sightline.store.audit_log import AuditEntry
from sightline.store.database import Database

COMMAND_LINE = "command line"
NOBODY = "nobody"


class AuditLog:
    """The audit log of a site."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def note(
        self,
        actor: str,
        action: str,
        *,
        venue_id: str | None = None,
        subject: str = "",
        facts: Mapping[str, Any] | None = None,
        address: str | None = None,
    ) -> None:
        """Write one entry; see `AuditEntry`. Ids and names only: no password, key or address of a camera.

        Raises:
            StoreError, DiskFull: it is not written.
        """
        entry = AuditEntry(
            at=self._clock(),
            actor=actor,
            action=action,
            venue_id=venue_id,
            subject=subject,
            facts=facts or {},
            address=address,
        )
        with self._database.transaction() as connection:
            audit_log.add_audit_entries(Scope.site(), connection, [entry])

    def page(
        self,
        scope: Scope,
        *,
        venue_id: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int,
        offset: int,
    ) -> tuple[int, list[AuditEntry]]:
        """How many there are, and some of them, newest first."""
        with self._database.reading() as connection:
            total = audit_log.count_audit_entries(
                scope, connection, venue_id=venue_id, actor=actor, since=since, until=until
            )
            entries = audit_log.list_audit_entries(
                scope,
                connection,
                venue_id=venue_id,
                actor=actor,
                since=since,
                until=until,
                limit=limit,
                offset=offset,
            )
        return total, entries

    def forget(self, keep: timedelta) -> int:
        """Delete what is older than `keep`; how many entries."""
        with self._database.transaction() as connection:
            return audit_log.remove_audit_entries(Scope.site(), connection, before=self._clock() - keep)
