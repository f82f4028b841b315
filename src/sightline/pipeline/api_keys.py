"""Keys by which other programs are let in: made, known again, closed. Shown once, stored as their hash."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.store import api_keys, venues
from sightline.store.api_keys import StoredApiKey
from sightline.store.database import Database


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key at the only time when it can be read: 64 hex digits in `text`."""

    id: str
    text: str = field(repr=False)


class ApiKeys:
    """The keys of a site."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def make(self, scope: Scope, venue_id: str | None, *, name: str) -> NewApiKey:
        """A new key of a venue, or an administrator's.

        Args:
            venue_id: the venue it reaches; None for an administrator's key, which reaches all and may do all.
            name: what it is for, for people.

        Raises:
            ConfigError: there is no such venue in the scope.
            StoreError: a key for all venues, and the scope is not the site's.
        """
        with self._database.transaction() as connection:
            return self.make_in(scope, connection, venue_id, name=name)

    def make_in(self, scope: Scope, connection: Connection, venue_id: str | None, *, name: str) -> NewApiKey:
        """`make`, within the transaction of `connection`."""
        made = NewApiKey(id=secrets.token_hex(8), text=secrets.token_hex(32))
        if venue_id is not None and venues.get_venue(scope, connection, venue_id) is None:
            raise ConfigError(f"there is no venue {venue_id!r}; sightline venue list shows all")
        row = StoredApiKey(id=made.id, venue_id=venue_id, name=name, created_at=self._clock())
        api_keys.add_api_key(scope, connection, row, key_sha256=_sha256(made.text))
        return made

    def holder_of(self, text: str) -> StoredApiKey | None:
        """The key with this text; None when there is none, or it was revoked."""
        with self._database.reading() as connection:
            found = api_keys.api_key_with_hash(Scope.site(), connection, _sha256(text))
        return found if found is not None and found.revoked_at is None else None

    def keys_of(self, scope: Scope, venue_id: str) -> list[StoredApiKey]:
        """All keys of a venue, oldest first, revoked ones too."""
        with self._database.reading() as connection:
            return api_keys.list_api_keys(scope, connection, venue_id=venue_id)

    def keys_for_all_venues(self) -> list[StoredApiKey]:
        """All administrators' keys, oldest first, revoked ones too."""
        with self._database.reading() as connection:
            return api_keys.list_api_keys(Scope.site(), connection, for_all_venues=True)

    def page(
        self, scope: Scope, *, venue_id: str | None, limit: int, offset: int
    ) -> tuple[int, list[StoredApiKey]]:
        """How many keys there are in the scope, and some of them, oldest first, revoked ones too."""
        with self._database.reading() as connection:
            total = api_keys.count_api_keys(scope, connection, venue_id=venue_id)
            return total, api_keys.list_api_keys(
                scope, connection, venue_id=venue_id, limit=limit, offset=offset
            )

    def key(self, key_id: str) -> StoredApiKey | None:
        """The key with this id, of whatever venue, or None."""
        with self._database.reading() as connection:
            return api_keys.get_api_key(Scope.site(), connection, key_id)

    def rename(self, scope: Scope, key_id: str, name: str) -> bool:
        """Give a key another name; False when there is none in the scope."""
        with self._database.transaction() as connection:
            return api_keys.rename_api_key(scope, connection, key_id, name)

    def revoke(self, scope: Scope, key_id: str) -> bool:
        """Close a key from now on; False when there is none in the scope, or it is closed."""
        with self._database.transaction() as connection:
            return api_keys.revoke_api_key(scope, connection, key_id, self._clock())


def _sha256(text: str) -> str:
    """A slow hash would protect nothing more: the key has 256 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
