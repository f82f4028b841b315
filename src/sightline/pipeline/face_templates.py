"""Templates of faces between the store, which cannot read them, and those who compare them.

A vector is sealed before it goes into the database and opened when it comes out of it; nothing else writes or
reads the table.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from sightline.config.identity_key import IdentityKey
from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.errors import ConfigError
from sightline.pipeline.sealed_vectors import seal_mean, template_of
from sightline.store import face_templates, venues
from sightline.store.database import Database
from sightline.store.face_templates import SealedTemplate

log = structlog.get_logger()


class FaceTemplates:
    """The templates of a site, opened and sealed with its key."""

    def __init__(self, key: IdentityKey) -> None:
        self._key = key

    def put_in(
        self,
        scope: Scope,
        connection: Connection,
        venue_id: str,
        templates: Mapping[str, Template],
        *,
        at: datetime,
    ) -> None:
        """Keep the templates of some visitors, within the transaction that stores their stays.

        Args:
            templates: by the visitor's pseudonym.

        Raises:
            StoreError: as `face_templates.put_templates`; the transaction must not commit.
        """
        rows = [self._sealed(venue_id, who, one, at) for who, one in sorted(templates.items())]
        face_templates.put_templates(scope, connection, venue_id, rows)

    def read_in(
        self,
        scope: Scope,
        connection: Connection,
        venue_id: str,
        *,
        model: str,
        dims: int | None = None,
        owners: Collection[str] | None = None,
        changed_after: datetime | None = None,
    ) -> list[tuple[str, Template]]:
        """Templates of a venue and model with the pseudonyms of whom they are, as `TemplateIndex` takes them.

        Args:
            dims, owners, changed_after: only those of so many numbers, of these visitors, changed since; see
                `face_templates.templates_of_venue`.

        Raises:
            ConfigError: one was sealed with another key, or does not open. None is given then: who is known
                would be new, and be kept twice.
        """
        stored = face_templates.templates_of_venue(
            scope,
            connection,
            venue_id,
            model=model,
            dims=dims,
            pseudo_ids=owners,
            changed_after=changed_after,
        )
        demand_key(self._key, {one.key_id for one in stored})
        return [(one.pseudo_id, self._opened(venue_id, one)) for one in stored]

    def seal_again(self, database: Database, new: IdentityKey) -> int:
        """Seal every template of the site with a new key, venue by venue; how many there were.

        A venue changes as a whole or not at all; run again, it goes on with those that are left.

        Raises:
            ConfigError: some are sealed with neither of the two keys, or do not open.
            StoreError, DiskFull: the venues before this one are done.
        """
        done = 0
        with database.reading() as connection:
            venue_ids = [one.id for one in venues.list_venues(Scope.site(), connection)]
        for venue_id in venue_ids:
            scope = Scope.of(venue_id)
            with database.transaction() as connection:
                stored = face_templates.templates_of_venue(scope, connection, venue_id)
                old = [one for one in stored if one.key_id != new.key_id]
                demand_key(self._key, {one.key_id for one in old})
                again = FaceTemplates(new)
                rows = [
                    again._sealed(venue_id, one.pseudo_id, self._opened(venue_id, one), one.updated_at)
                    for one in old
                ]
                face_templates.replace_sealed(scope, connection, venue_id, rows)
            done += len(rows)
        return done

    def _sealed(self, venue_id: str, pseudo_id: str, template: Template, at: datetime) -> SealedTemplate:
        return SealedTemplate(
            pseudo_id=pseudo_id,
            model=template.model,
            dims=len(template.mean),
            sealed=seal_mean(self._key, template, venue_id=venue_id, holder=pseudo_id),
            key_id=self._key.key_id,
            faces=template.faces,
            updated_at=at,
        )

    def _opened(self, venue_id: str, one: SealedTemplate) -> Template:
        content = self._key.unseal(one.sealed, venue_id=venue_id, visitor_id=one.pseudo_id, model=one.model)
        template = template_of(one.model, content, one.dims, one.faces)
        if template is None:
            raise ConfigError(
                f"a face template of venue {venue_id!r} holds {len(content)} bytes, not {one.dims} numbers;"
                " put the database back from a backup, or erase that visitor"
            )
        return template


def demand_key(key: IdentityKey, in_use: set[str]) -> None:
    """Refuse to go on with another key than that of the templates that are there.

    Raises:
        ConfigError: naming the key that is missing.
    """
    others = sorted(in_use - {key.key_id})
    if others:
        raise ConfigError(
            f"face templates are sealed with the key {', '.join(others)}, but identity.key is"
            f" {key.key_id}; put the right key back. Nothing was read or overwritten. Without that key, set"
            " identity.reid: false until they are deleted, retention_days.identity after the last visit"
        )


class TemplateRetention:
    """Deletes the templates of whoever has not come for a while; their stays and visits stay.

    Args:
        keep: from the end of the last visit on.
    """

    def __init__(
        self,
        database: Database,
        *,
        keep: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._keep = keep
        self._clock = clock

    def run(self) -> int:
        """One round; how many templates went.

        Raises:
            StoreError, DiskFull: none went.
        """
        with self._database.reading() as connection:
            if not face_templates.count_templates(Scope.site(), connection):
                return 0  # most sites keep no faces: nobody is kept from writing for them
        with self._database.transaction() as connection:
            gone = face_templates.forget_templates_unseen(
                Scope.site(), connection, since=self._clock() - self._keep
            )
        if gone:
            log.info("face templates whose time was over are deleted", templates=gone)
        return gone
