"""What /health and /metrics say of a box that tells a centre, and of one that does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sightline.api.health import health_of
from sightline.api.metrics import metrics_text
from sightline.pipeline.site_state import SiteState
from sightline.store.edge_hours import ToldCentre

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
WELL = ToldCentre(
    venue_id="shop", waiting=0, refused=0, oldest_at=None, refusal=None, answered_at=NOW,
    skew=timedelta(seconds=-2.5), uncertainty=timedelta(seconds=0.02), timezone="Europe/Paris",
    centre_timezone="Europe/Paris", error=None, failing_since=None,
)  # fmt: skip


def state(*centre: ToldCentre) -> SiteState:
    return SiteState(
        at=NOW, database_works=True, cameras=(), alerts_open={}, evidence_wanted={},
        disk_free_bytes=10**11, disk_total_bytes=10**12, centre=centre,
    )  # fmt: skip


def test_a_site_without_a_centre_says_nothing_of_one() -> None:
    assert "centre" not in health_of(state())["checks"]
    assert b"sightline_centre" not in metrics_text(state())


def test_a_box_that_tells_all_is_well() -> None:
    document = health_of(state(WELL))
    assert document["status"] == "healthy"
    assert document["checks"]["centre"] == {
        "status": "ok", "detail": "knows all", "hours_waiting": {"shop": 0}, "hours_refused": {},
        "clock_skew_s": {"shop": -2.5},
    }  # fmt: skip
    waiting = health_of(state(replace(WELL, waiting=3, oldest_at=NOW)))
    assert waiting["checks"]["centre"]["detail"] == "on its way"
    assert waiting["status"] == "healthy"


@pytest.mark.parametrize(
    ("told", "detail"),
    [
        (
            replace(WELL, error="no answer", failing_since=NOW - timedelta(minutes=61)),
            "shop has told it nothing for more than an hour: no answer",
        ),
        (replace(WELL, refused=2, refusal="422: no"), "it will not have 2 hours of shop: 422: no"),
        (replace(WELL, skew=timedelta(seconds=-7)), "its clock and ours differ by 7.0 s"),
        (
            replace(WELL, centre_timezone="UTC"),
            "shop counts its days in Europe/Paris, the centre in UTC",
        ),
    ],
)
def test_what_is_not_as_it_should_be_is_said(told: ToldCentre, detail: str) -> None:
    check = health_of(state(WELL, told))["checks"]["centre"]
    assert (check["status"], check["detail"]) == ("degraded", detail)


def test_a_short_failure_is_none_yet() -> None:
    failing = replace(WELL, error="no answer", failing_since=NOW - timedelta(minutes=59), waiting=9)
    assert health_of(state(failing))["checks"]["centre"]["status"] == "ok"


def test_figures_of_a_box() -> None:
    told = replace(WELL, waiting=3, refused=1, oldest_at=NOW - timedelta(hours=2))
    lines = metrics_text(state(told)).decode().splitlines()
    assert 'sightline_centre_hours_waiting{venue="shop"} 3.0' in lines
    assert 'sightline_centre_hours_refused{venue="shop"} 1.0' in lines
    assert 'sightline_centre_oldest_waiting_seconds{venue="shop"} 7200.0' in lines
    assert 'sightline_centre_clock_skew_seconds{venue="shop"} -2.5' in lines
