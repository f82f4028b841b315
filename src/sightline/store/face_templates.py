"""Templates of faces as they are kept: sealed, by venue, visitor and model. Nothing here can open them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.identity_tables import face_template as table
from sightline.store.many_rows import among
from sightline.store.statements import demand, dialect_of, visible
from sightline.store.visitor_tables import visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedTemplate:
    """The template of one visitor and model.

    Attributes:
        pseudo_id: of the visitor.
        dims: numbers in the vector.
        sealed: nonce, encrypted vector, tag.
        key_id: of the key that opens it.
        faces: how many the mean is of.
    """

    pseudo_id: str
    model: str
    dims: int
    sealed: bytes = field(repr=False)
    key_id: str
    faces: int
    updated_at: datetime


def put_templates(
    scope: Scope, connection: Connection, venue_id: str, templates: Sequence[SealedTemplate]
) -> None:
    """Store templates in place of earlier ones of the same visitors and models.

    Belongs in the transaction that stores the stays of these visitors: without a stay there is no visitor.

    Raises:
        StoreError: outside the scope; somebody is no lasting visitor of this venue (erased meanwhile, or
            never to be known again); or what is there was sealed with another key: it stays.
    """
    demand(scope, venue_id)
    wanted = {one.pseudo_id for one in templates}
    known = select(visitor.c.pseudo_id).where(
        visitor.c.venue_id == venue_id, visitor.c.lasting, among(connection, visitor.c.pseudo_id, wanted)
    )
    if wanted - set(connection.execute(known).scalars()):
        raise StoreError(
            f"a face belongs to nobody whom the venue {venue_id!r} may know again; it is not kept"
        )
    for one in templates:
        statement = dialect_of(connection).insert(table).values(venue_id=venue_id, **asdict(one))
        replacing = statement.on_conflict_do_update(
            index_elements=["venue_id", "pseudo_id", "model"],
            set_={
                name: statement.excluded[name] for name in ("dims", "sealed", "key_id", "faces", "updated_at")
            },
            where=table.c.key_id == statement.excluded.key_id,
        )
        if connection.execute(replacing.returning(table.c.pseudo_id)).one_or_none() is None:
            raise StoreError(
                f"a face template of the venue {venue_id!r} was sealed with another key than {one.key_id};"
                " it is not overwritten"
            )


def templates_of_venue(
    scope: Scope, connection: Connection, venue_id: str, *, model: str | None = None
) -> list[SealedTemplate]:
    """All templates of a venue, of one model where it is given, by visitor and model."""
    columns = [table.c[name] for name in SealedTemplate.__slots__]
    query = select(*columns).where(table.c.venue_id == venue_id, visible(scope, table))
    if model is not None:
        query = query.where(table.c.model == model)
    rows = connection.execute(query.order_by(table.c.pseudo_id, table.c.model))
    return [SealedTemplate(**{**row._mapping, "sealed": bytes(row.sealed)}) for row in rows]


def having_templates(
    scope: Scope, connection: Connection, venue_id: str, pseudo_ids: Collection[str]
) -> set[str]:
    """Those of these visitors who have a template still: who was erased meanwhile has none.

    To be asked in the transaction that tells more of them, or an erased pseudonym would come back.
    """
    query = select(table.c.pseudo_id).where(
        table.c.venue_id == venue_id, visible(scope, table), among(connection, table.c.pseudo_id, pseudo_ids)
    )
    return set(connection.execute(query).scalars())


def forget_templates(scope: Scope, connection: Connection, venue_id: str, pseudo_id: str) -> int:
    """Delete the templates of one visitor; how many there were.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    theirs = (table.c.venue_id == venue_id) & (table.c.pseudo_id == pseudo_id)
    return connection.execute(delete(table).where(theirs)).rowcount


def forget_templates_unseen(scope: Scope, connection: Connection, *, since: datetime) -> int:
    """Delete the templates of all whose last visit ended before `since`, or who are no visitors any more.

    Nothing else of them changes. How many there were.
    """
    seen = exists().where(
        visitor.c.venue_id == table.c.venue_id,
        visitor.c.pseudo_id == table.c.pseudo_id,
        visitor.c.last_at >= since,
    )
    return connection.execute(delete(table).where(visible(scope, table), ~seen)).rowcount


def replace_sealed(
    scope: Scope, connection: Connection, venue_id: str, templates: Sequence[SealedTemplate]
) -> None:
    """Put templates that are sealed with a new key in the place of the same ones under the old key.

    Args:
        templates: as `templates_of_venue` gave them in this transaction, but for `sealed` and `key_id`.

    Raises:
        StoreError: outside the scope, or one of them is not there.
    """
    demand(scope, venue_id)
    for one in templates:
        same = (table.c.pseudo_id == one.pseudo_id) & (table.c.model == one.model)
        changed = connection.execute(
            update(table)
            .where(table.c.venue_id == venue_id, same)
            .values(sealed=one.sealed, key_id=one.key_id)
        )
        if changed.rowcount != 1:
            raise StoreError(f"a face template of the venue {venue_id!r} is gone; nothing was changed")


def key_ids(scope: Scope, connection: Connection) -> list[str]:
    """The keys with which templates are sealed, in order."""
    query = select(table.c.key_id).where(visible(scope, table)).distinct().order_by(table.c.key_id)
    return list(connection.execute(query).scalars())


def count_templates(scope: Scope, connection: Connection) -> dict[str, int]:
    """How many templates each venue has; venues without any are left out."""
    query = select(table.c.venue_id, func.count()).where(visible(scope, table)).group_by(table.c.venue_id)
    return {venue_id: int(count) for venue_id, count in connection.execute(query.order_by(table.c.venue_id))}
