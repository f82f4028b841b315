"""Events of some venues since a moment each, counted by kind."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from sightline.domain.scope import Scope
from sightline.store.statements import visible
from sightline.store.tables import event


def events_since(
    scope: Scope, connection: Connection, since: Mapping[str, datetime]
) -> dict[tuple[str, str], int]:
    """How many current events began since then, by venue and kind; those that go on count, too.

    Args:
        since: by venue.
    """
    if not since:
        return {}
    begun = or_(*(and_(event.c.venue_id == one, event.c.started_at >= at) for one, at in since.items()))
    query = (
        select(event.c.venue_id, event.c.kind, func.count())
        .where(begun, event.c.state == "current", visible(scope, event))
        .group_by(event.c.venue_id, event.c.kind)
    )
    return {(venue_id, str(kind)): int(count) for venue_id, kind, count in connection.execute(query)}
