"""Bodies that are read into memory are bounded, whatever they say they are. Uploads bound themselves."""

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.api.problems import problem_answer

LONGEST_BYTES = 32 * 1024 * 1024
"""Ten thousand events are a tenth of it."""
STREAMED = "/upload"
"""What ends this way is written to disk as it arrives, and has a limit of its own."""
CLOSING = {"Connection": "close"}


class BodyLimit:
    """Answers 413 to longer bodies: at once when they say so, else when they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(STREAMED):
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "")
        if said.isdecimal() and int(said) > LONGEST_BYTES:
            refused = problem_answer(scope, 413, _sentence())
            refused.headers.update(CLOSING)
            await refused(scope, receive, send)
            return
        received = 0

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > LONGEST_BYTES:
                    raise HTTPException(413, _sentence(), headers=CLOSING)
            return message

        await self._app(scope, receive_bounded, send)


def _sentence() -> str:
    return f"more than {LONGEST_BYTES // 1024 // 1024} MiB; send it in parts"
