"""What is refused before it is read: a small body is taken in all the same.

A connection that is closed while bytes of the request lie unread is reset, and its sender may never see why.
"""

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Scope

SMALL_BYTES = 65_536
PATIENT_S = 1.0
"""Who says that something small comes and does not send it waits no longer for the answer."""


async def take_in_small(scope: Scope, receive: Receive) -> None:
    """Read the body of a request and forget it, if it says that it is small."""
    said = Headers(scope=scope).get("content-length", "")
    if not said.isdecimal() or int(said) > SMALL_BYTES:
        return
    with anyio.move_on_after(PATIENT_S):
        while (await receive()).get("more_body", False):
            pass
