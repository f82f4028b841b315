"""People counted over a line that is drawn for a live camera."""

import io
from dataclasses import replace

from camera_stories import NOON, RULES, pictures

from sightline.domain.crossing import CountLine, LineCount, Way
from sightline.domain.track import Box
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.loop import watch_footage
from sightline.testing.detectors import ScriptedDetector
from sightline.tracking.registry import open_tracker

MIDDLE = CountLine("to the till", (0.5, 0.2), (0.5, 1.0), "right")


def walks(at_s: float) -> list[Box]:
    """A customer walks out; later somebody comes in and stays behind the counter, who is staff."""
    if at_s < 6:
        place = 100 + 30 * at_s
    elif at_s >= 14:
        place = max(20, 260 - 40 * (at_s - 14))
    else:
        return []
    return [(place, 100, place + 30, 190)]


def test_a_live_camera_counts_as_its_recording_does_and_staff_known_late_are_staff() -> None:
    rules = replace(RULES, lines=(MIDDLE,))
    reports: list[WatchReport] = []
    watch = LiveWatch(rules=rules, tracker=open_tracker, on_report=reports.append)
    frames, detector = pictures(45), ScriptedDetector(walks, NOON)
    for frame in frames:
        watch.take(frame, detector.detect(frame))
    recorded = watch_footage(
        detected_ahead(frames, ScriptedDetector(walks, NOON)),
        tracker=open_tracker(),
        rules=rules,
        tracks_file=io.StringIO(),
        on_frame=lambda _: None,
    )
    crossings = [one for report in reports for one in report.crossings]
    assert tuple(crossings) == recorded.crossings
    assert [(one.way, one.track_id) for one in crossings] == [(Way.OUT, 1), (Way.IN, 2)]
    assert recorded.lines == (LineCount(line=MIDDLE.name, left=1, staff_entered=1),)
    assert watch.line_counts() == recorded.lines
