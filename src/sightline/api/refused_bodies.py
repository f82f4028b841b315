"""What is refused before all of it is read: a small rest is taken in all the same.

A connection that is closed while bytes of the request lie unread is reset, and its sender may never see why.
"""

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Scope

SMALL_BYTES = 65_536
PATIENT_S = 1.0
"""Who says that something small comes and does not send it waits no longer for the answer."""


async def take_in_small(scope: Scope, receive: Receive, *, received_bytes: int = 0) -> None:
    """Read what is left of the body of a request and forget it, if the request says that it is small."""
    said = Headers(scope=scope).get("content-length", "")
    if not said.isdecimal() or not 0 < int(said) - received_bytes <= SMALL_BYTES:
        return
    with anyio.move_on_after(PATIENT_S):
        while (await receive()).get("more_body", False):
            pass
