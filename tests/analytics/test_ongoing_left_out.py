"""An event that goes on is in no figure and no file before it is over."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.analytics.export import export_csv, export_json
from sightline.analytics.metrics_file import metrics_text
from sightline.analytics.summary import summarise
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.live import append_events, confirm_events

SHOP = Scope.of("shop")
START = datetime(2025, 10, 25, 10, 55, 36, tzinfo=UTC)


def wait(seconds: float) -> ServiceEvent:
    return ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=START,
        ended_at=START + timedelta(seconds=seconds),
        participants=(Participant(3, Role.CUSTOMER, 0.9, "in front of the staff line"),),
        score=0.9,
        confirmed_at=START + timedelta(seconds=60),
    )


def figures(database: Database, folder: Path) -> list[object]:
    with database.reading() as connection:
        summary = summarise(SHOP, connection, venue_id="shop").document()
    metrics = "".join(metrics_text(database, venue_id="shop", segments_dir=folder, now=START))
    return [
        summary["events"]["unattended"]["count"],
        json.loads(metrics)["unattended_metrics"]["total_unattended_events"],
        len(json.loads("".join(export_json(database, SHOP, venue_id="shop", segments_dir=folder)))["events"]),
        len("".join(export_csv(database, SHOP, venue_id="shop", segments_dir=folder)).splitlines()) - 1,
    ]


def test_a_wait_counts_once_it_is_over(database: Database, tmp_path: Path) -> None:
    told: dict[str, Any] = {"venue_id": "shop", "camera_id": "till", "run_id": "live-1"}
    told |= {"rule": ClipRule(), "at": START}
    with database.transaction() as connection:
        assert len(confirm_events(SHOP, connection, events=[wait(60)], **told)) == 1
    assert figures(database, tmp_path) == [0, 0, 0, 0]
    with database.transaction() as connection:
        assert len(append_events(SHOP, connection, events=[wait(200)], **told)) == 1
    assert figures(database, tmp_path) == [1, 1, 1, 1]
