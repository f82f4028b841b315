"""People signing in and out. A session lives 12 hours unused and 7 days at most; only its hash is stored."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection

from sightline.domain.account import sign_in_name, why_not_password
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.pipeline.accounts import AccountRefused
from sightline.pipeline.back_off import BackOff
from sightline.pipeline.passwords import Passwords
from sightline.store import accounts, sign_ins
from sightline.store.accounts import StoredAccount
from sightline.store.database import Database
from sightline.store.sign_ins import StoredSignIn

log = structlog.get_logger()

SITE = Scope.site()
LONGEST_UNUSED = timedelta(hours=12)
LONGEST_LIFE = timedelta(days=7)
NOTED_EVERY = timedelta(minutes=1)
"""Use of a session is written this often: no write for each of the many requests of a page."""


class TooManyAttempts(SightlineError):
    """Wait for `retry_after_s` before the next one."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too many failed attempts to sign in; wait a little")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session at the only time when the text of its cookie can be read."""

    account: StoredAccount
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an attempt to sign in: a session, or None and the account that was aimed at, if any."""

    session: NewSession | None
    aimed_at: str | None


class SignIns:
    """Sessions of a site's people."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords | None = None,
        *,
        back_off: BackOff | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._passwords = passwords or Passwords()
        self._back_off = back_off or BackOff()
        self._clock = clock

    def sign_in(self, name: str, password: str, *, address: str) -> Attempt:
        """Begin a session.

        A wrong name, a wrong password and a disabled account get the same answer, after the same work.

        Args:
            address: where it comes from, for the pauses after wrong guesses.

        Raises:
            TooManyAttempts: not even looked at.
            Busy: try again.
        """
        name = sign_in_name(name)
        wait_s = self._back_off.begin(name, address)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)
        with self._database.reading() as connection:
            known = accounts.account_named(SITE, connection, name)
        able = known is not None and known.disabled_at is None
        fits, better = self._passwords.fits(
            password, known.password_hash if known is not None and able else None
        )
        if known is None or not fits:
            return Attempt(None, known.id if known is not None else None)
        self._back_off.succeeded(name, address)
        return Attempt(self._begin(known, better), known.id)

    def begin_for(self, account: StoredAccount) -> NewSession:
        """A session for an account that was made a moment ago, by whom it is for."""
        return self._begin(account, None)

    def account_of(self, token: str) -> StoredAccount | None:
        """Whose session this is; None when there is none, it is over, or the account was closed."""
        digest, now = _sha256(token), self._clock()
        with self._database.reading() as connection:
            session = sign_ins.sign_in_with_hash(SITE, connection, digest)
            if session is None or _is_over(session, now):
                return None
            found = accounts.get_account(SITE, connection, session.account_id)
        if found is None or found.disabled_at is not None:
            return None
        if now - session.last_seen_at >= NOTED_EVERY:
            self._note_use(digest, now)
        return found

    def sign_out(self, token: str) -> bool:
        """End a session; False when there is none."""
        with self._database.transaction() as connection:
            return sign_ins.remove_sign_in(SITE, connection, _sha256(token))

    def change_password(self, token: str, old: str, new: str, *, address: str) -> NewSession:
        """Give oneself a new password. All sessions end; the one given here takes the place of `token`'s.

        Raises:
            AccountRefused: 403 when `old` is wrong, 401 when the session is over, 422 for a bad new one.
            TooManyAttempts, Busy: as for signing in.
        """
        known = self.account_of(token)
        if known is None:
            raise AccountRefused("this session is over; sign in again", status=401)
        wait_s = self._back_off.begin(known.name, address)
        if wait_s > 0:
            raise TooManyAttempts(wait_s)
        fits, _ = self._passwords.fits(old, known.password_hash)
        if not fits:
            raise AccountRefused("the old password is not the right one", status=403)
        self._back_off.succeeded(known.name, address)
        why_not = why_not_password(new, known.name)
        if not why_not and old == new:
            why_not = "the new password is the old one"
        if why_not:
            raise AccountRefused(why_not, status=422)
        changes: dict[str, Any] = {
            "password_hash": self._passwords.hashed(new),
            "password_changed_at": self._clock(),
            "must_change": False,
        }
        with self._database.transaction() as connection:
            self._demand_unchanged(connection, known)
            accounts.change_account(SITE, connection, known.id, **changes)
            sign_ins.remove_sign_ins_of(SITE, connection, known.id)
            return self._session(connection, known.id)

    def forget_over(self) -> int:
        """Delete sessions that are over; how many."""
        now = self._clock()
        with self._database.transaction() as connection:
            return sign_ins.remove_sign_ins_over(
                SITE, connection, expired_at=now, unused_since=now - LONGEST_UNUSED
            )

    def _begin(self, account: StoredAccount, better_hash: str | None) -> NewSession:
        with self._database.transaction() as connection:
            self._demand_unchanged(connection, account)
            if better_hash is not None:
                accounts.change_account(SITE, connection, account.id, password_hash=better_hash)
            return self._session(connection, account.id)

    def _demand_unchanged(self, connection: Connection, account: StoredAccount) -> None:
        """A password that was replaced while it was being checked opens nothing."""
        current = accounts.get_account(SITE, connection, account.id)
        if current is None or current.disabled_at or current.password_hash != account.password_hash:
            raise AccountRefused("this account was changed a moment ago; sign in again", status=401)

    def _session(self, connection: Connection, account_id: str) -> NewSession:
        token, now = secrets.token_urlsafe(32), self._clock()
        row = StoredSignIn(
            token_sha256=_sha256(token),
            account_id=account_id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST_LIFE,
        )
        sign_ins.add_sign_in(SITE, connection, row)
        current = accounts.get_account(SITE, connection, account_id)
        assert current is not None, "it was there a moment ago, in the same transaction"
        return NewSession(current, token)

    def _note_use(self, digest: str, now: datetime) -> None:
        try:
            with self._database.transaction() as connection:
                sign_ins.touch_sign_in(SITE, connection, digest, now)
        except SightlineError as error:  # a full disk must not lock people out of what they came to look at
            log.warning("use of a session not noted", reason=str(error))


def csrf_token(token: str) -> str:
    """What a page has to send along with every change, 64 hex digits.

    An HMAC under the session's own 256 random bits: no other site can know it, it tells nothing about the
    cookie, and there is no further secret to keep.
    """
    return hmac.digest(token.encode("utf-8", "surrogatepass"), b"sightline csrf", "sha256").hex()


def _is_over(session: StoredSignIn, now: datetime) -> bool:
    return now >= session.expires_at or now - session.last_seen_at >= LONGEST_UNUSED


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
