"""Clips on demand and local incident reports, for programs that conclude events themselves."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from evidence_site import CAMERA, SCOPE, VENUE, SmallSite, at

from sightline.analytics.collector import MetricsCollector
from sightline.analytics.interaction_log import InteractionLogger
from sightline.errors import EvidenceError
from sightline.evidence.incident import report_video_segment_incident
from sightline.evidence.segmenter import VideoSegmenter

KEYS = {"segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp"}


@pytest.fixture
def segmenter(site: SmallSite) -> VideoSegmenter:
    site.conclude()
    return VideoSegmenter(
        site.database,
        SCOPE,
        venue_id=VENUE,
        camera_id=CAMERA,
        sealer=site.sealer(),
        segments_dir=site.segments_dir,
        zone=ZoneInfo("Europe/Paris"),
    )


def test_a_clip_that_a_person_asked_for(site: SmallSite, segmenter: VideoSegmenter) -> None:
    evidence = segmenter.create_segment(at(5), at(15))

    assert evidence.keys() == KEYS
    assert evidence["segment_filename"].endswith("_20251025_113005_manual.mp4")
    assert Path(evidence["video_url"].removeprefix("file://")).is_file()
    assert site.verify().clean
    assert site.verify().checked["clips"] == 1


def test_a_clip_is_linked_to_its_event_by_event_id(
    site: SmallSite, segmenter: VideoSegmenter, tmp_path: Path
) -> None:
    collector = MetricsCollector(
        tmp_path / "metrics.json", database=site.database, venue_id=VENUE, camera_id=CAMERA
    )
    logger = InteractionLogger(tmp_path / "log.txt", collector=collector)
    segmenter.set_interaction_logger(logger)
    first = logger.log_interaction(1, 2, at(6), at(14))
    second = collector.add_unattended_time(3, at(20), at(30))

    served = segmenter.create_segment(at(4), at(16), event_id=first)
    alone = segmenter.create_segment(at(20), at(30), event_id=second)

    assert served["segment_filename"].endswith("_113004_interaction_start.mp4")
    assert alone["segment_filename"].endswith("_113020_unattended.mp4")
    log = (tmp_path / "log.txt").read_text()
    assert served["segment_filename"] in log
    assert alone["segment_filename"] in log
    assert segmenter.create_segment(at(4), at(16), event_id=first) == served


@pytest.mark.parametrize(
    ("start_s", "end_s", "reason", "event_id", "message"),
    [
        pytest.param(5, 7, "manual", None, "under 3 s", id="too short"),
        pytest.param(500, 510, "manual", None, "no footage", id="not recorded"),
        pytest.param(5, 15, "because", None, "unknown reason 'because'.*choose one of", id="reason"),
        pytest.param(5, 15, "manual", "nothing", "has no event 'nothing'", id="event"),
    ],
)
def test_what_cannot_be_made_is_said(
    segmenter: VideoSegmenter, start_s: float, end_s: float, reason: str, event_id: str | None, message: str
) -> None:
    with pytest.raises(EvidenceError, match=message):
        segmenter.create_segment(at(start_s), at(end_s), reason=reason, event_id=event_id)


def test_times_without_a_zone_are_refused(segmenter: VideoSegmenter) -> None:
    with pytest.raises(EvidenceError, match="time zone"):
        segmenter.create_segment(at(5).replace(tzinfo=None), at(15).astimezone(UTC))


def report(site: SmallSite, event_id: str) -> dict[str, object]:
    return report_video_segment_incident(
        site.database,
        SCOPE,
        event_id,
        segments_dir=site.segments_dir,
        public_key=site.signer().public,
        zone=ZoneInfo("Europe/Paris"),
    )


def first_event(site: SmallSite) -> str:
    from sightline.store import events

    with site.database.reading() as connection:
        return events.list_events(SCOPE, connection)[0].id


def test_a_local_report_gives_all_five_keys_and_the_same_incident_again(sealed_site: SmallSite) -> None:
    event_id = first_event(sealed_site)
    reported = report(sealed_site, event_id)

    assert reported["success"] is True
    assert reported["video_evidence"].keys() == KEYS  # type: ignore[attr-defined]
    assert report(sealed_site, event_id) == reported


def test_a_report_fails_in_words(sealed_site: SmallSite) -> None:
    event_id = first_event(sealed_site)
    assert report(sealed_site, "nothing") == {
        "success": False,
        "error": "event 'nothing' is unknown or has no evidence",
    }
    clip = min(sealed_site.clips.iterdir())
    clip.unlink()
    failed = report(sealed_site, event_id)
    assert failed["success"] is False
    assert clip.name in str(failed["error"])


def test_an_altered_clip_is_not_reported(sealed_site: SmallSite) -> None:
    clip = min(sealed_site.clips.iterdir())
    clip.chmod(0o644)
    clip.write_bytes(clip.read_bytes()[:-1] + b"\0\0")
    failed = report(sealed_site, first_event(sealed_site))
    assert failed["success"] is False
    assert f"{clip.name} was altered" in str(failed["error"])
