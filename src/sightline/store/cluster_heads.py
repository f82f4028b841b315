"""Which cluster of machines works on this database."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.cluster_tables import cluster_head
from sightline.store.statements import upsert

HEAD = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterHead:
    """The machine that places work. `key_sha256` is of the key file in the folder that all machines share."""

    key_sha256: str
    address: str
    started_at: datetime


def tell_head(scope: Scope, connection: Connection, head: ClusterHead) -> None:
    """This is the head now.

    Raises:
        StoreError: the scope is not the whole site.
    """
    _demand_site(scope)
    row = {
        "name": HEAD,
        "key_sha256": head.key_sha256,
        "address": head.address,
        "started_at": head.started_at,
    }
    upsert(connection, cluster_head, [row], ["name"])


def get_head(scope: Scope, connection: Connection) -> ClusterHead | None:
    """The head that was begun last, whether or not it runs; None when there never was one.

    Raises:
        StoreError: the scope is not the whole site.
    """
    _demand_site(scope)
    columns = (cluster_head.c.key_sha256, cluster_head.c.address, cluster_head.c.started_at)
    row = connection.execute(select(*columns).where(cluster_head.c.name == HEAD)).one_or_none()
    return None if row is None else ClusterHead(**row._mapping)


def _demand_site(scope: Scope) -> None:
    if scope.venues is not None:
        raise StoreError("the machines of a site are told of by the site only")
