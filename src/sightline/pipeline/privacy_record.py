"""What a site keeps of people, for whoever has to answer for it.

Made of the settings and of what is counted in the database, not of promises: what a setting does not do yet
is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sightline import __version__
from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.every_row import count_rows
from sightline.store.person_traces import count_erased, count_held


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One kind of data.

    Attributes:
        switch: the setting that turns it on or off; None: there is none.
        on: whether new data of this kind may come to be.
        days: after which it is deleted; None: by its age it is not.
        since: from what the days count, or why there are none.
        tables: whose rows are counted.
    """

    name: str
    purpose: str
    switch: str | None
    on: bool
    days: int | None
    since: str
    tables: tuple[str, ...]


def categories(settings: Settings) -> list[Category]:
    """Every kind of data about people that this version can hold."""
    days, identity = settings.retention_days, settings.identity
    return [
        Category(
            name="recorded video",
            purpose="clips of events are cut from it; rules are tried on it",
            switch=None,
            on=True,
            days=days.recording,
            since="its recording; earlier where the disk is full; later while a clip is still to be cut",
            tables=("recording_segment",),
        ),
        Category(
            name="clips of events",
            purpose="proof of what was counted",
            switch=None,
            on=True,
            days=days.evidence,
            since="its sealing; later while a hold, a link or a delivery keeps it",
            tables=("evidence",),
        ),
        Category(
            name="events and tracks",
            purpose="service figures: who was served, who waited; role with its reason",
            switch=None,
            on=True,
            days=days.events,
            since="when it happened, by whole days; later while its clip is kept",
            tables=("event", "track"),
        ),
        Category(
            name="visits under a pseudonym",
            purpose="figures of visitors; without identity.reid a pseudonym holds for one track of one day",
            switch=None,
            on=True,
            days=days.events,
            since="the end of each visit, by whole days",
            tables=("visitor", "stay"),
        ),
        Category(
            name="face templates",
            purpose="knowing a visitor again; sealed under identity.key",
            switch="identity.enabled, identity.reid",
            on=identity.enabled and identity.reid,
            days=days.identity,
            since="the last visit",
            tables=("face_template",),
        ),
        Category(
            name="enrolled staff",
            purpose="telling staff from customers by their clothes; vectors sealed under identity.key",
            switch="identity.enabled",
            on=identity.enabled,
            days=None,
            since="until `sightline staff remove`, or with the venue; not deleted by age",
            tables=("enrolled_staff",),
        ),
        Category(
            name="age bracket and gender",
            purpose="demographics of visits, from faces; what other programs tell is kept, too",
            switch="identity.enabled, identity.demographics",
            on=identity.enabled and identity.demographics,
            days=days.events,
            since="the end of the visit",
            tables=(),
        ),
        Category(
            name="posture and engagement",
            purpose="behaviour figures of visits, from poses; what other programs tell is kept, too",
            switch="behavior.enabled",
            on=settings.behavior.enabled,
            days=days.events,
            since="the end of the visit",
            tables=(),
        ),
        Category(
            name="videos handed over",
            purpose="analysed as jobs; shown by links for other programs",
            switch=None,
            on=True,
            days=days.events,
            since="the end of the job or video; a completed job's file goes at once, others' videos expire",
            tables=("video_job", "hosted_video"),
        ),
        Category(
            name="private links",
            purpose="showing one clip to one person; views are counted by the hour",
            switch=None,
            on=True,
            days=None,
            since=f"a link ends after {settings.delivery.links.expiration_hours} hours; its row goes with the"
            " event or video that it showed",
            tables=("private_link", "link_view"),
        ),
        Category(
            name="accounts and keys",
            purpose="who may come in; passwords as Argon2, keys as SHA-256",
            switch=None,
            on=True,
            days=None,
            since="until an administrator removes them",
            tables=("account", "api_key"),
        ),
        Category(
            name="audit log",
            purpose="who changed what, from which address",
            switch=None,
            on=True,
            days=days.audit,
            since="the deed",
            tables=("audit_entry",),
        ),
        Category(
            name="ledger",
            purpose="what happened to each clip and who watched it; ids and hashes, no name and no pseudonym",
            switch=None,
            on=True,
            days=None,
            since="never deleted: a chain with a hole proves nothing",
            tables=("ledger_entry",),
        ),
    ]


def privacy_record(
    settings: Settings, rows: Mapping[str, int], *, recipients: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """The record as JSON values.

    Args:
        rows: as `counted_rows` gives them; empty before there is a database.
        recipients: everybody to whom something may be sent: what, and the host.
    """
    found = categories(settings)
    return {
        "version": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "categories": [
            {
                **{name: value for name, value in asdict(one).items() if name != "tables"},
                "rows": {table: rows.get(table, 0) for table in one.tables},
            }
            for one in found
        ],
        "switched_off": [one.name for one in found if not one.on],
        "recipients": [{"what": what, "host": host} for what, host in recipients],
        "what_leaves": {
            "blur_faces": settings.privacy.blur_faces,
            "masks": [
                {"camera": mask.camera, "venue": mask.venue, "points": len(mask.points)}
                for mask in settings.privacy.masks
            ],
        },
        "held_clips": rows.get("held", 0),
        "erased_visitors": rows.get("erased", 0),
        "erasing": "DELETE /api/visitors/{venue_id}/{visitor_id}: at once, with a signed receipt",
        "never": ["emotion", "sound", "names of visitors"],
    }


def counted_rows(database: Database) -> Mapping[str, int]:
    """Rows by table, and two counts of our own: `held` clips and `erased` visitors.

    Raises:
        StoreError: the database cannot be read.
    """
    scope = Scope.site()
    with database.reading() as connection:
        counts = {"held": count_held(scope, connection), "erased": count_erased(scope, connection)}
        return count_rows(scope, connection) | counts
