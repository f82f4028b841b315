"""Private links: made, extended, taken back, opened; each deed in the ledger, in its own transaction.

`{base}/video/{id}?token=...`: the id names a row that says until when, the token proves that whoever asks was
given the link. Only a valid token learns anything at all, also whether there is such a link.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError
from sightline.evidence.canonical import utc_text
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.link_key import LinkKey
from sightline.store import evidence as evidence_store
from sightline.store import hosted_videos, ledger, link_views, private_links, venues
from sightline.store.database import Database
from sightline.store.private_links import StoredLink

VIDEO = "video"
"""What the ledger calls a hosted video."""

LONGEST_LIFE_H = 8_760
"""A year, counted from now, also when it is extended."""

Reach = Literal["private", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateLink:
    """A link as it is given to somebody.

    Attributes:
        url: the whole address with its token: whoever has it sees the video.
        life_hours: how long it lives from now on, rounded.
        reach: `private`: works from anywhere; `local`: on this machine only.
    """

    id: str
    url: str = field(repr=False)
    expires_at: datetime
    life_hours: int
    reach: Reach


@dataclass(frozen=True, slots=True)
class Resolved:
    """The token fits, and the link is alive."""

    link: StoredLink


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is shown, as the number of the answer.

    401 no token; 403 not the token of this link, or it was revoked; 410 expired; 404 no such link (told
    only to who has a valid token), or its file is gone.
    """

    status: Literal[401, 403, 404, 410]


class PrivateLinks:
    """The private links of a site.

    Args:
        base_url: where `/video/...` is found, without a slash at its end.
        reach: whether that address works from anywhere or on this machine only.
        actor: who does it, for the ledger.
    """

    def __init__(
        self,
        database: Database,
        *,
        link_key: LinkKey,
        base_url: str,
        reach: Reach,
        actor: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._key = link_key
        self._base_url = base_url.rstrip("/")
        self._reach: Reach = reach
        self._actor = actor
        self._clock = clock

    def make(
        self,
        scope: Scope,
        *,
        evidence_id: str | None = None,
        part: int = 0,
        hosted_video_id: str | None = None,
        hours: int,
        purpose: str | None = None,
        made_by: str,
    ) -> PrivateLink:
        """A link to one part of a piece of evidence, or to a hosted video.

        Args:
            hours: how long it lives from now on.
            purpose: what it is for. Asked for again it is the same link with `hours` ahead of it; one that
                was revoked, or shows something else, makes way for a new one.

        Raises:
            EvidenceError: there is no such evidence, part or video, or its files are gone.
            ConfigError: `hours` is not 1 to a year.
            StoreError, DiskFull: nothing was stored.
        """
        with self._database.transaction() as connection:
            return self.make_in(
                scope,
                connection,
                evidence_id=evidence_id,
                part=part,
                hosted_video_id=hosted_video_id,
                hours=hours,
                purpose=purpose,
                made_by=made_by,
            )

    def make_in(
        self,
        scope: Scope,
        connection: Connection,
        *,
        evidence_id: str | None = None,
        part: int = 0,
        hosted_video_id: str | None = None,
        hours: int,
        purpose: str | None = None,
        made_by: str,
    ) -> PrivateLink:
        """`make`, within the transaction of `connection`."""
        _check_hours(hours)
        now = self._clock()
        expires_at = now + timedelta(hours=hours)
        shows = (evidence_id, part if evidence_id is not None else 0, hosted_video_id)
        venue_id = _venue_of(scope, connection, *shows)
        known = private_links.link_for(scope, connection, purpose) if purpose is not None else None
        if known is not None:
            same = (known.evidence_id, known.part, known.hosted_video_id) == shows
            if same and known.revoked_at is None:
                return self._until(scope, connection, known, expires_at, now)
            private_links.give_up_purpose(scope, connection, known)
        link = StoredLink(
            id=str(uuid4()),
            venue_id=venue_id,
            evidence_id=shows[0],
            part=shows[1],
            hosted_video_id=shows[2],
            purpose=purpose,
            created_at=now,
            created_by=made_by,
            expires_at=expires_at,
        )
        private_links.add_link(scope, connection, link)
        self._enter(scope, connection, link, "link_created", now, expires_at=utc_text(expires_at))
        return self._given(link, now)

    def extend(self, scope: Scope, link_id: str, hours: int) -> PrivateLink | None:
        """Let a link live `hours` longer; one that has expired lives again, that long from now.

        Returns:
            None when there is no such link in the scope.

        Raises:
            EvidenceError: it was revoked, or what it shows is gone.
            ConfigError: `hours` is not 1 to a year, or it would live longer than a year from now.
        """
        _check_hours(hours)
        now = self._clock()
        with self._database.transaction() as connection:
            link = private_links.get_link(scope, connection, link_id)
            if link is None:
                return None
            if link.revoked_at is not None:
                raise EvidenceError(f"link {link_id} was revoked; make a new one")
            _venue_of(scope, connection, link.evidence_id, link.part, link.hosted_video_id)
            expires_at = max(link.expires_at, now) + timedelta(hours=hours)
            if expires_at > now + timedelta(hours=LONGEST_LIFE_H):
                raise ConfigError(f"link {link_id} would live longer than a year; extend it by less")
            return self._until(scope, connection, link, expires_at, now)

    def revoke(self, scope: Scope, link_id: str) -> bool:
        """Take a link back for good; False when there is no such one in the scope, or it was taken back."""
        with self._database.transaction() as connection:
            link = private_links.get_link(scope, connection, link_id)
            return link is not None and self._revoke(scope, connection, link)

    def revoke_of_evidence(self, scope: Scope, evidence_id: str) -> int:
        """Take back all links to a piece of evidence; how many that were."""
        with self._database.transaction() as connection:
            links = private_links.list_links(scope, connection, evidence_id=evidence_id)
            return sum(self._revoke(scope, connection, link) for link in links)

    def revoke_of_video(self, scope: Scope, hosted_video_id: str) -> int:
        """Take back all links to a hosted video, which is the end of it; how many that were."""
        with self._database.transaction() as connection:
            return self.revoke_of_video_in(scope, connection, hosted_video_id)

    def revoke_of_video_in(self, scope: Scope, connection: Connection, hosted_video_id: str) -> int:
        """Take back all links to a hosted video, within the transaction of `connection`."""
        links = private_links.list_links(scope, connection, hosted_video_id=hosted_video_id)
        return sum(self._revoke(scope, connection, link) for link in links)

    def revoke_all(self) -> None:
        """Make a new link key: every address that was ever given is worthless. Entered for every venue.

        Links that are alive stay so under a new address, which only who asks for it here gets.

        Raises:
            DiskFull, ConfigError: the key cannot be written; nothing was revoked.
        """
        self._key.rotate()
        now = self._clock()
        with self._database.transaction() as connection:
            for venue in venues.list_venues(Scope.site(), connection):
                ledger.add_entry(
                    Scope.of(venue.id),
                    connection,
                    venue_id=venue.id,
                    at=now,
                    action="link_revoked",
                    subject_kind="venue",
                    subject_id=venue.id,
                    actor=self._actor,
                    facts={"links": "all", "new_key_id": self._key.key_id},
                )

    def resolve(self, link_id: str, token: str | None) -> Resolved | Refusal:
        """What stands behind an address. The database is not asked before the token has proved itself.

        Raises:
            EvidenceError: the link key is gone or damaged.
            StoreError: the database cannot be read.
        """
        if not token:
            return Refusal(401)
        if not self._key.opens(link_id, token):
            return Refusal(403)
        with self._database.reading() as connection:
            link = private_links.get_link(Scope.site(), connection, link_id)
        if link is None:
            return Refusal(404)
        state = link.state(self._clock())
        if state == "alive":
            return Resolved(link)
        return Refusal(403 if state == "revoked" else 410)

    def address_of(self, link: StoredLink) -> PrivateLink:
        """A stored link as it is given to somebody."""
        return self._given(link, self._clock())

    def token_opens(self, link: StoredLink, token: str) -> bool:
        """Whether `token` is that of `link`."""
        return self._key.opens(link.id, token)

    def count_view(self, link: StoredLink, *, unless_counted: bool = False) -> None:
        """Count one view; with `unless_counted` only where this hour has none yet."""
        scope, now = Scope.of(link.venue_id), self._clock()
        if unless_counted:
            with self._database.reading() as connection:
                if link_views.has_views(scope, connection, link, now):
                    return
        with self._database.transaction() as connection:
            link_views.count_view(scope, connection, link, now)

    def enter_views(self, now: datetime) -> int:
        """Enter the views of every hour that is over in the ledger, one entry per link and hour; how many."""
        scope = Scope.site()
        with self._database.reading() as connection:
            if not link_views.views_to_enter(scope, connection, now, limit=1):
                return 0
        with self._database.transaction() as connection:
            hours = link_views.views_to_enter(scope, connection, now)
            for one in hours:
                facts: dict[str, str | int] = {"hour": utc_text(one.hour_at), "views": one.views}
                self._enter(scope, connection, one.link, "viewed", now, **facts)
            link_views.mark_entered(scope, connection, hours, now)
        return len(hours)

    def _until(
        self, scope: Scope, connection: Connection, link: StoredLink, expires_at: datetime, now: datetime
    ) -> PrivateLink:
        private_links.set_expiry(scope, connection, link, expires_at)
        self._enter(scope, connection, link, "link_extended", now, expires_at=utc_text(expires_at))
        return self._given(link, now, expires_at)

    def _revoke(self, scope: Scope, connection: Connection, link: StoredLink) -> bool:
        now = self._clock()
        revoked = private_links.revoke_link(scope, connection, link, now)
        if revoked:
            self._enter(scope, connection, link, "link_revoked", now)
        return revoked

    def _given(self, link: StoredLink, now: datetime, expires_at: datetime | None = None) -> PrivateLink:
        expires_at = expires_at or link.expires_at
        return PrivateLink(
            id=link.id,
            url=f"{self._base_url}/video/{link.id}?token={self._key.token(link.id)}",
            expires_at=expires_at,
            life_hours=max(0, round((expires_at - now) / timedelta(hours=1))),
            reach=self._reach,
        )

    def _enter(
        self,
        scope: Scope,
        connection: Connection,
        link: StoredLink,
        action: str,
        at: datetime,
        **facts: str | int,
    ) -> None:
        ledger.add_entry(
            scope,
            connection,
            venue_id=link.venue_id,
            at=at,
            action=action,
            subject_kind=VIDEO if link.evidence_id is None else EVIDENCE,
            subject_id=str(link.evidence_id or link.hosted_video_id),
            actor=self._actor,
            facts={"link_id": link.id, **facts},
        )


def _check_hours(hours: int) -> None:
    if not 1 <= hours <= LONGEST_LIFE_H:
        raise ConfigError(f"a link lives 1 to {LONGEST_LIFE_H} hours, not {hours}")


def _venue_of(
    scope: Scope, connection: Connection, evidence_id: str | None, part: int, hosted_video_id: str | None
) -> str:
    """The venue of what a link is to show, which must be there."""
    if evidence_id is not None and hosted_video_id is None:
        evidence = evidence_store.get_evidence(scope, connection, evidence_id)
        if evidence is None or evidence.state != "sealed":
            raise EvidenceError(
                f"there is no sealed evidence {evidence_id!r} to link to; sightline evidence list shows all"
            )
        if not any(one.part == part and one.sha256 for one in evidence.parts):
            raise EvidenceError(f"evidence {evidence_id} has no part {part} to link to")
        return evidence.venue_id
    if hosted_video_id is not None and evidence_id is None:
        video = hosted_videos.get_hosted_video(scope, connection, hosted_video_id)
        if video is None or video.deleted_at is not None:
            raise EvidenceError(f"there is no hosted video {hosted_video_id!r} to link to, or it is gone")
        return video.venue_id
    raise ValueError("a link shows one thing: a piece of evidence or a hosted video")
