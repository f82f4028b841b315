"""A person is told once that something is wrong with a camera, and once that it is over."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from camera_stories import VENUE, open_shop

from sightline.domain.gap import GapReason
from sightline.domain.scope import Scope
from sightline.pipeline import camera_alerts
from sightline.pipeline.camera_alerts import CameraAlerts
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.alerts import list_alerts, raise_alert
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
        assert self.writer.flush(5)
        with self.database.reading() as connection:
            found = list_alerts(Scope.site(), connection, holding=holding)
        return sorted(alert.alert_type for alert in found)


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
