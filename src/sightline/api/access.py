"""What the web application needs to know who may come in: services, and how the site is closed."""

from dataclasses import dataclass
from typing import Protocol

from starlette.responses import Response

from sightline.pipeline.accounts import Accounts
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.audit_log import AuditLog
from sightline.pipeline.sign_ins import LONGEST_LIFE, SignIns


class Page(Protocol):
    """A page ready to be sent."""

    @property
    def html(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def content_security_policy(self) -> str: ...


class SignInPages(Protocol):
    """The pages of `api.sign_in`, for people. `problem` is a key of the page's sentences, or one of ours."""

    def sign_in(self, *, accept_language: str, problem: str = "", name: str = "", goal: str = "") -> Page: ...

    def first(self, *, accept_language: str, problem: str = "", name: str = "") -> Page: ...

    def password(self, *, accept_language: str, csrf_token: str, problem: str = "") -> Page: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """POST calls per minute, of one key, person or, in local mode, address."""

    ingest: int = 100
    process: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may come in.

    Attributes:
        closed: nobody without a key or a session; otherwise local mode.
        public_url: of `server.public_url`: pages of this address are ours, too.
        secure_cookies: whether browsers reach this over TLS (or have to).
        cors_origins: whose pages may read answers, in closed mode; they send a key, never a cookie.
    """

    keys: ApiKeys
    accounts: Accounts
    sign_ins: SignIns
    audit: AuditLog
    pages: SignInPages
    closed: bool = False
    public_url: str | None = None
    secure_cookies: bool = False
    cors_origins: tuple[str, ...] = ()
    limits: RateLimit = RateLimit()

    @property
    def cookie(self) -> "SessionCookie":
        return SessionCookie(self.secure_cookies)


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """How the session lies in a browser: no script reads it, no other site's request carries it along."""

    secure: bool

    @property
    def name(self) -> str:
        """With TLS one that no neighbouring name and no plain HTTP answer can set."""
        return "__Host-sightline" if self.secure else "sightline"

    def put(self, response: Response, token: str) -> None:
        """Have the browser keep it."""
        response.set_cookie(
            self.name,
            token,
            max_age=int(LONGEST_LIFE.total_seconds()),
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def dropped(self) -> str:
        """The value of `Set-Cookie` that makes the browser forget it."""
        secure = "; Secure" if self.secure else ""
        return f'{self.name}=""; Max-Age=0; Path=/; HttpOnly; SameSite=lax{secure}'
