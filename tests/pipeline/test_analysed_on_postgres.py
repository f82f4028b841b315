"""The same recording gives the same events, clips and figures on PostgreSQL as on SQLite, run again too."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import small_shop
from small_shop import make_video, recording
from sqlalchemy import text

from sightline.analytics.summary import summarise
from sightline.domain.scope import Scope
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.events import list_events
from sightline.store.evidence import list_evidence
from sightline.store.recount import differences

SITE = Scope.site()


@pytest.mark.slow
def test_events_clips_and_figures_are_those_of_sqlite(tmp_path: Path, postgres_url: str) -> None:
    video = make_video(tmp_path / "shop.mp4")
    found = {}
    for name, url in (
        ("sqlite", sqlite_url(tmp_path / "sqlite" / "of its own.db")),
        ("postgres", postgres_url),
    ):
        (tmp_path / name).mkdir()
        with open_database(url) as database:
            for _ in range(2):
                analysed = small_shop.analysis(tmp_path / name)
                analysed.means.database.close()
                again = replace(analysed, means=replace(analysed.means, database=database))
                again.run(recording(video), on_frame=lambda _: None)
            found[name] = _all_that_was_found(database)
    assert found["postgres"] == found["sqlite"]
    assert len(found["sqlite"]["events"]) == 3


def _all_that_was_found(database: Database) -> dict[str, Any]:
    with database.reading() as connection:
        assert differences(SITE, connection, "shop") == []
        events = list_events(SITE, connection, venue_id="shop")
        places = {event.id: place for place, event in enumerate(events)}
        return {
            "events": [
                (
                    (one.kind, one.started_at, one.ended_at, one.confirmed_at, one.score, one.state),
                    one.details,
                    [(who.track_id, who.role) for who in one.participants],
                )
                for one in events
            ],
            "evidence": sorted(
                (places[str(one.event_id)], one.state, one.reason, [part.file_name for part in one.parts])
                for one in list_evidence(SITE, connection, venue_id="shop")
            ),
            "summary": summarise(SITE, connection, venue_id="shop").document(),
            "stays": sorted(
                tuple(row)
                for row in connection.execute(
                    text("SELECT at, zone, dwell_ms, track_id, camera_id, track_frames FROM stay")
                )
            ),
            "rows": [
                (table, connection.execute(text(f"SELECT count(*) FROM {table}")).scalar())
                for table in ("track", "coverage", "coverage_hour", "visitor", "visit", "ledger_entry", "run")
            ],
        }
