"""A person is told once that something is wrong with a camera, and once that it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from camera_stories import VENUE, open_shop

from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.gap import GapReason
from sightline.domain.line_alarm import LineLimits, LineNow
from sightline.domain.scope import Scope
from sightline.pipeline import camera_alerts
from sightline.pipeline.camera_alerts import CameraAlerts
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.live_watch import WatchReport
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.alerts import StoredAlert, list_alerts, raise_alert
from sightline.store.database import Database
from sightline.video.feed import FeedCounts
from sightline.vision.view_check import ViewState

LIVE = FeedCounts(state="live")
LOST = FeedCounts(state="lost", trouble=GapReason.UNREACHABLE, trouble_detail="nobody answers")
REFUSED = FeedCounts(state="lost", trouble=GapReason.UNAUTHORIZED, trouble_detail="password refused")


class Told:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.writer = StoreWriter(database, every_s=0.01)
        self.alerts = CameraAlerts(CameraBook(self.writer, VENUE, "cam1"), "cam1")

    @property
    def holding(self) -> list[str]:
        return self.all(holding=True)

    def all(self, holding: bool | None = None) -> list[str]:
        return sorted(alert.alert_type for alert in self.rows(holding))

    def rows(self, holding: bool | None = None) -> list[StoredAlert]:
        assert self.writer.flush(5)
        with self.database.reading() as connection:
            return list_alerts(Scope.site(), connection, holding=holding)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with open_shop(tmp_path) as database:
        told = Told(database)
        yield told
        assert told.writer.close() == 0


def test_a_lost_camera_alerts_once_when_it_has_lasted(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.alerts.look([LIVE, LOST])
    assert told.holding == []
    monkeypatch.setattr(camera_alerts, "LOST_AFTER_S", 0)
    for _ in range(3):
        told.alerts.look([LIVE, LOST])
    assert told.holding == ["camera_lost"]
    told.alerts.look([LIVE, LIVE])
    assert (told.holding, told.all()) == ([], ["camera_lost"])


def test_a_refused_password_alerts_at_once_and_is_over_when_another_reason_comes(told: Told) -> None:
    told.alerts.look([REFUSED])
    assert told.holding == ["camera_unauthorized"]
    told.alerts.look([LOST])
    assert told.holding == []


def test_the_view_alerts_by_what_is_wrong_with_it(told: Told) -> None:
    for view in (ViewState.OK, ViewState.COVERED, ViewState.COVERED):
        told.alerts.judge_view(view)
    assert told.holding == ["camera_covered"]
    told.alerts.judge_view(ViewState.MOVED)
    assert told.holding == ["camera_moved"]
    told.alerts.judge_view(ViewState.OK)
    assert told.all() == ["camera_covered", "camera_moved"]
    assert told.holding == []


def test_an_alert_from_before_this_start_is_cleared_by_the_first_sight(told: Told) -> None:
    with told.database.transaction() as connection:
        raise_alert(
            Scope.site(),
            connection,
            venue_id=VENUE,
            alert_type="camera_lost",
            subject="cam1",
            severity="critical",
            title="lost",
            message="",
            at=datetime.now(UTC),
        )
    told.alerts.look([LIVE])
    assert told.holding == []


def report(
    seconds: float, *, lines: tuple[LineNow, ...] = (), ongoing: tuple[ServiceEvent, ...] = ()
) -> WatchReport:
    at = datetime(2026, 3, 2, 12, 0, tzinfo=UTC) + timedelta(seconds=seconds)
    return WatchReport(
        until=at,
        concluded_at=at,
        events=(),
        tracks=(),
        coverage={},
        open_since=None,
        lines=lines,
        ongoing=ongoing,
    )


def line(length: int, wait_s: float, place: str = "till") -> LineNow:
    return LineNow(place=place, length=length, longest_wait=timedelta(seconds=wait_s))


def waits_alone(seconds: float, kind: EventKind = EventKind.UNATTENDED) -> ServiceEvent:
    start = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    return ServiceEvent(
        kind=kind,
        started_at=start,
        ended_at=start + timedelta(seconds=seconds),
        participants=(),
        score=1.0,
        confirmed_at=start + timedelta(seconds=60),
    )


def test_a_line_that_is_too_long_alerts_once_with_zone_length_and_wait(told: Told) -> None:
    told.alerts.judge_people(report(0, lines=(line(4, 20), line(1, 5, "bakery"))))
    assert told.holding == []
    for seconds in (3, 4, 30):
        told.alerts.judge_people(report(seconds, lines=(line(5, 95), line(1, 5, "bakery"))))
    (alert,) = told.rows()
    assert (alert.alert_type, alert.severity, alert.subject) == ("queue_too_long", "warning", "cam1")
    assert alert.title == "Camera cam1: the line till is too long"
    assert alert.message == (
        "in the line till: 5 people, the longest wait 1 min 35 s; this alert comes at 4 people or 3 min 0 s"
    )
    assert alert.data == {"lines": [{"zone": "till", "length": 5, "wait_s": 95}]}
    told.alerts.judge_people(report(31, lines=(line(3, 20),)))
    assert told.holding == ["queue_too_long"]
    told.alerts.judge_people(report(61, lines=(line(3, 50),)))
    assert (told.holding, told.all()) == ([], ["queue_too_long"])


def test_a_wait_in_line_alerts_by_itself_and_is_over_when_nobody_is_seen_any_more(told: Told) -> None:
    told.alerts.judge_people(report(0, lines=(line(1, 200),)))
    assert told.holding == ["queue_too_long"]
    assert told.rows()[0].message.startswith("in the line till: 1 person, the longest wait 3 min 20 s;")
    told.alerts.judge_people(report(0))
    assert told.holding == []


def test_the_settings_of_the_camera_decide(told: Told) -> None:
    strict = LineLimits(length=2, wait=timedelta(seconds=30))
    alerts = CameraAlerts(CameraBook(told.writer, VENUE, "cam1"), "cam1", strict)
    alerts.judge_people(report(0, lines=(line(1, 29),)))
    assert told.holding == []
    alerts.judge_people(report(1, lines=(line(1, 30),)))
    assert told.holding == ["queue_too_long"]


def test_a_confirmed_wait_alerts_while_it_goes_on(told: Told) -> None:
    told.alerts.judge_people(report(59))
    told.alerts.judge_people(report(60, ongoing=(waits_alone(60), waits_alone(90, EventKind.SECURITY))))
    told.alerts.judge_people(report(70, ongoing=(waits_alone(70),)))
    (alert,) = told.rows()
    assert (alert.alert_type, alert.severity) == ("unattended_customer", "warning")
    assert alert.message == "nobody has attended to the customer for 1 min 0 s"
    assert alert.data == {"since": "2026-03-02T12:00:00+00:00", "customers": 1}
    assert told.holding == ["unattended_customer"]
    told.alerts.judge_people(report(71, ongoing=(waits_alone(71, EventKind.SECURITY),)))
    assert told.holding == []


def test_alerts_about_people_end_with_the_camera(told: Told) -> None:
    told.alerts.judge_people(report(60, lines=(line(1, 200),), ongoing=(waits_alone(60),)))
    assert told.holding == ["queue_too_long", "unattended_customer"]
    told.alerts.clear_all()
    assert told.holding == []
