"""Enrolled staff between the store, which cannot read them, and those who compare them.

A vector of clothes is sealed before it goes into the database and opened when it comes out of it; nothing
else writes or reads the table.
"""

from datetime import datetime

from sqlalchemy import Connection

from sightline.config.identity_key import IdentityKey
from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.errors import ConfigError
from sightline.pipeline.sealed_vectors import seal_mean, template_of
from sightline.store import enrolled_staff as store
from sightline.store.database import Database
from sightline.store.enrolled_staff import SealedStaff

LONGEST_NAME = 50


class EnrolledStaff:
    """The enrolled staff of a site, opened and sealed with its key."""

    def __init__(self, key: IdentityKey) -> None:
        self._key = key

    def put_in(
        self,
        scope: Scope,
        connection: Connection,
        venue_id: str,
        name: str,
        looks: Template,
        *,
        at: datetime,
    ) -> None:
        """Keep what somebody looks like, in place of what was kept under this name before.

        Raises:
            ConfigError: a name that is none.
            StoreError: outside the scope.
        """
        store.put_staff(scope, connection, venue_id, self._sealed(venue_id, checked_name(name), looks, at))

    def opened(self, venue_id: str, rows: list[SealedStaff]) -> dict[str, Template]:
        """What some of the venue's staff look like, by name.

        Raises:
            ConfigError: one was sealed with another key, or does not open.
        """
        return {one.name: self._opened(venue_id, one) for one in rows}

    def seal_again(self, database: Database, new: IdentityKey) -> int:
        """Seal all staff of the site with a new key, venue by venue; how many there were.

        A venue changes as a whole or not at all; run again, it goes on with those that are left.

        Raises:
            ConfigError: some are sealed with neither of the two keys, or do not open.
            StoreError, DiskFull: the venues before this one are done.
        """
        done = 0
        with database.reading() as connection:
            venue_ids = store.venues_with_staff(Scope.site(), connection)
        for venue_id in venue_ids:
            scope = Scope.of(venue_id)
            with database.transaction() as connection:
                rows = store.staff_of_venue(scope, connection, venue_id)
                old = [one for one in rows if one.key_id != new.key_id]
                for one in old:
                    again = EnrolledStaff(new)._sealed(
                        venue_id, one.name, self._opened(venue_id, one), one.enrolled_at
                    )
                    store.put_staff(scope, connection, venue_id, again)
            done += len(old)
        return done

    def _sealed(self, venue_id: str, name: str, looks: Template, at: datetime) -> SealedStaff:
        return SealedStaff(
            name=name,
            model=looks.model,
            dims=len(looks.mean),
            sealed=seal_mean(self._key, looks, venue_id=venue_id, holder=_holder(name)),
            key_id=self._key.key_id,
            crops=looks.faces,
            enrolled_at=at,
        )

    def _opened(self, venue_id: str, one: SealedStaff) -> Template:
        again = f"put the right key back, or: sightline staff remove {one.name!r}"
        if one.key_id != self._key.key_id:
            raise ConfigError(
                f"enrolled staff of venue {venue_id!r} are sealed with the key {one.key_id}, but identity.key"
                f" is {self._key.key_id}; {again}"
            )
        try:
            content = self._key.unseal(
                one.sealed, venue_id=venue_id, visitor_id=_holder(one.name), model=one.model
            )
        except ConfigError:
            content = b""
        looks = template_of(one.model, content, one.dims, one.crops)
        if looks is None:
            raise ConfigError(
                f"what is kept of {one.name!r}, enrolled at venue {venue_id!r}, does not open: it was"
                f" changed; {again}, and enrol them again"
            ) from None
        return looks


def checked_name(name: str) -> str:
    """A name as it is kept: 1 to 50 printable characters, no blanks around.

    Raises:
        ConfigError: it is none.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"a name has 1 to {LONGEST_NAME} printable characters, got {name!r:.80}")
    return name


def _holder(name: str) -> str:
    """What the seal is bound to: no pseudonym of a visitor has a colon."""
    return f"staff:{name}"
