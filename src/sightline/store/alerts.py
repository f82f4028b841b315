"""What a person should look at. The same condition alerts once until it clears."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, text, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.statements import demand, dialect_of, visible
from sightline.store.table_words import ALERT_IS_OPEN
from sightline.store.tables import alert

SEVERITIES = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """One alert.

    Attributes:
        alert_type: what happened: camera_lost, disk_low ...
        subject: what it happened to: a camera's id; empty for the whole venue.
        severity: info, warning or critical.
        title, message: for a person; never an address with its password.
        data: JSON values that belong to it.
        cleared_at: when the condition was over; None while it holds.
        acknowledged: whether a person has seen it; it goes on holding all the same.
    """

    id: int
    venue_id: str
    alert_type: str
    subject: str
    severity: str
    title: str
    message: str
    data: Mapping[str, Any]
    created_at: datetime
    cleared_at: datetime | None
    acknowledged: bool
    acknowledged_at: datetime | None


def raise_alert(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    alert_type: str,
    severity: str,
    title: str,
    message: str,
    at: datetime,
    subject: str = "",
    data: Mapping[str, Any] | None = None,
) -> StoredAlert | None:
    """Store an alert, unless the same (venue, type, subject) holds already: then None, and nothing changes.

    Raises:
        StoreError: outside the scope, no such venue, or an unknown severity.
    """
    demand(scope, venue_id)
    if severity not in SEVERITIES:
        raise StoreError(f"an alert is one of {', '.join(SEVERITIES)}, not {severity!r}")
    # The database decides, so that of two processes that see the same condition one alerts.
    statement = (
        dialect_of(connection)
        .insert(alert)
        .values(
            venue_id=venue_id,
            alert_type=alert_type,
            subject=subject,
            severity=severity,
            title=title,
            message=message,
            data=dict(data or {}),
            created_at=at,
            acknowledged=False,
        )
        .on_conflict_do_nothing(
            index_elements=["venue_id", "alert_type", "subject"], index_where=text(ALERT_IS_OPEN)
        )
        .returning(*alert.c)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredAlert(**row._mapping)


def clear_alert(
    scope: Scope, connection: Connection, *, venue_id: str, alert_type: str, at: datetime, subject: str = ""
) -> bool:
    """Note that the condition is over, so that its next time alerts again. False when it did not hold.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    changed = connection.execute(
        update(alert)
        .where(
            alert.c.venue_id == venue_id,
            alert.c.alert_type == alert_type,
            alert.c.subject == subject,
            alert.c.cleared_at.is_(None),
        )
        .values(cleared_at=at)
    )
    return changed.rowcount > 0


def list_alerts(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    severity: str | None = None,
    acknowledged: bool | None = None,
    holding: bool | None = None,
    limit: int | None = 50,
    offset: int = 0,
) -> list[StoredAlert]:
    """Alerts, newest first.

    Args:
        holding: True for those whose condition is not over, False for the others.
    """
    conditions = _conditions(scope, venue_id, severity, acknowledged, holding)
    query = select(alert).where(*conditions).order_by(alert.c.created_at.desc(), alert.c.id.desc())
    return [StoredAlert(**row._mapping) for row in connection.execute(query.limit(limit).offset(offset))]


def count_alerts(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    severity: str | None = None,
    acknowledged: bool | None = None,
    holding: bool | None = None,
) -> int:
    """How many alerts `list_alerts` would give without a limit."""
    conditions = _conditions(scope, venue_id, severity, acknowledged, holding)
    return int(connection.execute(select(func.count()).select_from(alert).where(*conditions)).scalar_one())


def acknowledge_alert(
    scope: Scope, connection: Connection, alert_id: int, *, at: datetime
) -> StoredAlert | None:
    """Note that a person has seen an alert; the first time counts. None when there is none in the scope."""
    here = [alert.c.id == alert_id, visible(scope, alert)]
    connection.execute(
        update(alert)
        .where(*here, alert.c.acknowledged.is_(False))
        .values(acknowledged=True, acknowledged_at=at)
    )
    row = connection.execute(select(alert).where(*here)).one_or_none()
    return None if row is None else StoredAlert(**row._mapping)


def venue_of_alert(scope: Scope, connection: Connection, alert_id: int) -> str | None:
    """Which venue an alert is of; None when there is none in the scope."""
    query = select(alert.c.venue_id).where(alert.c.id == alert_id, visible(scope, alert))
    found: str | None = connection.execute(query).scalar_one_or_none()
    return found


def _conditions(
    scope: Scope,
    venue_id: str | None,
    severity: str | None,
    acknowledged: bool | None,
    holding: bool | None,
) -> list[ColumnElement[bool]]:
    conditions = [visible(scope, alert)]
    if venue_id is not None:
        conditions.append(alert.c.venue_id == venue_id)
    if severity is not None:
        conditions.append(alert.c.severity == severity)
    if acknowledged is not None:
        conditions.append(alert.c.acknowledged.is_(acknowledged))
    if holding is not None:
        ended = alert.c.cleared_at
        conditions.append(ended.is_(None) if holding else ended.is_not(None))
    return conditions
