"""Templates of faces as they are kept: sealed, by venue, visitor and model. Nothing here can open them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.columns import MICROSECOND
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
    Clocks of several machines differ, so `updated_at` is stored as later than that of all before them.

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
    kinds = {(one.model, one.dims) for one in templates}
    newest = {kind: newest_change(scope, connection, venue_id, *kind) for kind in kinds}
    for one in templates:
        before = newest[one.model, one.dims]
        later = one.updated_at if before is None else max(one.updated_at, before + MICROSECOND)
        row = {"venue_id": venue_id, **asdict(one), "updated_at": later}
        statement = dialect_of(connection).insert(table).values(row)
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
    scope: Scope,
    connection: Connection,
    venue_id: str,
    *,
    model: str | None = None,
    dims: int | None = None,
    pseudo_ids: Collection[str] | None = None,
    changed_after: datetime | None = None,
) -> list[SealedTemplate]:
    """All templates of a venue, or of those the ones that are asked for, by visitor and model."""
    columns = [table.c[name] for name in SealedTemplate.__slots__]
    query = select(*columns).where(table.c.venue_id == venue_id, visible(scope, table))
    if model is not None:
        query = query.where(table.c.model == model)
    if dims is not None:
        query = query.where(table.c.dims == dims)
    if pseudo_ids is not None:
        query = query.where(among(connection, table.c.pseudo_id, pseudo_ids))
    if changed_after is not None:
        query = query.where(table.c.updated_at > changed_after)
    rows = connection.execute(query.order_by(table.c.pseudo_id, table.c.model))
    return [SealedTemplate(**{**row._mapping, "sealed": bytes(row.sealed)}) for row in rows]


def newest_change(
    scope: Scope, connection: Connection, venue_id: str, model: str, dims: int
) -> datetime | None:
    """The latest `updated_at` of the vectors that can be compared with each other; None: there are none."""
    query = select(func.max(table.c.updated_at)).where(*_comparable(scope, venue_id, model, dims))
    newest: datetime | None = connection.execute(query).scalar_one()
    return newest


def newest_kind(scope: Scope, connection: Connection, venue_id: str) -> tuple[str, int] | None:
    """The model and the length of the vectors that were changed last in a venue; None: it has none."""
    kind = (table.c.model, table.c.dims)
    query = select(*kind).where(table.c.venue_id == venue_id, visible(scope, table)).group_by(*kind)
    row = connection.execute(
        query.order_by(func.max(table.c.updated_at).desc(), *kind).limit(1)
    ).one_or_none()
    return None if row is None else (row.model, row.dims)


def owners(scope: Scope, connection: Connection, venue_id: str, model: str, dims: int) -> set[str]:
    """The pseudonyms of the visitors who have such a vector."""
    query = select(table.c.pseudo_id).where(*_comparable(scope, venue_id, model, dims))
    return set(connection.execute(query).scalars())


def _comparable(scope: Scope, venue_id: str, model: str, dims: int) -> list[ColumnElement[bool]]:
    of_model = (table.c.model == model) & (table.c.dims == dims)
    return [table.c.venue_id == venue_id, of_model, visible(scope, table)]


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
