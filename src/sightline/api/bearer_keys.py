"""Who asks: the key in a request, always demanded here, in local mode too."""

from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from sightline.api.streamed_upload import CLOSING
from sightline.domain.scope import Scope
from sightline.pipeline.api_keys import ApiKeys


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A program with a key. `venue_id` is None for an administrator's."""

    key_id: str
    venue_id: str | None

    @property
    def scope(self) -> Scope:
        return Scope.site() if self.venue_id is None else Scope.of(self.venue_id)


class DemandKey:
    """A dependency that lets a request in by its key: 401 without one, 403 with one that opens nothing."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    async def __call__(self, request: Request) -> KeyHolder:
        text = _key_of(request)
        if not text:
            raise HTTPException(
                401,
                "a key is needed: Authorization: Bearer KEY, from sightline venue key",
                headers={"WWW-Authenticate": "Bearer", **CLOSING},
            )
        found = await run_in_threadpool(self._keys.holder_of, text)
        if found is None:
            raise HTTPException(403, "this key opens nothing here, or it was revoked", headers=CLOSING)
        request.state.actor = f"key:{found.id}"
        return KeyHolder(found.id, found.venue_id)


def demand_key(keys: ApiKeys) -> DemandKey:
    """The dependency, over `keys`."""
    return DemandKey(keys)


def _key_of(request: Request) -> str:
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and bearer.strip():
        return bearer.strip()
    return request.headers.get("x-api-key", "").strip()
