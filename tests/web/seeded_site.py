"""A site that has one of everything the API can be asked about, known by its ids."""

from datetime import UTC, datetime, timedelta

from people_and_keys import with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.domain.account import Role
from sightline.domain.event import EventKind, Participant, ServiceEvent
from sightline.domain.event import Role as PersonRole
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.alerts import raise_alert
from sightline.store.claims import want_evidence
from sightline.store.clips import ClipRule
from sightline.store.events import add_event
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_camera

SITE = Scope.site()
VENUE, OTHER, CAMERA = "shop", "other_shop", "till"


def seed(site: PlatformSite) -> dict[str, str]:
    """Fill a site; the ids of what was made, by the names that the routes give their parameters."""
    with_venues(site, VENUE, OTHER)
    now = datetime.now(UTC)
    ids: dict[str, str] = {"venue_id": VENUE, "camera_id": CAMERA}
    with site.database.transaction() as connection:
        ensure_camera(SITE, connection, VENUE, CAMERA, source_label="till.mp4")
        stays = [
            Stay(
                pseudo_id=f"person-{number % 7}",
                at=now - timedelta(hours=number),
                zone=("bakery", "till")[number % 2],
                dwell=timedelta(seconds=30),
                track_frames=20,
                detection_conf=0.9,
                engagement_score=60.0,
                behavior_type="browsing",
                posture="upright",
                body_orientation=0.5,
                gender="F",
                age_bracket="20-29",
            )
            for number in range(40)
        ]
        add_stays(SITE, connection, VENUE, stays)
        ids["visitor_id"] = "person-1"
        waited = ServiceEvent(
            kind=EventKind.UNATTENDED,
            started_at=now - timedelta(minutes=9),
            ended_at=now - timedelta(minutes=8),
            participants=(Participant(4, PersonRole.CUSTOMER, 1.0, "test"),),
            score=0.9,
        )
        stored = add_event(SITE, connection, venue_id=VENUE, camera_id=CAMERA, happened=waited)
        ids["event_id"] = stored.id
        footage = (stored.started_at - timedelta(hours=1), stored.ended_at + timedelta(hours=1))
        wanted = want_evidence(SITE, connection, stored, rule=ClipRule(), footage=footage)
        ids["evidence_id"] = getattr(wanted, "id", "") or stored.id
        alert = raise_alert(
            SITE,
            connection,
            venue_id=VENUE,
            alert_type="traffic_drop",
            severity="warning",
            title="Fewer",
            message="fewer people than usual",
            at=now,
        )
        assert alert is not None
        ids["alert_id"] = str(alert.id)
    ids["key_id"] = with_key(site, VENUE).id
    ids["user_id"] = with_account(site, "somebody", Role.VIEWER, VENUE).id
    return ids
