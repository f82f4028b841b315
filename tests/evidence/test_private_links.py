"""Private links as a service: purposes, lives, and what the ledger says of each deed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from evidence_site import VENUE, SmallSite, problems

from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError
from sightline.evidence.ledger import seal_ledger
from sightline.evidence.link_key import open_link_key
from sightline.evidence.private_links import PrivateLink, PrivateLinks, Refusal, Resolved
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.private_links import get_link

SITE = Scope.site()
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Desk:
    """Links of a small site, at a time that tests set."""

    site: SmallSite
    now: datetime = NOON
    links: PrivateLinks = field(init=False)

    def __post_init__(self) -> None:
        self.links = PrivateLinks(
            self.site.database,
            link_key=open_link_key(self.site.data_dir / "keys"),
            base_url="https://videos.example/",
            reach="private",
            actor="sightline test",
            clock=lambda: self.now,
        )
        with self.site.database.reading() as connection:
            self.evidence_ids = [
                one.id for one in evidence_store.list_evidence(SITE, connection, state="sealed")
            ]

    def make(self, number: int = 0, **changed: Any) -> PrivateLink:
        asked: dict[str, Any] = {"hours": 48, "made_by": "test", "evidence_id": self.evidence_ids[number]}
        return self.links.make(SITE, **{**asked, **changed})

    def status(self, link: PrivateLink) -> int:
        found = self.links.resolve(link.id, token_of(link))
        return found.status if isinstance(found, Refusal) else 200

    def entries(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What the ledger holds of links, in order."""
        with self.site.database.reading() as connection:
            found = ledger.unsealed_entries(SITE, connection, VENUE)
        return [(one.action, one.subject_id, dict(one.facts)) for one in found]


def token_of(link: PrivateLink) -> str:
    return link.url.partition("?token=")[2]


@pytest.fixture
def desk(sealed_site: SmallSite) -> Desk:
    return Desk(sealed_site)


def test_a_link_has_its_address_life_and_reach_and_hides_its_token(desk: Desk) -> None:
    link = desk.make()
    assert link.url == f"https://videos.example/video/{link.id}?token={token_of(link)}"
    assert (link.expires_at, link.life_hours, link.reach) == (NOON + timedelta(hours=48), 48, "private")
    assert token_of(link) not in repr(link)
    assert isinstance(desk.links.resolve(link.id, token_of(link)), Resolved)


def test_nothing_of_a_token_is_stored_anywhere(desk: Desk) -> None:
    link = desk.make(purpose="alert:1")
    desk.links.extend(SITE, link.id, 1)
    desk.links.revoke(SITE, link.id)
    desk.site.database.close()
    token = token_of(link).encode()
    for path in desk.site.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert token not in content, path
            assert token[6:30] not in content, path


def test_each_deed_is_in_the_ledger_without_a_token(desk: Desk) -> None:
    link = desk.make()
    desk.now += timedelta(hours=1)
    desk.links.extend(SITE, link.id, 24)
    assert desk.links.revoke(SITE, link.id) is True
    assert desk.links.revoke(SITE, link.id) is False
    evidence_id = desk.evidence_ids[0]
    assert desk.entries() == [
        ("link_created", evidence_id, {"link_id": link.id, "expires_at": "2026-03-04T12:00:00.000000Z"}),
        ("link_extended", evidence_id, {"link_id": link.id, "expires_at": "2026-03-05T12:00:00.000000Z"}),
        ("link_revoked", evidence_id, {"link_id": link.id}),
    ]


def test_the_ledger_with_links_in_it_verifies(desk: Desk) -> None:
    link = desk.make()
    desk.links.count_view(_stored(desk, link))
    desk.links.enter_views(NOON + timedelta(hours=2))
    desk.links.revoke_all()
    seal_ledger(desk.site.database, SITE, VENUE, desk.site.signer(), NOON)
    assert problems(desk.site.verify()) == []


def test_a_mail_that_is_tried_again_gets_the_same_link_with_its_full_life_ahead(desk: Desk) -> None:
    first = desk.make(purpose="alert:1")
    desk.now += timedelta(hours=47)
    again = desk.make(purpose="alert:1")
    assert (again.id, again.url) == (first.id, first.url)
    assert (again.expires_at, again.life_hours) == (desk.now + timedelta(hours=48), 48)
    desk.now += timedelta(hours=60)
    assert desk.status(first) == 410
    desk.make(purpose="alert:1")
    assert desk.status(first) == 200


def test_a_revoked_link_stays_so_and_its_purpose_gets_a_new_one(desk: Desk) -> None:
    first = desk.make(purpose="alert:1")
    desk.links.revoke(SITE, first.id)
    again = desk.make(purpose="alert:1")
    assert again.id != first.id
    assert (desk.status(first), desk.status(again)) == (403, 200)
    assert desk.make(purpose="alert:1").id == again.id


def test_a_purpose_that_shows_something_else_now_gets_a_new_link(desk: Desk) -> None:
    first = desk.make(0, purpose="alert:1")
    second = desk.make(1, purpose="alert:1")
    assert second.id != first.id
    found = desk.links.resolve(second.id, token_of(second))
    assert isinstance(found, Resolved)
    assert found.link.evidence_id == desk.evidence_ids[1]


def test_links_without_a_purpose_are_each_their_own(desk: Desk) -> None:
    assert desk.make().id != desk.make().id


def test_the_end_of_a_link_is_its_last_moment(desk: Desk) -> None:
    link = desk.make(hours=1)
    desk.now = NOON + timedelta(minutes=59, seconds=59)
    assert desk.status(link) == 200
    desk.now = NOON + timedelta(hours=1)
    assert desk.status(link) == 410


def test_an_extension_adds_to_what_is_left_or_begins_now(desk: Desk) -> None:
    link = desk.make(hours=10)
    longer = desk.links.extend(SITE, link.id, 5)
    assert longer is not None
    assert longer.expires_at == NOON + timedelta(hours=15)
    desk.now = NOON + timedelta(hours=100)
    longer = desk.links.extend(SITE, link.id, 5)
    assert longer is not None
    assert (longer.expires_at, longer.life_hours) == (desk.now + timedelta(hours=5), 5)


def test_what_cannot_be_extended(desk: Desk) -> None:
    link = desk.make()
    with pytest.raises(ConfigError, match="longer than a year"):
        desk.links.extend(SITE, link.id, 8_760)
    assert desk.links.extend(SITE, "nowhere", 1) is None
    assert desk.links.extend(Scope.of("elsewhere"), link.id, 1) is None
    desk.links.revoke(SITE, link.id)
    with pytest.raises(EvidenceError, match="was revoked"):
        desk.links.extend(SITE, link.id, 1)
    assert desk.status(link) == 403


@pytest.mark.parametrize("hours", [0, -1, 8_761])
def test_a_life_has_its_limits(desk: Desk, hours: int) -> None:
    with pytest.raises(ConfigError, match="8760 hours"):
        desk.make(hours=hours)
    assert desk.entries() == []


@pytest.mark.parametrize(
    "shows",
    [
        pytest.param({"evidence_id": "nowhere"}, id="unknown evidence"),
        pytest.param({"part": 7}, id="unknown part"),
        pytest.param({"evidence_id": None, "hosted_video_id": "nowhere"}, id="unknown video"),
    ],
)
def test_a_link_to_nothing_is_not_made(desk: Desk, shows: dict[str, Any]) -> None:
    with pytest.raises(EvidenceError):
        desk.make(**shows)
    assert desk.entries() == []


def test_evidence_of_another_venue_cannot_be_linked_or_touched(desk: Desk) -> None:
    link, elsewhere = desk.make(), Scope.of("elsewhere")
    with pytest.raises(EvidenceError):
        desk.links.make(elsewhere, evidence_id=desk.evidence_ids[0], hours=1, made_by="test")
    assert desk.links.revoke(elsewhere, link.id) is False
    assert desk.links.revoke_of_evidence(elsewhere, desk.evidence_ids[0]) == 0
    assert desk.status(link) == 200


def test_all_links_of_a_clip_are_taken_back_and_no_other(desk: Desk) -> None:
    links = [desk.make(0), desk.make(0), desk.make(1)]
    assert desk.links.revoke_of_evidence(SITE, desk.evidence_ids[0]) == 2
    assert [desk.status(one) for one in links] == [403, 403, 200]
    assert desk.links.revoke_of_evidence(SITE, desk.evidence_ids[0]) == 0


def test_a_new_key_is_entered_for_the_venue_and_the_link_has_a_new_address(desk: Desk) -> None:
    link = desk.make(purpose="alert:1")
    desk.links.revoke_all()
    assert desk.status(link) == 403
    again = desk.make(purpose="alert:1")
    assert again.id == link.id
    assert again.url != link.url
    assert desk.status(again) == 200
    action, subject, facts = desk.entries()[1]
    assert (action, subject, facts["links"]) == ("link_revoked", VENUE, "all")


def test_the_database_is_not_asked_before_the_token_has_proved_itself(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = desk.make()

    def asked() -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(desk.site.database, "reading", asked)
    assert desk.links.resolve(link.id, None) == Refusal(401)
    assert desk.links.resolve(link.id, "") == Refusal(401)
    assert desk.links.resolve(link.id, "x") == Refusal(403)
    with pytest.raises(AssertionError, match="was asked"):
        desk.links.resolve(link.id, token_of(link))


def test_views_are_entered_once_when_their_hour_is_over(desk: Desk) -> None:
    link = desk.make()
    stored = _stored(desk, link)
    desk.now = NOON + timedelta(minutes=5)
    for _ in range(3):
        desk.links.count_view(stored)
    desk.links.count_view(stored, unless_counted=True)
    desk.now = NOON + timedelta(minutes=65)
    desk.links.count_view(stored, unless_counted=True)
    assert desk.links.enter_views(NOON + timedelta(minutes=59, seconds=59)) == 0
    assert desk.links.enter_views(NOON + timedelta(minutes=60)) == 1
    assert desk.links.enter_views(NOON + timedelta(minutes=61)) == 0
    assert desk.links.enter_views(NOON + timedelta(hours=5)) == 1
    evidence_id = desk.evidence_ids[0]
    assert desk.entries()[1:] == [
        ("viewed", evidence_id, {"link_id": link.id, "hour": "2026-03-02T12:00:00.000000Z", "views": 3}),
        ("viewed", evidence_id, {"link_id": link.id, "hour": "2026-03-02T13:00:00.000000Z", "views": 1}),
    ]


def test_views_of_an_hour_that_comes_again_are_entered_with_their_new_sum(desk: Desk) -> None:
    link = desk.make()
    stored = _stored(desk, link)
    desk.links.count_view(stored)
    desk.links.enter_views(NOON + timedelta(hours=1))
    desk.links.count_view(stored)  # the clock was set back
    assert desk.links.enter_views(NOON + timedelta(hours=1)) == 1
    assert [facts["views"] for action, _, facts in desk.entries() if action == "viewed"] == [1, 2]


def _stored(desk: Desk, link: PrivateLink) -> Any:
    with desk.site.database.reading() as connection:
        return get_link(SITE, connection, link.id)
