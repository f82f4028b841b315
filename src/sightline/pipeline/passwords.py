"""Passwords made into hashes, and held against them: Argon2id, a few at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from sightline.domain.account import LONGEST_PASSWORD, is_text, password_text
from sightline.errors import SightlineError

AT_ONCE = 2
"""Each takes 64 MiB and four threads' work for some 50 ms: more would only wait for each other."""
PATIENCE_S = 5.0


class Busy(SightlineError):
    """Too many passwords are being checked already; worth trying again in a moment."""


class Passwords:
    """Hashes passwords, and knows them again.

    Args:
        hasher: cheaper ones make tests quick.
    """

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def hashed(self, password: str) -> str:
        """The hash of a new password, with its parameters and salt.

        Raises:
            Busy: try again.
        """
        with self._turn():
            return self._hash.hash(password_text(password))

    def fits(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Whether it is the password with this hash, and the hash to store instead when that is dated.

        Args:
            stored: None when there is no such account: as much work is done for nothing, so that the time an
                answer takes tells nobody which accounts exist.

        Raises:
            Busy: try again.
        """
        text = password_text(password)
        readable = len(text) <= LONGEST_PASSWORD and is_text(text)
        with self._turn():
            fits, better = self._hash.verify_and_update(
                text if readable else "", self._nobodys if stored is None else stored
            )
        return (fits, better) if readable and stored is not None else (False, None)

    @cached_property
    def _nobodys(self) -> str:
        return self._hash.hash("nobody's")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=PATIENCE_S):
            raise Busy("too many passwords are being checked right now; try again in a moment")
        try:
            yield
        finally:
            self._turns.release()
