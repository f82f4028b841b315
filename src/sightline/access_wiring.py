"""Who may come in: keys, accounts, sessions and the audit log of a site."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.api.access import Access
    from sightline.pipeline.housekeeping import Chore
    from sightline.wiring import Site

log = structlog.get_logger()


def is_closed(site: Site, host: str) -> bool:
    """Whether a server on this address demands keys and sign-in: where others reach it, or when told to."""
    from sightline.api.app import is_loopback

    return site.settings.server.auth == "required" or not is_loopback(host)


def demand_administrator(site: Site, host: str) -> None:
    """A closed server that nobody can open is no use, and one that is open until then no better.

    Raises:
        ConfigError: there is no administrator yet.
    """
    from sightline.api.app import is_loopback
    from sightline.pipeline.accounts import Accounts

    if is_closed(site, host) and not Accounts(site.database).has_administrator():
        raise ConfigError(
            f"on {host} this server demands keys and sign-in, and nobody could sign in yet; make an"
            " administrator first: sightline user add NAME --role administrator"
            + ("" if is_loopback(host) else "; or stay on this machine with --host 127.0.0.1")
        )


def tell_access(site: Site, host: str) -> None:
    """Say in the log what a server on `host` demands, where that is anything."""
    if not is_closed(site, host):
        return
    access = access_of(site, host)
    log.info("keys and sign-in are demanded", sign_in=f"{site.settings.server.public_url or ''}/login")
    if access.secure_cookies and not (access.public_url or "").startswith("https:"):
        log.warning(
            "in a browser people can sign in over https only: put a proxy with TLS in front, and set"
            " server.public_url to its address"
        )


def access_of(site: Site, host: str = "127.0.0.1") -> Access:
    """Who may come in at a server on `host`."""
    from sightline.api.access import Access, RateLimit
    from sightline.api.app import is_loopback
    from sightline.dashboard.sign_in import SignInPages
    from sightline.pipeline.accounts import Accounts
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.pipeline.audit_log import AuditLog
    from sightline.pipeline.passwords import Passwords
    from sightline.pipeline.sign_ins import SignIns

    server = site.settings.server
    passwords = Passwords()
    by_tls = server.public_url is not None and server.public_url.startswith("https:")
    return Access(
        keys=ApiKeys(site.database),
        accounts=Accounts(site.database, passwords),
        sign_ins=SignIns(site.database, passwords),
        audit=AuditLog(site.database),
        pages=SignInPages(),
        closed=is_closed(site, host),
        public_url=server.public_url,
        secure_cookies=by_tls or not is_loopback(host),
        cors_origins=server.cors_origins,
        limits=RateLimit(ingest=server.rate_limits.ingest, process=server.rate_limits.process),
    )


def access_chores(site: Site) -> tuple[Chore, ...]:
    """What has to be done now and then: sessions that are over go, and the audit log's old entries."""
    from sightline.pipeline.audit_log import AuditLog
    from sightline.pipeline.housekeeping import Chore
    from sightline.pipeline.sign_ins import SignIns

    sign_ins, audit = SignIns(site.database), AuditLog(site.database)
    keep = timedelta(days=site.settings.retention_days.audit)
    return (
        Chore(name="sessions that are over", every_s=600.0, do=sign_ins.forget_over),
        Chore(name="old entries of the audit log", every_s=3600.0, do=lambda: audit.forget(keep)),
    )
