"""What signing in, signing out and a new password come to. All of it blocks: it belongs into a thread."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException, Request

from sightline.api.access import Access
from sightline.api.account_models import Credentials, PasswordChange
from sightline.api.accounts import told
from sightline.api.caller import Caller, caller_of
from sightline.domain.account import Role
from sightline.pipeline.audit_log import NOBODY
from sightline.pipeline.sign_ins import NewSession, TooManyAttempts

WRONG = "the name or the password is not the right one"


class SignInAnswers:
    """Answers, over the services of `access`."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def sign_in(self, request: Request, wanted: Credentials) -> NewSession:
        """A session for a name and its password; the one this browser had ends.

        Raises:
            HTTPException: 401 with the same words for every reason, 429 after too many wrong guesses.
        """
        address = _address(request)
        with told(), _patient():
            attempt = self._access.sign_ins.sign_in(wanted.name, wanted.password, address=address)
        if attempt.session is None:
            aimed_at = f"user={attempt.aimed_at}" if attempt.aimed_at else "an unknown name"
            self._access.audit.note(NOBODY, "sign_in_refused", subject=aimed_at, address=address)
            raise HTTPException(401, WRONG, headers={"WWW-Authenticate": "Bearer"})
        self._end_old_session(request)
        self._note(f"person:{attempt.session.account.id}", "sign_in", request)
        return attempt.session

    def first(self, request: Request, name: str, password: str) -> NewSession:
        """The first administrator, made by whoever sits at this machine.

        Raises:
            HTTPException: 403 from elsewhere, 409 when there is an account, 422 for a bad name or password.
        """
        if not self.may_make_first(request):
            raise HTTPException(403, "the first administrator is made at this machine, once")
        with told():
            made = self._access.accounts.add(name, Role.ADMINISTRATOR, password, only_first=True)
        self._access.audit.note("local", "first_administrator", subject=f"user={made.id}")
        return self._access.sign_ins.begin_for(made)

    def may_make_first(self, request: Request) -> bool:
        """Whether this is the machine itself, in local mode, and nobody has an account."""
        caller = caller_of(request)
        here = not self._access.closed and caller is not None and caller.kind == "local"
        return here and not self._access.accounts.has_any()

    def sign_out(self, request: Request, caller: Caller) -> None:
        """End this session."""
        self._end_old_session(request)
        self._note(caller.actor, "sign_out", request)

    def change_password(self, request: Request, caller: Caller, wanted: PasswordChange) -> NewSession:
        """A new password: all sessions end, and this browser gets another.

        Raises:
            HTTPException: 403 for a wrong old one, 422 for a bad new one, 429 after too many guesses.
        """
        with told(), _patient():
            begun = self._access.sign_ins.change_password(
                request.state.session, wanted.old, wanted.new, address=_address(request)
            )
        self._note(caller.actor, "password_changed", request)
        return begun

    def _end_old_session(self, request: Request) -> None:
        token = getattr(request.state, "session", None)
        if token is not None:
            self._access.sign_ins.sign_out(token)

    def _note(self, actor: str, action: str, request: Request) -> None:
        subject = actor.replace("person:", "user=")
        self._access.audit.note(actor, action, subject=subject, address=_address(request))


@contextmanager
def _patient() -> Iterator[None]:
    try:
        yield
    except TooManyAttempts as error:
        seconds = str(math.ceil(error.retry_after_s))
        raise HTTPException(429, f"{error}: {seconds} s", headers={"Retry-After": seconds}) from error


def _address(request: Request) -> str:
    """Of the other end of the connection; behind a proxy that is the proxy."""
    return request.client.host if request.client is not None else "here"
