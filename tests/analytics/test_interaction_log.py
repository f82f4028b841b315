"""`InteractionLogger`: lines a person can read, one an event, whole whatever happens."""

import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sightline.analytics.collector import MetricsCollector
from sightline.analytics.interaction_log import InteractionLogger
from sightline.domain.scope import Scope
from sightline.errors import DiskFull
from sightline.store import events, links

START = datetime(2025, 10, 25, 10, 55, 36, tzinfo=UTC)
END = START + timedelta(seconds=30)
VIDEO = {"segment_filename": "segment_8.mp4"}


@pytest.fixture
def logger(tmp_path: Path):
    with MetricsCollector(tmp_path / "m.json", timezone="Europe/Paris") as collector:
        yield InteractionLogger(tmp_path / "logs" / "interactions.log", collector=collector)


def lines(logger: InteractionLogger) -> list[str]:
    return logger.log_file.read_text().splitlines()


def test_each_event_is_a_line_with_the_venues_time_and_the_event_id(logger: InteractionLogger) -> None:
    met = logger.log_interaction(100, 200, START, END, VIDEO)
    waited = logger.log_unattended(300, START, END)
    queued = logger.log_queue(400, START, END)
    when = "2025-10-25 12:55:36"
    assert lines(logger) == [
        f"{when}  interaction  staff 100, customer 200  30.00 s  event {met}  video segment_8.mp4",
        f"{when}  unattended  customer 300  30.00 s  event {waited}  no video yet",
        f"{when}  queue  customer 400  30.00 s  event {queued}  no video yet",
    ]
    with logger.collector.database.reading() as connection:
        assert len(events.list_events(Scope.site(), connection)) == 3


def test_link_is_made_and_written_down_only_when_there_is_one(logger: InteractionLogger) -> None:
    met = logger.log_interaction(100, 200, START, END)
    waited = logger.log_unattended(300, START, END)
    assert not logger.link_video_evidence_to_interaction(100, 201, VIDEO)
    assert not logger.link_video_evidence_to_unattended(301, VIDEO)
    assert len(lines(logger)) == 2
    assert logger.link_video_evidence_to_interaction(100, 200, VIDEO)
    assert logger.link_video_evidence_to_unattended(None, VIDEO, event_id=waited)
    assert lines(logger)[2:] == [
        "linked to the interaction of staff 100, customer 200  video segment_8.mp4",
        f"linked to the unattended wait of event {waited}  video segment_8.mp4",
    ]
    with logger.collector.database.reading() as connection:
        assert links.links_of_events(Scope.site(), connection, [met, waited]) == {met: VIDEO, waited: VIDEO}


def test_name_from_outside_cannot_write_lines_of_its_own(logger: InteractionLogger) -> None:
    logger.log_interaction(1, 2, START, END, {"segment_filename": "a.mp4\n2025-10-25 forged\x1b[31m\r"})
    (line,) = lines(logger)
    assert line.isprintable()


def test_full_disk_leaves_whole_lines_and_telling_again_is_safe(logger: InteractionLogger) -> None:
    logger.log_interaction(1, 2, START, END)
    before = logger.log_file.read_bytes()
    logger.collector.database.close()  # its files are larger than the limit below already
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        with pytest.raises(DiskFull):
            logger._append("a line that is longer than ten bytes")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert logger.log_file.read_bytes() == before


def test_logger_alone_keeps_everything_beside_its_log(tmp_path: Path) -> None:
    logger = InteractionLogger(tmp_path / "interactions.log")
    logger.log_interaction(1, 2, START, END)
    logger.collector.save_metrics()
    logger.close()
    assert {path.name for path in tmp_path.iterdir()} >= {
        "interactions.log",
        "analytics_metrics.json",
        "sightline.db",
    }
