"""What a job says of people who were known again: figures when it was asked for, else null."""

from typing import Any

import pytest
from job_site import DONE, NOON

from sightline.api.job_models import JobStatus
from sightline.jobs.job_view import view_of
from sightline.store.jobs import StoredJob

STATS = {"known": 3, "new": 12, "same_visit": 1, "faceless": 8}


def status(result: dict[str, Any] | None, *, reid: bool) -> dict[str, Any]:
    """As `/process/status` answers."""
    job = StoredJob(
        id="j",
        venue_id="shop",
        camera_id="till",
        source="upload",
        video_name="till.mp4",
        state="pending" if result is None else "completed",
        message="",
        created_at=NOON,
        created_by="test",
        result=result,
    )
    told = JobStatus.model_validate(view_of(job, NOON, reid=reid), from_attributes=True).model_dump()
    return {name: told[name] for name in ("reid_enabled", "reid_stats", "return_visitors", "new_visitors")}


def test_a_job_that_is_done_says_how_many_were_known_and_how_many_new() -> None:
    assert status({**DONE, "reid": STATS}, reid=False) == {
        "reid_enabled": True, "reid_stats": STATS, "return_visitors": 3, "new_visitors": 12,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "reid", "enabled"),
    [
        pytest.param(None, True, True, id="waits, to be known again"),
        pytest.param(None, False, False, id="waits"),
        pytest.param({**DONE, "reid": None}, True, False, id="done while it was off"),
        pytest.param(DONE, True, False, id="done by an earlier version"),
    ],
)
def test_without_a_result_of_it_there_are_no_figures(
    result: dict[str, Any] | None, *, reid: bool, enabled: bool
) -> None:
    assert status(result, reid=reid) == {
        "reid_enabled": enabled, "reid_stats": None, "return_visitors": None, "new_visitors": None,
    }  # fmt: skip
