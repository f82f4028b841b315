"""Video jobs of all sorts, good and hostile, and what has to become of each: for `job_faults.py`."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from sightline.testing.huge_pictures import announcing, small_film

VENUE = "bench"
CAMERAS = ("door", "till", "aisle", "stock")
HOSTS = ("nobody.invalid", "youtu.be")
"""Of the setting `downloads.hosts`: the first one is an allowed name that leads nowhere."""

CAMERA = {
    "staff": {"line": [[0.3, 0.0], [0.3, 1.0]], "side": "left"},
    "unattended": {"threshold_s": 1, "confirmation_s": 1, "grace_s": 1},
    "security": {"min_duration_s": 1},
    "zones": [{"name": "stock", "kind": "restricted", "points": [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]}],
}
"""People in any picture give events within seconds, and so clips."""

SETTINGS: dict[str, Any] = {
    "downloads": {"hosts": list(HOSTS)},
    "server": {"rate_limits": {"ingest": 1_000_000, "process": 1_000_000}},
    "retention_days": {"recording": 400},
}
REFUSED_FILES = ("cut off", "not a video", "no bytes", "huge header")
REFUSED_ADDRESSES = {
    "private address": "http://10.0.0.1/film.mp4",
    "this machine": "http://127.0.0.1/film.mp4",
    "foreign host": "https://films.example/film.mp4",
    "a file": "file:///etc/passwd",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedJob:
    """Something that is handed over.

    Attributes:
        kind: what it is.
        expected: HTTP status of its refusal, or the state of its job when all is over.
        content: of a file; None for an address.
        again: the same file for the same camera and time came before.
    """

    kind: str
    expected: str
    content: bytes | None = None
    url: str = ""
    camera_id: str = ""
    recorded_at: datetime | None = None
    again: bool = False


def mixed_jobs(count: int, films: Sequence[bytes], *, seed: int, since: datetime) -> list[MixedJob]:
    """`count` jobs, more than half of them good; the same arguments give the same ones.

    Args:
        films: good ones; each job gets one, a camera and a time of its own, a minute apart.
        since: time of the first.
    """
    chance = random.Random(seed)
    good: list[MixedJob] = []
    made: list[MixedJob] = []
    for number in range(count):
        share = chance.random()
        if share < 0.55 or not good:
            made.append(_good(films[number % len(films)], number, since))
            good.append(made[-1])
        elif share < 0.65:
            one = chance.choice(good)
            made.append(_again(one))
        elif share < 0.85:
            kind = REFUSED_FILES[number % len(REFUSED_FILES)]
            made.append(MixedJob(kind=kind, expected="415", content=_rubbish(kind, chance.choice(films))))
        elif share < 0.97:
            kind = chance.choice(list(REFUSED_ADDRESSES))
            made.append(MixedJob(kind=kind, expected="400", url=REFUSED_ADDRESSES[kind]))
        else:
            url = f"https://{HOSTS[0]}/film-{number}.mp4"
            made.append(MixedJob(kind="host that nobody knows", expected="failed", url=url))
    return made


def _good(film: bytes, number: int, since: datetime) -> MixedJob:
    return MixedJob(
        kind="good",
        expected="completed",
        content=film,
        camera_id=CAMERAS[number % len(CAMERAS)],
        recorded_at=since + timedelta(minutes=number),
    )


def _again(one: MixedJob) -> MixedJob:
    return MixedJob(
        kind="duplicate",
        expected="completed",
        content=one.content,
        camera_id=one.camera_id,
        recorded_at=one.recorded_at,
        again=True,
    )


def _rubbish(kind: str, film: bytes) -> bytes:
    if kind == "huge header":
        return announcing(small_film(10), 16_000, 16_000)
    return {"cut off": film[: len(film) // 3], "not a video": b"<html>" * 2000, "no bytes": b""}[kind]


def hand_over(client: httpx.Client, job: MixedJob) -> tuple[int, str]:
    """Hand a job over; HTTP status, and the id of its job or what was said."""
    if job.content is None:
        answer = client.post("/process/youtube", json={"url": job.url, "venue_id": VENUE})
    else:
        at = {} if job.recorded_at is None else {"recorded_at": job.recorded_at.isoformat()}
        camera = {"camera_id": job.camera_id} if job.camera_id else {}
        files = {"file": ("film.mp4", job.content)}
        answer = client.post("/process/upload", files=files, data={"venue_id": VENUE, **camera, **at})
    document = answer.json()
    return answer.status_code, str(document.get("job_id") or document.get("detail"))
