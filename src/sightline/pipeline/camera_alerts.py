"""What a person should know about one camera, told once when it begins and once when it is over."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from sightline.domain.event import EventKind
from sightline.domain.gap import GapReason
from sightline.domain.line_alarm import LineAlarm, LineLimits, LineNow
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.live_watch import WatchReport
from sightline.video.feed import FeedCounts
from sightline.vision.view_check import ViewState

LOST_AFTER_S = 60.0

LOST = "camera_lost"
UNAUTHORIZED = "camera_unauthorized"
RECORDING_PAUSED = "recording_paused"
ANALYSIS_FAILING = "analysis_failing"
QUEUE_TOO_LONG = "queue_too_long"
UNATTENDED = "unattended_customer"
VIEW_ALERTS = {
    ViewState.COVERED: ("camera_covered", "is covered", "something hides its view, or the last light is out"),
    ViewState.BLINDED: ("camera_blinded", "is blinded", "its picture is nothing but light"),
    ViewState.MOVED: (
        "camera_moved",
        "was moved",
        "it shows another place than before, so that lines and zones may not fit any more",
    ),
}
"""What the view is like -> type of the alert, end of its title, and what it means."""


class CameraAlerts:
    """The alerts of one camera.

    Until the first judgement nothing is known: an alert may hold from before this start, so that even the
    first "all is well" is told.
    """

    def __init__(self, book: CameraBook, camera_id: str, line_limits: LineLimits | None = None) -> None:
        self._book = book
        self._camera_id = camera_id
        self._limits = line_limits or LineLimits()
        self._line_alarm = LineAlarm(self._limits)
        self._holds: dict[str, bool] = {}
        self._lost_since: float | None = monotonic()

    def look(self, feeds: Sequence[FeedCounts]) -> None:
        """Judge the connections; about once a second.

        A refused password alerts at once, because cameras lock accounts; anything else when it has lasted for
        a minute.
        """
        name = self._camera_id
        failed = next((one for one in feeds if one.state != "live"), None)
        if failed is None:
            self._lost_since = None
            self.clear(LOST)
            self.clear(UNAUTHORIZED)
            return
        self._lost_since = self._lost_since or monotonic()
        if failed.trouble is GapReason.UNAUTHORIZED:
            self.hold(UNAUTHORIZED, f"Camera {name}: user or password refused", failed.trouble_detail)
        elif failed.trouble is not None:
            self.clear(UNAUTHORIZED)
        lost_s = monotonic() - self._lost_since
        if lost_s >= LOST_AFTER_S and failed.trouble is not None:
            self.hold(LOST, f"Camera {name} gives no pictures", failed.trouble_detail)

    def judge_view(self, view: ViewState) -> None:
        """What the view is like now."""
        for state, (alert_type, what, message) in VIEW_ALERTS.items():
            if state is view:
                self.hold(alert_type, f"Camera {self._camera_id} {what}", message, severity="warning")
            else:
                self.clear(alert_type)

    def judge_people(self, report: WatchReport) -> None:
        """Who waits for too long, in line or alone, as of the last picture. One thread at a time.

        One alert for all lines of a camera and one for all its customers: it says which there were when it
        began, and holds until the last of them is over.
        """
        self._judge_lines(self._line_alarm.see(report.until, report.lines))
        alone = [event for event in report.ongoing if event.kind is EventKind.UNATTENDED]
        if not alone:
            self.clear(UNATTENDED)
            return
        first = min(alone, key=lambda event: event.started_at)
        self.hold(
            UNATTENDED,
            f"Camera {self._camera_id}: a customer waits alone",
            f"nobody has attended to the customer for {_spoken(first.duration)}",
            severity="warning",
            since=first.started_at.isoformat(),
            customers=len(alone),
        )

    def _judge_lines(self, too_long: Sequence[LineNow]) -> None:
        if not too_long:
            self.clear(QUEUE_TOO_LONG)
            return
        said = (
            f"in the line {line.place}: {_people(line.length)}, the longest wait {_spoken(line.longest_wait)}"
            for line in too_long
        )
        limits = f"{_people(self._limits.length)} or {_spoken(self._limits.wait)}"
        self.hold(
            QUEUE_TOO_LONG,
            f"Camera {self._camera_id}: the line {', '.join(line.place for line in too_long)} is too long",
            f"{'; '.join(said)}; this alert comes at {limits}",
            severity="warning",
            lines=[
                {
                    "zone": line.place,
                    "length": line.length,
                    "wait_s": round(line.longest_wait.total_seconds()),
                }
                for line in too_long
            ],
        )

    def hold(
        self, alert_type: str, title: str, message: str, *, severity: str = "critical", **data: Any
    ) -> None:
        """It is so; told when it was not so before, or not known."""
        if not self._holds.get(alert_type):
            self._holds[alert_type] = True
            self._book.raise_alert(
                alert_type, severity=severity, title=title, message=message, at=datetime.now(UTC), **data
            )

    def clear(self, alert_type: str) -> None:
        """It is not so, or no more."""
        if self._holds.get(alert_type, True):
            self._holds[alert_type] = False
            self._book.clear_alert(alert_type, datetime.now(UTC))

    def clear_all(self) -> None:
        """Nobody waits for this camera any more."""
        of_view = (alert_type for alert_type, *_ in VIEW_ALERTS.values())
        of_people = (QUEUE_TOO_LONG, UNATTENDED)
        for alert_type in (LOST, UNAUTHORIZED, RECORDING_PAUSED, ANALYSIS_FAILING, *of_people, *of_view):
            self.clear(alert_type)


def _people(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _spoken(length: timedelta) -> str:
    """`45 s`, or `3 min 20 s`."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
