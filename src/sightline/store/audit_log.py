"""Who signed in, who changed what. Rows are added, and deleted when their time is over; never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from sightline.domain.scope import Scope
from sightline.store.account_tables import audit_entry
from sightline.store.statements import demand, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that was done.

    Attributes:
        actor: `person:ID`, `key:ID`, `local` (this machine, in local mode), `command line`, or `nobody`.
        action: such as `sign_in`, or method and address template of a change: `DELETE /api/links/{link_id}`.
        venue_id: None when it is about the whole site.
        subject: what it was done to: ids, never secrets.
        address: where it came from.
        id: of the stored row; 0 before.
    """

    at: datetime
    actor: str
    action: str
    venue_id: str | None = None
    subject: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None
    id: int = 0


def add_audit_entries(scope: Scope, connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Store entries.

    Raises:
        StoreError: one is about a venue outside the scope.
    """
    for one in entries:
        if one.venue_id is not None:
            demand(scope, one.venue_id)
    names = [name for name in AuditEntry.__slots__ if name != "id"]
    rows = [{name: getattr(one, name) for name in names} | {"facts": dict(one.facts)} for one in entries]
    if rows:
        connection.execute(insert(audit_entry), rows)


def list_audit_entries(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[AuditEntry]:
    """Entries, newest first.

    Args:
        since, until: from here on, before here.
    """
    columns = [audit_entry.c[name] for name in AuditEntry.__slots__]
    which = _which(scope, venue_id, actor, since, until)
    newest_first = audit_entry.c.at.desc(), audit_entry.c.id.desc()
    query = select(*columns).where(*which).order_by(*newest_first).limit(limit).offset(offset)
    return [AuditEntry(**row._mapping) for row in connection.execute(query)]


def count_audit_entries(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """How many `list_audit_entries` would give without a limit."""
    which = _which(scope, venue_id, actor, since, until)
    return connection.execute(select(func.count()).select_from(audit_entry).where(*which)).scalar_one()


def remove_audit_entries(scope: Scope, connection: Connection, *, before: datetime) -> int:
    """Delete the entries from before a time; how many."""
    which = audit_entry.c.at < before, visible(scope, audit_entry)
    return connection.execute(delete(audit_entry).where(*which)).rowcount


def _which(
    scope: Scope, venue_id: str | None, actor: str | None, since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    which = [visible(scope, audit_entry)]
    if venue_id is not None:
        which.append(audit_entry.c.venue_id == venue_id)
    if actor is not None:
        which.append(audit_entry.c.actor == actor)
    if since is not None:
        which.append(audit_entry.c.at >= since)
    if until is not None:
        which.append(audit_entry.c.at < until)
    return which
