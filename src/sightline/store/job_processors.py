"""Which processes take video jobs, and when each was last heard of."""

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.job_tables import job_processor
from sightline.store.statements import upsert


def tell_alive(scope: Scope, connection: Connection, name: str, *, now: datetime) -> None:
    """The process called `name` takes jobs now.

    Raises:
        StoreError: the scope is not the whole site.
    """
    _demand_site(scope)
    upsert(connection, job_processor, [{"name": name, "seen_at": now}], ["name"])


def tell_gone(scope: Scope, connection: Connection, name: str) -> None:
    """The process called `name` takes none any more.

    Raises:
        StoreError: the scope is not the whole site.
    """
    _demand_site(scope)
    connection.execute(delete(job_processor).where(job_processor.c.name == name))


def forget_silent(scope: Scope, connection: Connection, *, before: datetime) -> int:
    """Forget processes that were last heard of earlier than `before`; how many. Tasks of a cluster have names
    that never come again.

    Raises:
        StoreError: the scope is not the whole site.
    """
    _demand_site(scope)
    return connection.execute(delete(job_processor).where(job_processor.c.seen_at < before)).rowcount


def last_heard_of(scope: Scope, connection: Connection) -> datetime | None:
    """When any of them was last heard of. They serve all venues, so every scope may know but an empty one."""
    if scope.venues is not None and not scope.venues:
        return None
    seen_at: datetime | None = connection.execute(select(func.max(job_processor.c.seen_at))).scalar_one()
    return seen_at


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("the processes of a site are told of by the site only")
