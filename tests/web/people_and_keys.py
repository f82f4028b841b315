"""People who signed in and programs with keys, at a site that answers."""

import weakref
from functools import partial
from typing import Any

import httpx
from api_server import NO_TLS
from platform_site import PlatformSite
from pwdlib.hashers.argon2 import Argon2Hasher

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.pipeline.accounts import Accounts
from sightline.pipeline.api_keys import ApiKeys, NewApiKey
from sightline.pipeline.passwords import Passwords
from sightline.store.accounts import StoredAccount
from sightline.store.venues import ensure_venue

PASSWORD = "four words that fit"
CLOSED = {"server": {"auth": "required", "rate_limits": {"ingest": 1_000_000, "process": 1_000_000}}}
CHEAPLY = partial(Argon2Hasher, time_cost=1, memory_cost=64, parallelism=1)
"""Argon2 all the same, in a millisecond."""
CHEAP = Passwords(CHEAPLY())


def with_venues(site: PlatformSite, *venues: str) -> PlatformSite:
    with site.database.transaction() as connection:
        for venue in venues:
            ensure_venue(Scope.site(), connection, venue)
    return site


def with_account(site: PlatformSite, name: str, role: Role, *venues: str) -> StoredAccount:
    return Accounts(site.database, CHEAP).add(name, role, PASSWORD, venues=venues)


def with_key(site: PlatformSite, venue_id: str | None) -> NewApiKey:
    return ApiKeys(site.database).make(Scope.site(), venue_id, name="till program")


class Asker:
    """A client of its own: with a key, with a session, or with nothing."""

    def __init__(self, site: PlatformSite, *, key: str | None = None) -> None:
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{site.port}", timeout=30, trust_env=False, verify=NO_TLS
        )
        weakref.finalize(self, self.client.close)
        if key is not None:
            self.client.headers["X-API-Key"] = key

    def signed_in(self, name: str, password: str = PASSWORD) -> "Asker":
        answer = self.client.post("/login", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return self

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self.client.request(method, path, **parts)

    def status(self, method: str, path: str, **parts: Any) -> int:
        return self.ask(method, path, **parts).status_code

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()
