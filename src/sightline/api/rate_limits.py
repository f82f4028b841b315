"""No more calls a minute than the site can bear: of those that post events, and of those that start work.

A sliding window in memory, of one web process; there is one. Counted in front of the routes, before any work,
so that no order of decorators can lose it. A call that is refused is not counted: who waits as told gets in.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.api.access import RateLimit
from sightline.api.caller import Caller
from sightline.api.problems import problem_answer
from sightline.api.refused_bodies import take_in_small

WINDOW_S = 60.0
INGESTION = frozenset({"/events", "/events/batch"})
PROCESSING = ("/process/", "/api/batch/")


def limit_of(method: str, path: str, limits: RateLimit) -> tuple[str, int] | None:
    """Which limit a call falls under, by name and calls per minute; None for most."""
    if method != "POST":
        return None
    if path in INGESTION:
        return "ingestion", limits.ingest
    if path.startswith(PROCESSING):
        return "processing", limits.process
    return None


class SlidingWindow:
    """When each of several callers called in the last minute. Safe to share between threads."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._tidied_at = float("-inf")

    def wait_s(self, who: str, what: str, most: int) -> float:
        """Count a call and give 0.0, or, when there were `most` in the last minute, how long to wait."""
        now = self._monotonic()
        with self._lock:
            self._tidy(now)
            calls = self._calls.setdefault((who, what), deque())
            while calls and calls[0] <= now - WINDOW_S:
                calls.popleft()
            if len(calls) >= most:
                return calls[len(calls) - most] + WINDOW_S - now
            calls.append(now)
            return 0.0

    def _tidy(self, now: float) -> None:
        if now - self._tidied_at < WINDOW_S:
            return
        self._tidied_at = now
        self._calls = {key: calls for key, calls in self._calls.items() if calls[-1] > now - WINDOW_S}


class RateLimits:
    """Answers 429 with `Retry-After` to who calls too often. Inside of the gate, which says who calls."""

    def __init__(self, app: ASGIApp, limits: RateLimit, window: SlidingWindow | None = None) -> None:
        self._app = app
        self._limits = limits
        self._window = window or SlidingWindow()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = limit_of(scope["method"], scope["path"], self._limits) if scope["type"] == "http" else None
        caller: Caller | None = scope.get("state", {}).get("caller")
        if limit is None or caller is None:  # nobody is refused by the route, without work
            await self._app(scope, receive, send)
            return
        what, most = limit
        wait_s = self._window.wait_s(_who(caller, scope), what, most)
        if wait_s <= 0:
            await self._app(scope, receive, send)
            return
        seconds = max(1, math.ceil(wait_s))
        refused = problem_answer(
            scope, 429, f"more than {most} {what} calls in a minute; try again in {seconds} s"
        )
        refused.headers["Retry-After"] = str(seconds)
        refused.headers["Connection"] = "close"  # what is still being sent is not read
        await take_in_small(scope, receive)
        await refused(scope, receive, send)


def _who(caller: Caller, scope: Scope) -> str:
    if caller.kind != "local":
        return caller.actor
    client = scope.get("client")
    return f"address {client[0] if client else 'here'}"
