"""Keys by which other programs are let in: made, known again, closed. Shown once, stored as their hash."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

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

    def make(self, scope: Scope, venue_id: str, *, name: str) -> NewApiKey:
        """A new key of a venue.

        Args:
            name: what it is for, for people.

        Raises:
            ConfigError: there is no such venue in the scope.
        """
        made = NewApiKey(id=secrets.token_hex(8), text=secrets.token_hex(32))
        with self._database.transaction() as connection:
            if venues.get_venue(scope, connection, venue_id) is None:
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

    def revoke(self, scope: Scope, key_id: str) -> bool:
        """Close a key from now on; False when there is none in the scope, or it is closed."""
        with self._database.transaction() as connection:
            return api_keys.revoke_api_key(scope, connection, key_id, self._clock())


def _sha256(text: str) -> str:
    """A slow hash would protect nothing more: the key has 256 random bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
