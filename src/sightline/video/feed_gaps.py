"""When a feed gave nothing: from the end of the last packet to the first one after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sightline.domain.gap import Gap, GapReason

LEAST_IN_STREAM = timedelta(seconds=2)
LEAST_FORMAT_CHANGE = timedelta(seconds=1)


class GapBook:
    """Tells of each gap when it begins and when it ends. Times are capture times; reads no clock.

    Args:
        covered_until: end of what was seen before; None for a brand-new camera, which begins without a gap.
        on_open, on_closed: as `CameraFeed`.

    Attributes:
        covered_until: end of the last packet; None before the first ever.
        opened: gaps told so far.
    """

    def __init__(
        self,
        covered_until: datetime | None,
        *,
        on_open: Callable[[Gap], None],
        on_closed: Callable[[Gap], None],
    ) -> None:
        self.covered_until = covered_until
        self.opened = 0
        self._on_open, self._on_closed = on_open, on_closed
        self._gap: Gap | None = None
        self._untold: Gap | None = None

    def lost(self, reason: GapReason, detail: str) -> None:
        """Nothing comes any more. While a gap lasts, its first reason stands.

        A change of format is only told when it costs `LEAST_FORMAT_CHANGE`, or more than one attempt.
        """
        if self._untold is not None:
            self._open(self._untold)
        if self._gap is not None or self.covered_until is None:
            return
        gap = Gap(started_at=self.covered_until, ended_at=None, reason=reason, detail=detail)
        if reason is GapReason.FORMAT_CHANGED:
            self._untold = gap
        else:
            self._open(gap)

    def seen(self, captured_at: datetime, ended_at: datetime) -> None:
        """A packet with a picture from `captured_at` to `ended_at`."""
        covered_until = self.covered_until
        if self._untold is not None and captured_at - self._untold.started_at >= LEAST_FORMAT_CHANGE:
            self._open(self._untold)
        resumed = self._untold is not None or self._gap is not None
        if not resumed and covered_until is not None and captured_at - covered_until >= LEAST_IN_STREAM:
            detail = "the camera left out pictures without closing the connection"
            self._open(Gap(started_at=covered_until, ended_at=None, reason=GapReason.STALLED, detail=detail))
        if self._gap is not None:
            gap, self._gap = self._gap, None
            self._on_closed(replace(gap, ended_at=max(gap.started_at, captured_at)))
        self._untold = None
        # Reordered pictures may lie before the last one; after a gap the clock may have been set back.
        if resumed or covered_until is None or ended_at > covered_until:
            self.covered_until = ended_at

    def _open(self, gap: Gap) -> None:
        self._gap, self._untold = gap, None
        self.opened += 1
        self._on_open(gap)
