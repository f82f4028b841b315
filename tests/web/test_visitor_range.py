"""`visitor_range`: from track quality, and from audits once there are enough of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from platform_site import PlatformSite

from sightline.domain.interval import CountedStretch, PeopleRange, range_from_audits, range_from_quality
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.audits import AuditedStretch, add_audited
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

SITE = Scope.site()
DAY = timedelta(days=1)
COUNTED = [(10, 12), (8, 11), (14, 15), (9, 12), (11, 13)]


def with_people(platform: PlatformSite, people: int, **quality: Any) -> None:
    now = datetime.now(UTC)
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", timezone="Europe/Paris")
        stays = [Stay(pseudo_id=f"p{n}", at=now - 2 * DAY, zone="door", **quality) for n in range(people)]
        add_stays(SITE, connection, "shop", stays)


def audit(
    platform: PlatformSite, found: int, truth: int, *, days_ago: float = 3, rule: str = "visitors"
) -> None:
    started_at = datetime.now(UTC) - days_ago * DAY
    stretch = AuditedStretch(
        venue_id="shop",
        camera_id="door",
        rule=rule,
        started_at=started_at,
        ended_at=started_at + timedelta(minutes=10),
        found=found,
        truth=truth,
        matched=None,
        audited_at=datetime.now(UTC),
        audited_by="mia",
    )
    with platform.database.transaction() as connection:
        add_audited(SITE, connection, stretch)


def told(expected: PeopleRange | None, method: str) -> dict[str, Any]:
    assert expected is not None
    return {"low": expected.low, "high": expected.high, "method": method, "nominal_percent": 90}


def shown(platform: PlatformSite) -> Any:
    return platform.get("/analytics/shop", days=7)["visitor_range"]


def test_track_quality_is_that_of_the_stays(platform: PlatformSite) -> None:
    with_people(platform, 60, track_frames=30, detection_conf=0.75)
    quality = 0.6 * 1 + 0.4 * 0.75
    assert shown(platform) == told(range_from_quality(60, quality), "track_quality")


def test_stays_without_quality_have_the_stated_one_and_nobody_is_nobody(platform: PlatformSite) -> None:
    assert platform.get("/analytics/nowhere")["visitor_range"] == told(PeopleRange(0, 0), "track_quality")
    with_people(platform, 60)
    assert shown(platform) == told(range_from_quality(60, 0.7), "track_quality")


def test_five_audits_within_half_a_year_take_over(platform: PlatformSite) -> None:
    with_people(platform, 60)
    by_quality = shown(platform)
    for found, truth in COUNTED[:4]:
        audit(platform, found, truth)
    audit(platform, 5, 50, rule="interaction")
    audit(platform, 5, 50, days_ago=200)
    assert shown(platform) == by_quality
    audit(platform, *COUNTED[4])
    stretches = [CountedStretch(found, truth) for found, truth in COUNTED]
    expected = range_from_audits(60, stretches)
    assert shown(platform) == told(expected, "audit")
    assert expected is not None
    assert expected.low > 60  # these cameras miss people
