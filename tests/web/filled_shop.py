"""A shop with two weeks of stays, drawn zones, footage and events, for pages of figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from clip_platform import NASTY, SITE, ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE

from sightline.domain.seen_boxes import BoxStretch, SeenBox
from sightline.domain.stay import Stay
from sightline.store.coverage import add_coverage
from sightline.store.seen_boxes import add_boxes
from sightline.store.stays import add_stays

PARIS = ZoneInfo("Europe/Paris")
LAST = date(2025, 10, 25)
"""The day of the footage."""
DAYS = 15
OPEN, MINUTES = range(9, 19), 2
SHELVES, NASTY_ZONE = "shelves", NASTY[:40]


def zone(name: str, left: float, top: float) -> dict[str, object]:
    """A square of a quarter of the picture's width."""
    corners = [(left, top), (left + 0.25, top), (left + 0.25, top + 0.25), (left, top + 0.25)]
    return {"name": name, "kind": "area", "points": corners}


def stays_of(day: date) -> Iterator[Stay]:
    """Two people an hour from nine to noon, on odd days three at nine, four at five; one comes every day."""
    number = day.toordinal()
    for hour, people in ((9, 2 + number % 2), (10, 2), (11, 2), (17, 4)):
        for place in range(people):
            regular = place == 0 and hour == 17
            yield Stay(
                pseudo_id="regular" if regular else f"p{number}-{hour}-{place}",
                at=datetime.combine(day, time(hour, 10 + place), PARIS),
                zone=(SHELVES, "till")[place % 2],
                dwell=timedelta(seconds=60 + 30 * place),
                track_frames=25,
                detection_conf=0.9,
                engagement_score=40.0 + 10 * place,
                behavior_type=("browsing", "waiting")[place % 2],
                posture="upright",
                body_orientation=0.5,
                gender=("F", "M", None)[place % 3],
                age_bracket=("20-29", "60+", None)[place % 3],
            )


def standing_left() -> BoxStretch:
    """One who stands at the left, near the camera, for ten seconds, and goes to the middle for one."""
    begins_at = datetime.combine(LAST, time(17, 10), PARIS).astimezone(UTC)
    boxes = [
        SeenBox(begins_at + timedelta(seconds=second), 1, (left, 0.5, left + 0.1, bottom))
        for second, left, bottom in (*((second, 0.1, 0.9) for second in range(10)), (10, 0.45, 0.6))
    ]
    return BoxStretch(begins_at=begins_at, ends_at=boxes[-1].at, width=160, height=96, boxes=tuple(boxes))


def minutes_of(day: date) -> list[datetime]:
    """The first minutes of each hour from nine to six, which the camera looked at."""
    hours = [datetime.combine(day, time(hour), PARIS).astimezone(UTC) for hour in OPEN]
    return [hour + timedelta(minutes=minute) for hour in hours for minute in range(MINUTES)]


@contextmanager
def filled_shop(sealed_shop: Path, to: Path) -> Iterator[ClipPlatform]:
    """A copy of the shop with sealed clips, filled, that answers."""
    with answering_copy(sealed_shop, to) as site:
        with site.database.transaction() as connection:
            for before in range(DAYS):
                day = LAST - timedelta(days=before)
                add_stays(SITE, connection, VENUE, list(stays_of(day)))
                add_coverage(SITE, connection, VENUE, CAMERA, dict.fromkeys(minutes_of(day), 300))
            add_boxes(
                SITE,
                connection,
                venue_id=VENUE,
                camera_id=CAMERA,
                run_id="run-1",
                stretches=[standing_left()],
            )
        drawn = [zone(SHELVES, 0.1, 0.1), zone("till", 0.6, 0.1), zone(NASTY_ZONE, 0.1, 0.6)]
        answer = site.ask(
            "PUT", f"/venues/{VENUE}/zones", params={"camera_id": CAMERA}, json={"zones": drawn}
        )
        assert answer.status_code == 200, answer.text
        yield site
