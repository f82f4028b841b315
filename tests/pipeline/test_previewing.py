"""Zones that are tried on recorded footage: what is new because of them, and what would be so anyway."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from evidence_site import CAMERA, EVENTS, VENUE, SmallSite, write_video

from sightline.domain.scene import CameraRules
from sightline.domain.track import Box
from sightline.domain.zone import Zone, ZoneKind
from sightline.errors import SourceRejected
from sightline.pipeline.previewing import PreviewMeans, preview
from sightline.pipeline.replaying import RuleSet
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker

QUEUE = Zone("line", ZoneKind.QUEUE, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


def one_who_waits(second: float) -> list[Box]:
    return [(60.0, 20.0, 90.0, 80.0)] if second < 25 else []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SmallSite]:
    write_video(tmp_path / "till.mp4")
    small = SmallSite.open(tmp_path / "data")
    small.record(tmp_path / "till.mp4")
    yield small
    small.database.close()


def rule_set(rules: CameraRules) -> RuleSet:
    memory = open_tracker("bytetrack").memory
    return RuleSet(replace(rules, lost_after=memory), lambda: open_tracker("bytetrack"))


def means(site: SmallSite, *rules: CameraRules) -> PreviewMeans:
    as_is, tried = rules
    return PreviewMeans(
        database=site.database,
        recordings_dir=site.data_dir / "recordings",
        detector=ScriptedDetector(one_who_waits),
        rules=(rule_set(as_is), rule_set(tried)),
        analysis_fps=5,
    )


def test_a_queue_that_is_drawn_anew_brings_an_event_that_is_new_because_of_it(site: SmallSite) -> None:
    seen: list[tuple[float, float]] = []
    plain, drawn = CameraRules(), CameraRules(zones=(QUEUE,))

    found = preview(
        means(site, plain, drawn), VENUE, CAMERA, timedelta(minutes=10), lambda *one: seen.append(one)
    )

    queues = [one for one in found["events"] if one["kind"] == "queue"]
    assert [(one["change"], one["anyway"], one["event_id"]) for one in queues] == [("new", False, None)]
    assert queues[0]["after"]["duration_s"] == pytest.approx(25, abs=3)
    assert found["pictures"] == 200
    assert seen[-1][0] == pytest.approx(seen[-1][1], abs=0.5)
    with site.database.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from event").scalar() == 0


def test_what_the_zones_of_today_would_change_as_well_is_told_apart(site: SmallSite) -> None:
    site.conclude(*EVENTS)
    drawn = CameraRules(zones=(QUEUE,))

    found = preview(means(site, drawn, drawn), VENUE, CAMERA, timedelta(minutes=10), lambda *_: None)

    assert found["summary"]["gone"] == 3
    assert all(one["anyway"] for one in found["events"] if one["change"] != "unchanged")


def test_only_the_end_of_what_is_recorded_is_compared(site: SmallSite) -> None:
    site.conclude(*EVENTS)
    drawn = CameraRules(zones=(QUEUE,))

    found = preview(means(site, drawn, drawn), VENUE, CAMERA, timedelta(seconds=8), lambda *_: None)

    assert found["footage_s"] == pytest.approx(8, abs=0.2)
    assert [one["kind"] for one in found["events"]] == ["queue"]


def test_without_footage_there_is_nothing_to_try_on(site: SmallSite) -> None:
    drawn = CameraRules(zones=(QUEUE,))
    with pytest.raises(SourceRejected, match="nothing is recorded"):
        preview(means(site, drawn, drawn), VENUE, "door", timedelta(minutes=10), lambda *_: None)
