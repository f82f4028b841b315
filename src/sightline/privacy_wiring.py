"""What a site keeps of people: the key of faces, how long they stay, and erasing somebody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.config.identity_key import IdentityKey
    from sightline.evidence.erasure import Erasure
    from sightline.pipeline.housekeeping import Chore
    from sightline.wiring import Site


def identity_key(site: Site) -> IdentityKey | None:
    """The key under which this site seals faces, checked against those it has sealed; None: it keeps none.

    Raises:
        ConfigError: people are to be known again, and the key is missing, is none, or is another than that of
            the faces that are there.
        StoreError: the database cannot be read.
    """
    from sightline.config.identity_key import needs_key, read_identity_key
    from sightline.domain.scope import Scope
    from sightline.pipeline.face_templates import demand_key
    from sightline.store.face_templates import key_ids

    if not needs_key(site.settings.identity):
        return None
    key = read_identity_key(site.settings.identity)
    with site.database.reading() as connection:
        demand_key(key, set(key_ids(Scope.site(), connection)))
    return key


def seal_again(site: Site, old: IdentityKey, new: IdentityKey) -> dict[str, int]:
    """Seal everything that is sealed under one key with another; how much of what.

    Killed in between, it goes on when it is run again with the same two keys. Whatever else comes to be
    sealed under `identity.key` belongs here.

    Raises:
        ConfigError: something is sealed with neither of the two keys.
        StoreError, DiskFull: what was done before stays done.
    """
    from sightline.pipeline.enrolled_staff import EnrolledStaff
    from sightline.pipeline.face_templates import FaceTemplates

    return {
        "face templates": FaceTemplates(old).seal_again(site.database, new),
        "enrolled staff": EnrolledStaff(old).seal_again(site.database, new),
    }


def privacy_record_of(site: Site) -> dict[str, Any]:
    """What this site keeps of people, as it is set up and counted now; no database is made for it.

    Raises:
        StoreError: the database cannot be read.
    """
    from sightline.pipeline.privacy_record import counted_rows, privacy_record
    from sightline.receivers import receivers_set_up

    is_there = site.settings.database_url is not None or (site.data_dir / "sightline.db").exists()
    rows = counted_rows(site.database) if is_there else {}
    recipients = [(one.name, one.host) for one in receivers_set_up(site)]
    return privacy_record(site.settings, rows, recipients=recipients)


def erasure_of(site: Site) -> Erasure:
    """Who erases people of this site."""
    from sightline.domain.scope import Scope
    from sightline.evidence.erasure import Erasure
    from sightline.evidence.site_key import site_signer

    return Erasure(
        site.database,
        segments_dir=site.segments_dir,
        results_dir=site.data_dir / "analysis",
        notes_dir=site.data_dir / "erasures",
        signer=lambda venue_id: site_signer(site.database, Scope.of(venue_id), site.keys_dir),
        keep_recordings=timedelta(days=site.settings.retention_days.recording),
    )


def privacy_chores(site: Site) -> tuple[Chore, ...]:
    """What has to be done now and then, also while identity is off: faces that were kept earlier go, too."""
    from sightline.pipeline.event_retention import EventRetention
    from sightline.pipeline.face_templates import TemplateRetention
    from sightline.pipeline.housekeeping import Chore

    keep = timedelta(days=site.settings.retention_days.identity)
    events = EventRetention(site.database, keep_days=site.settings.retention_days.events)
    return (
        Chore(name="events and visits whose time is over", every_s=10.0, do=events.run),
        Chore(
            name="face templates whose time is over",
            every_s=3600.0,
            do=TemplateRetention(site.database, keep=keep).run,
        ),
        Chore(name="bytes of who was erased", every_s=60.0, do=erasure_of(site).finish),
    )
