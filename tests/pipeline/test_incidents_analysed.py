"""A recording all the way with security rules: incidents with sealed clips, other files as they were."""

import json
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from small_shop import RULES, START, analyse, make_video

from sightline.domain.opening_hours import OpeningHours
from sightline.domain.security import SecurityRules
from sightline.domain.zone import Zone, ZoneKind
from sightline.evidence.verification import verify_folder

STAND = Zone("stand", ZoneKind.RESTRICTED, ((0.6, 0.3), (0.75, 0.3), (0.75, 0.5), (0.6, 0.5)))
GUARDED = replace(
    RULES,
    zones=(*RULES.zones, STAND),
    security=SecurityRules(hours=OpeningHours(UTC, ((),) * 7), after_hours=True, crowd=2),
)


def test_incidents_have_sealed_clips_and_the_metrics_file_does_not_know_them(tmp_path: Path) -> None:
    make_video(tmp_path / "shop.mp4")
    analyse(tmp_path)
    metrics = json.loads((tmp_path / "out" / "analytics_metrics.json").read_text())

    result = analyse(tmp_path, rules=GUARDED)

    document = result.document()
    found = {one["details"]["incident_type"]: one for one in document["events"] if one["kind"] == "security"}
    assert sorted(found) == ["after_hours", "crowding", "restricted_zone"]
    assert found["after_hours"]["start"] == START.isoformat()
    spans = {name: (one["start"][14:19], round(one["duration_s"])) for name, one in found.items()}
    assert spans == {
        "after_hours": ("00:00", 80),
        "crowding": ("00:52", 18),
        "restricted_zone": ("00:00", 51),
    }
    for one in found.values():
        assert one["verified"]
        assert one["video_evidence"]["segment_filename"].endswith("_security.mp4")
        assert (tmp_path / "out" / "segments" / one["video_evidence"]["segment_filename"]).is_file()
    assert verify_folder(tmp_path / "out").clean
    totals = json.loads((tmp_path / "out" / "summary.json").read_text())["camera_totals"]
    assert totals["events"]["security"]["count"] == 3

    guarded = json.loads((tmp_path / "out" / "analytics_metrics.json").read_text())
    assert list(guarded) == list(metrics)
    assert guarded["daily_summary"] == metrics["daily_summary"]
    assert guarded["hourly_breakdown"] == metrics["hourly_breakdown"]
