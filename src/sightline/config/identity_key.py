"""The key under which templates of faces are sealed: read, checked and used here, stored and shown nowhere.

It comes from `identity.key`, so from outside of the data folder: a copy of the database, or of the whole
folder, shows no face to whoever does not have the key as well.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sightline.config.settings import IdentitySettings
from sightline.errors import ConfigError

KEY_BYTES = 32
HOW = "make one with: openssl rand -base64 32, and keep it outside of the data folder and its backups"

_NONCE_BYTES = 12
_HEX = re.compile(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}")


@dataclass(frozen=True, slots=True)
class IdentityKey:
    """AES-256-GCM with a fresh nonce each time. The key leaves this object only as sealed bytes."""

    _key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, named: str) -> "IdentityKey":
        """The key that is written as 64 hex digits or as base64.

        Args:
            named: where it was read, for the message; the text itself is in none.

        Raises:
            ConfigError: not 32 bytes in one of these spellings, or the same byte 32 times.
        """
        text = text.strip()
        if _HEX.fullmatch(text):
            key = bytes.fromhex(text)
        else:
            try:
                key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
            except (binascii.Error, ValueError):
                raise ConfigError(
                    f"identity.key ({named}) is neither base64 nor 64 hex digits; {HOW}"
                ) from None
        if len(key) != KEY_BYTES:
            raise ConfigError(f"identity.key ({named}) has {len(key)} bytes instead of {KEY_BYTES}; {HOW}")
        if len(set(key)) == 1:
            raise ConfigError(f"identity.key ({named}) is one byte over and over, not a key; {HOW}")
        return cls(key)

    @property
    def key_id(self) -> str:
        """16 hex digits that tell keys apart and say nothing about them."""
        return hashlib.sha256(b"sightline identity key\0" + self._key).hexdigest()[:16]

    def seal(self, content: bytes, *, venue_id: str, visitor_id: str, model: str) -> bytes:
        """Nonce (12 bytes), then `content` encrypted, with its tag (16 bytes).

        Args:
            venue_id, visitor_id, model: whose it is; opened as anybody else's it does not open.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, content, self._about(venue_id, visitor_id, model))

    def unseal(self, sealed: bytes, *, venue_id: str, visitor_id: str, model: str) -> bytes:
        """What was sealed with this key for just this visitor.

        Raises:
            ConfigError: another key, another visitor's, or changed since.
        """
        nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, content, self._about(venue_id, visitor_id, model))
        except (InvalidTag, ValueError):
            raise ConfigError(
                f"a face template of venue {venue_id!r} does not open with the key {self.key_id}: it was"
                " changed, moved to another visitor, or sealed with another key; put the database back from"
                " a backup, or erase that visitor"
            ) from None

    def _about(self, venue_id: str, visitor_id: str, model: str) -> bytes:
        return "\0".join((venue_id, visitor_id, model, self.key_id)).encode()


def needs_key(identity: IdentitySettings) -> bool:
    """Whether these settings keep faces, so that there must be a key."""
    return identity.enabled and identity.reid


def read_identity_key(identity: IdentitySettings, environ: Mapping[str, str] = os.environ) -> IdentityKey:
    """The key of `identity.key`, read now.

    Raises:
        ConfigError: it is missing, or is none.
    """
    named = identity.key.shown()
    try:
        text = identity.key.reveal(environ)
    except ConfigError as error:
        raise ConfigError(
            f"people cannot be known again (identity.reid) without identity.key: {error}; {HOW}, or set"
            " identity.reid: false"
        ) from None
    return IdentityKey.parse(text, named=named)
