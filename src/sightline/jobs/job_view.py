"""A job as it is shown: how far it is, and what it came to."""

from dataclasses import dataclass
from datetime import datetime

from sightline.store.jobs import PROCESSING, StoredJob


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job.

    Attributes:
        duration: of the video, seconds; `fps` its pictures per second.
        eta_seconds: until the last picture, at the pace so far; None unless it is under way.
        total_events: stays that were found, None until it is done; `unique_visitors` people they are of.
        visitors_detected: people that the tracks come to.
        events: how many of each kind the rules have found; None until it is done.
        run_id: the analysis, where its events can be found.
        reid_enabled: whether it was, or else is, to know people again; `reid_stats` what came of it, see
            `KnownOfRun`: `return_visitors` and `new_visitors` are of these.
    """

    job_id: str
    venue_id: str
    camera_id: str
    source: str
    video_name: str
    url: str | None
    status: str
    message: str
    priority: int
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    recorded_at: datetime | None
    time_unknown: bool
    current_frame: int
    total_frames: int | None
    frames_to_process: int | None
    fps: float | None
    duration: float | None
    eta_seconds: float | None
    total_events: int | None
    unique_visitors: int | None
    visitors_detected: int | None
    events: dict[str, int] | None
    run_id: str | None
    reid_enabled: bool
    reid_stats: dict[str, int] | None
    return_visitors: int | None
    new_visitors: int | None


def view_of(job: StoredJob, now: datetime, *, reid: bool) -> JobView:
    """The job as it is shown at `now`.

    Args:
        reid: whether people are to be known again by what is analysed now.
    """
    result = job.result or {}
    people = result.get("reid")
    return JobView(
        job_id=job.id,
        venue_id=job.venue_id,
        camera_id=job.camera_id,
        source=job.source,
        video_name=job.video_name,
        url=job.url,
        status=job.state,
        message=job.message,
        priority=job.priority,
        attempts=job.attempts,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        recorded_at=job.recorded_at,
        time_unknown=job.time_unknown,
        current_frame=job.progress.current_frame or 0,
        total_frames=job.progress.total_frames,
        frames_to_process=job.progress.frames_to_process,
        fps=job.progress.fps,
        duration=job.progress.duration_s,
        eta_seconds=_eta_s(job, now),
        total_events=result.get("total_events"),
        unique_visitors=result.get("unique_visitors"),
        visitors_detected=job.visitors_detected,
        events=result.get("events"),
        run_id=job.run_id,
        reid_enabled=reid if job.result is None else people is not None,
        reid_stats=people,
        return_visitors=None if people is None else people["known"],
        new_visitors=None if people is None else people["new"],
    )


def _eta_s(job: StoredJob, now: datetime) -> float | None:
    done, total = job.progress.current_frame, job.progress.total_frames
    if job.state != PROCESSING or job.started_at is None or not done or not total:
        return None
    elapsed_s = max(0.0, (now - job.started_at).total_seconds())
    return round(elapsed_s * max(0, total - done) / done, 1)
