"""What a person dismissed counts in no figure, in no file and at no centre; confirmed, it does again."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sightline.analytics.export import export_csv, export_json
from sightline.analytics.metrics_file import metrics_text
from sightline.analytics.summary import summarise
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.pipeline.edge_document import hour_document
from sightline.pipeline.event_verdicts import EventVerdicts
from sightline.store.camera_figures import events_since
from sightline.store.database import Database
from sightline.store.events import add_event, list_events
from sightline.store.footfall import count_by_hour
from sightline.store.job_runs import count_events_of_run
from sightline.store.service_figures import service_moments

SHOP = Scope.of("shop")
TILL: dict[str, Any] = {"venue_id": "shop", "camera_id": "till"}
HOUR = datetime(2025, 10, 25, 10, tzinfo=UTC)
NEXT = HOUR + timedelta(hours=1)


def wait(minute: int, customer: int) -> ServiceEvent:
    begin = HOUR + timedelta(minutes=minute)
    return ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=begin,
        ended_at=begin + timedelta(seconds=50),
        participants=(Participant(customer, Role.CUSTOMER, 0.9, "in front of the staff line"),),
        score=0.9,
    )


def figures(database: Database, folder: Path) -> set[int]:
    """What each figure and file says of how many waits there were."""
    kind, here = EventKind.UNATTENDED, {"venue_id": "shop", "segments_dir": folder}
    metrics = json.loads("".join(metrics_text(database, now=HOUR, **here)))
    waits = metrics["unattended_metrics"]
    exported = json.loads("".join(export_json(database, SHOP, **here)))
    window = Window.of_days(1, date(2025, 10, 25), UTC)
    with database.reading() as connection:
        told = hour_document(SHOP, connection, **TILL, hour_at=HOUR, public_url=None, at=HOUR)
        return {
            waits["total_unattended_events"],
            len(waits["unattended_times"]),
            metrics["daily_summary"]["2025-10-25"]["unattended_times"]["count"],
            exported["executive_summary"]["events"]["unattended"]["count"],
            len(exported["events"]),
            len("".join(export_csv(database, SHOP, **here)).splitlines()) - 1,
            summarise(SHOP, connection, venue_id="shop").kinds[kind].count,
            len(service_moments(SHOP, connection, "shop", window)),
            events_since(SHOP, connection, {"shop": HOUR})[("shop", "till"), kind],
            count_by_hour(SHOP, connection, **TILL, kind=kind, start=HOUR, end=NEXT)[HOUR],
            count_events_of_run(SHOP, connection, "run")["unattended"],
            len(list_events(SHOP, connection, venue_id="shop", counted=True)),
            sum(one["state"] == "current" for one in told["service_events"]),
        }


def test_a_dismissed_event_counts_nowhere_until_it_is_confirmed(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        first, _ = (
            add_event(SHOP, connection, **TILL, run_id="run", happened=wait(minute, customer))
            for minute, customer in ((5, 1), (20, 2))
        )
    verdicts = EventVerdicts(database, clock=lambda: NEXT)

    def say(verdict: Literal["confirmed", "dismissed"]) -> None:
        verdicts.give(SHOP, first.id, verdict=verdict, reason="a poster", by="local")

    assert figures(database, tmp_path) == {2}
    say("dismissed")
    assert figures(database, tmp_path) == {1}
    with database.reading() as connection:
        assert len(list_events(SHOP, connection, venue_id="shop")) == 2, "it stays, for who asks for it"
    say("confirmed")
    assert figures(database, tmp_path) == {2}
