"""Private links for programs and pages: made, listed, prolonged, taken back, each within somebody's scope."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sightline.domain.scope import Scope
from sightline.errors import NotFound, OutOfScope
from sightline.evidence.clip_files import part_here
from sightline.evidence.private_links import PrivateLink, PrivateLinks
from sightline.store import link_views, private_links
from sightline.store.database import Database
from sightline.store.evidence import PROVISIONAL, StoredEvidence, evidence_of_events
from sightline.store.private_links import StoredLink


def link_facts(stored: StoredLink, views: int, now: datetime) -> dict[str, Any]:
    """What may be told of a link: all but its address, which only who makes it gets."""
    return {
        "link_id": stored.id,
        "venue_id": stored.venue_id,
        "evidence_id": stored.evidence_id,
        "part": stored.part,
        "video_id": stored.hosted_video_id,
        "state": stored.state(now),
        "created_at": stored.created_at.isoformat(),
        "made_by": stored.created_by,
        "expires_at": stored.expires_at.isoformat(),
        "revoked_at": stored.revoked_at.isoformat() if stored.revoked_at else None,
        "views": views,
    }


class LinkDesk:
    """The private links of a site.

    Args:
        links_of: who makes them, given who asks, for the ledger.
        default_hours: how long a link lives when nobody says.
    """

    def __init__(
        self,
        database: Database,
        *,
        links_of: Callable[[str], PrivateLinks],
        default_hours: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._links_of = links_of
        self._default_hours = default_hours
        self._clock = clock

    def make(
        self, evidence: StoredEvidence, *, part: int, hours: int | None, by: str, name: str
    ) -> PrivateLink:
        """A new link to one part of a clip. Its address is told this once.

        Args:
            hours: how long it lives; None for as long as is usual here.
            by, name: who makes it, for the ledger and for people.

        Raises:
            NotFound: there is no such clip.
            ConfigError: more than a year.
        """
        part_here(evidence, part)
        return self._links_of(by).make(
            Scope.of(evidence.venue_id),
            evidence_id=evidence.id,
            part=part,
            hours=hours or self._default_hours,
            made_by=name,
        )

    def of(self, evidence: StoredEvidence) -> list[dict[str, Any]]:
        """All links to a clip, and to the one of its event while that lasted, as `link_facts` tells them.

        The newest first. Who made the earlier ones must be able to take them back.
        """
        scope = Scope.of(evidence.venue_id)
        with self._database.reading() as connection:
            clips = {evidence.id}
            if evidence.event_id is not None:
                told = evidence_of_events(scope, connection, [evidence.event_id], stage=PROVISIONAL)
                clips |= {one.id for one in told.values()}
            found = [
                link
                for clip in clips
                for link in private_links.list_links(scope, connection, evidence_id=clip)
            ]
            found.sort(key=lambda link: (link.created_at, link.id), reverse=True)
            views = link_views.view_totals(scope, connection, [one.id for one in found])
        now = self._clock()
        return [link_facts(one, views[one.id].views if one.id in views else 0, now) for one in found]

    def one(self, scope: Scope, link_id: str) -> dict[str, Any]:
        """One link.

        Raises:
            OutOfScope: it is another venue's.
            NotFound: there is none.
        """
        link = self._find(scope, link_id)
        with self._database.reading() as connection:
            total = link_views.view_totals(scope, connection, [link_id]).get(link_id)
        return link_facts(link, total.views if total is not None else 0, self._clock())

    def extend(self, scope: Scope, link_id: str, *, hours: int, by: str) -> dict[str, Any]:
        """Let a link live `hours` longer; one that has expired lives again, that long from now.

        Raises:
            EvidenceError: it was revoked, or what it shows is gone.
            ConfigError: it would live longer than a year from now.
            NotFound, OutOfScope: as `one`.
        """
        self._find(scope, link_id)
        self._links_of(by).extend(scope, link_id, hours)
        return self.one(scope, link_id)

    def revoke(self, scope: Scope, link_id: str, *, by: str) -> dict[str, Any]:
        """Take a link back for good; one that was taken back stays so.

        Raises:
            NotFound, OutOfScope: as `one`.
        """
        self._find(scope, link_id)
        self._links_of(by).revoke(scope, link_id)
        return self.one(scope, link_id)

    def _find(self, scope: Scope, link_id: str) -> StoredLink:
        with self._database.reading() as connection:
            link = private_links.get_link(Scope.site(), connection, link_id)
        if link is None:
            raise NotFound(f"there is no link {link_id!r}")
        if not scope.allows(link.venue_id):
            raise OutOfScope(f"the link {link_id!r} is another venue's")
        return link
