"""In front of all routes: who asks? What it finds lies with the request, for `api.caller`."""

from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.api.caller import LOCAL


class LocalGate:
    """Local mode: whoever gets past `api.local_mode` sits at this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["caller"] = LOCAL
        await self._app(scope, receive, send)
