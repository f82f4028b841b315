"""Private links to clips and hosted videos: until when, whether taken back, who made them. Never a token."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, insert, select, update

from sightline.domain.scope import Scope
from sightline.store.delivery_tables import private_link
from sightline.store.statements import demand, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """One link. It shows either a part of a piece of evidence or a hosted video.

    Attributes:
        purpose: what it was made for; at most one link has it.
        created_by: who made it: a person's name for people, a channel for programs.
        revoked_at: when it was taken back; None while it was not. Nothing undoes that.
    """

    id: str
    venue_id: str
    evidence_id: str | None
    part: int
    hosted_video_id: str | None
    purpose: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None = None

    def state(self, now: datetime) -> str:
        """`alive`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "alive" if now < self.expires_at else "expired"


def add_link(scope: Scope, connection: Connection, link: StoredLink) -> None:
    """Store a new link.

    Raises:
        StoreError: outside the scope; its id or purpose is taken; or what it shows is unknown.
    """
    demand(scope, link.venue_id)
    connection.execute(insert(private_link).values(**asdict(link)))


def get_link(scope: Scope, connection: Connection, link_id: str) -> StoredLink | None:
    """The link, or None when there is none in the scope."""
    found = _read(scope, connection, private_link.c.id == link_id)
    return found[0] if found else None


def link_for(scope: Scope, connection: Connection, purpose: str) -> StoredLink | None:
    """The link that was made for `purpose`, or None."""
    found = _read(scope, connection, private_link.c.purpose == purpose)
    return found[0] if found else None


def list_links(
    scope: Scope,
    connection: Connection,
    *,
    evidence_id: str | None = None,
    hosted_video_id: str | None = None,
) -> list[StoredLink]:
    """Links, newest first; of one piece of evidence or one hosted video where that is given."""
    conditions = []
    if evidence_id is not None:
        conditions.append(private_link.c.evidence_id == evidence_id)
    if hosted_video_id is not None:
        conditions.append(private_link.c.hosted_video_id == hosted_video_id)
    return _read(scope, connection, *conditions)


def set_expiry(scope: Scope, connection: Connection, link: StoredLink, expires_at: datetime) -> None:
    """Let `link` live until `expires_at`.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, link.venue_id)
    connection.execute(update(private_link).where(private_link.c.id == link.id).values(expires_at=expires_at))


def revoke_link(scope: Scope, connection: Connection, link: StoredLink, at: datetime) -> bool:
    """Take `link` back for good; False when it was already.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, link.venue_id)
    changed = connection.execute(
        update(private_link)
        .where(private_link.c.id == link.id, private_link.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    return changed.rowcount > 0


def give_up_purpose(scope: Scope, connection: Connection, link: StoredLink) -> None:
    """Let another link be made for what `link` was made for.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, link.venue_id)
    connection.execute(update(private_link).where(private_link.c.id == link.id).values(purpose=None))


def _read(scope: Scope, connection: Connection, *conditions: ColumnElement[bool]) -> list[StoredLink]:
    query = select(private_link).where(visible(scope, private_link), *conditions)
    query = query.order_by(private_link.c.created_at.desc(), private_link.c.id)
    return [StoredLink(**row._mapping) for row in connection.execute(query)]
