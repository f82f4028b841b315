"""When sealed clips go from here: after their time, or once a copy was compared; and what keeps them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import running_app
from evidence_site import CAMERA, EVENTS, SCOPE, VENUE, problems
from hosted_server import KEY, HostedServer
from outbox_site import OutboxSite
from typer.testing import CliRunner

from sightline.api.app import create_links_app
from sightline.cli.main import app
from sightline.delivery_wiring import delivery_chores, private_links
from sightline.domain.delivery import Proof
from sightline.domain.outbox import Channel, ItemState, OutboxItem
from sightline.evidence import holding
from sightline.evidence.local_copies import LocalCopies
from sightline.link_wiring import video_pages
from sightline.store import claims, keeping, outbox, outbox_items
from sightline.store import evidence as evidence_store
from sightline.store.evidence import StoredEvidence
from sightline.testing.receiver import Receiver


@pytest.fixture(autouse=True)
def key_of_the_video_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_HOST_KEY", KEY)


SiteWith = Callable[..., OutboxSite]
KEEP = timedelta(days=30)
LATER = timedelta(days=31)


@pytest.fixture
def delivered(site_with: SiteWith, receiver: Receiver) -> Callable[..., OutboxSite]:
    """A site whose three clips were sealed and uploaded, and are not kept here; `more` are other settings."""

    def make(*, evidence: dict[str, Any] | None = None, **more: Any) -> OutboxSite:
        upload = {"to": "http", "url": receiver.upload_url, "keep_local": False, **(evidence or {})}
        site = site_with(delivery={"evidence": upload}, **more)
        site.conclude()
        site.seal()
        assert site.drain().waiting == 0
        return site

    return make


@pytest.fixture
def sealed(site_with: SiteWith) -> OutboxSite:
    """A site whose three clips stay here."""
    site = site_with()
    site.conclude()
    site.seal()
    return site


def copies(site: OutboxSite, *, in_: timedelta = timedelta(), keep_local: bool = True) -> LocalCopies:
    """As the worker has it, `in_` from now."""
    return LocalCopies(
        site.small.database,
        segments_dir=site.small.segments_dir,
        keep=KEEP,
        keep_local=keep_local,
        actor="test",
        clock=lambda: datetime.now(UTC) + in_,
    )


def move(site: OutboxSite) -> int:
    return copies(site, keep_local=False).run()


def expire(site: OutboxSite) -> int:
    return copies(site, in_=LATER).run()


def clips(site: OutboxSite) -> set[str]:
    return {path.name for path in site.small.clips.iterdir()} if site.small.clips.exists() else set()


def named(*evidence: StoredEvidence) -> set[str]:
    return {part.file_name for one in evidence for part in one.parts}


def proofs(site: OutboxSite) -> set[str]:
    return {str(item.answer["proof"]) for item in site.items(Channel.UPLOAD) if item.answer}


def states(site: OutboxSite) -> list[str]:
    return [one.state for one in site.evidence()]


def test_a_compared_copy_lets_the_clip_go_and_the_ledger_says_how_it_was_compared(
    delivered: Callable[..., OutboxSite],
) -> None:
    site = delivered()
    assert problems(site.small.verify()) == []
    assert move(site) == len(EVENTS)
    assert clips(site) == set()
    assert problems(site.small.verify()) == []
    for one in site.evidence():
        assert (one.state, one.moved_at is not None) == ("sealed", True)
        assert site.ledger_actions(one.id) == ["sealed", "uploaded", "moved"]
    assert move(site) == 0, "once"


def test_the_usual_site_keeps_what_it_has_sent(delivered: Callable[..., OutboxSite]) -> None:
    site = delivered(evidence={"keep_local": True})
    _run_chore(site)
    assert clips(site) == named(*site.evidence())


def test_the_worker_does_as_the_settings_say(delivered: Callable[..., OutboxSite]) -> None:
    site = delivered()
    _run_chore(site)
    assert clips(site) == set()


def _run_chore(site: OutboxSite) -> None:
    (chore,) = (one for one in delivery_chores(site.site) if one.name == "clips that may go")
    chore.do()


def test_a_copy_that_nobody_compared_lets_nothing_go(
    delivered: Callable[..., OutboxSite], receiver: Receiver
) -> None:
    receiver.states = ()
    site = delivered()
    assert proofs(site) == {Proof.NONE.value}
    assert move(site) == 0
    assert clips(site) == named(*site.evidence())


def test_a_masked_copy_is_no_copy_of_the_clip(delivered: Callable[..., OutboxSite]) -> None:
    masks = [{"camera": CAMERA, "points": [[0, 0], [0.5, 0], [0.5, 0.5]]}]
    site = delivered(privacy={"masks": masks})
    assert proofs(site) == {Proof.SHA256.value}
    assert move(site) == 0
    assert clips(site) >= named(*site.evidence())


def test_a_copy_at_a_video_host_expires_there_so_the_clip_stays_here(site_with: SiteWith) -> None:
    with HostedServer() as host:
        hosted = {"base_url": host.base_url, "api_key": "env:VIDEO_HOST_KEY"}
        site = site_with(delivery={"evidence": {"to": "hosted", "keep_local": False}, "hosted": hosted})
        site.conclude()
        site.seal()
        assert site.drain().waiting == 0
        assert len(host.videos) == len(EVENTS)
    assert proofs(site) == {Proof.SHA256.value}
    assert move(site) == 0
    assert clips(site) == named(*site.evidence())


def test_many_that_must_stay_do_not_hide_one_that_may_go(
    delivered: Callable[..., OutboxSite], receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.evidence.local_copies.BATCH", 1)
    site = delivered()
    with site.small.database.transaction() as connection:
        connection.exec_driver_sql(
            'UPDATE outbox SET answer = replace(answer, \'"proof":"sha256"\', \'"proof":"none"\')'
            " WHERE id = (SELECT min(id) FROM outbox)"
        )
    assert [move(site) for _ in range(4)] == [1, 1, 0, 0]


def test_what_still_has_to_be_sent_of_an_event_keeps_its_clip(
    delivered: Callable[..., OutboxSite],
) -> None:
    site = delivered()
    with site.small.database.transaction() as connection:
        (first, *_) = outbox_items.list_items(SCOPE, connection)
        waiting = OutboxItem(
            key=first.key,
            channel=Channel.WEBHOOK,
            destination="a",
            venue_id=VENUE,
            chain=first.chain,
            event_id=first.event_id,
            evidence_id=first.evidence_id,
        )
        outbox.put_items(SCOPE, connection, [waiting], now=datetime.now(UTC))
    assert move(site) == len(EVENTS) - 1
    (kept,) = (one for one in site.evidence() if one.moved_at is None)
    assert clips(site) == named(kept)
    assert expire(site) == len(EVENTS) - 1
    assert states(site).count("sealed") == 1
    with site.small.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'dead' WHERE channel = 'webhook'")
    assert move(site) == 0, "a person may retry it, and would find no clip"
    assert expire(site) == 1, "but not for ever"


@pytest.mark.parametrize("go", [move, expire], ids=["delivered", "expired"])
def test_a_link_that_is_alive_and_a_hold_keep_a_clip(
    delivered: Callable[..., OutboxSite], go: Callable[[OutboxSite], int]
) -> None:
    site = delivered()
    linked, held, _ = site.evidence()
    links = private_links(site.site)
    link = links.make(SCOPE, evidence_id=linked.id, hours=24 * 60, made_by="test")
    holding.hold(site.small.database, SCOPE, held.id, by="test", reason="case 7", at=datetime.now(UTC))
    assert go(site) == 1
    assert clips(site) == named(linked, held)
    links.revoke(SCOPE, link.id)
    assert go(site) == 1
    assert clips(site) == named(held)
    holding.release(site.small.database, SCOPE, held.id, by="test", at=datetime.now(UTC))
    assert go(site) == 1
    assert clips(site) == set()
    assert problems(site.small.verify()) == []


def test_after_its_time_a_clip_is_gone_with_a_tombstone_and_all_that_says_so_agrees(
    sealed: OutboxSite,
) -> None:
    assert copies(sealed, in_=KEEP - timedelta(hours=1)).run() == 0
    assert problems(sealed.small.verify()) == []
    before = sealed.evidence()
    assert expire(sealed) == len(EVENTS)
    assert clips(sealed) == set()
    assert states(sealed) == ["deleted"] * len(EVENTS)
    for one in before:
        assert sealed.ledger_actions(one.id) == ["sealed", "expired"]
    assert problems(sealed.small.verify()) == [], "before the ledger is sealed"
    sealed.seal()
    assert problems(sealed.small.verify()) == [], "and after it"
    assert expire(sealed) == 0

    def command(*words: str) -> Any:
        return CliRunner().invoke(app, ["evidence", *words, "--data-dir", str(sealed.data_dir)])

    assert command("list", "--json").stdout.strip() == "[]"
    assert command("verify").exit_code == 0


def test_a_link_to_what_has_expired_answers_404(sealed: OutboxSite) -> None:
    evidence = sealed.evidence()[0]
    link = private_links(sealed.site).make(SCOPE, evidence_id=evidence.id, hours=1, made_by="test")
    assert expire(sealed) == len(EVENTS), "the link is over by then"
    with _links_of(sealed) as port:
        answer = httpx.get(
            f"http://127.0.0.1:{port}/video/{link.url.partition('/video/')[2]}", trust_env=False, timeout=5
        )
    assert answer.status_code == 404


def _links_of(site: OutboxSite) -> Any:
    return running_app(create_links_app(video_pages(site.site)))


def test_what_was_given_up_keeps_no_clip_and_stays_for_a_person(
    delivered: Callable[..., OutboxSite],
) -> None:
    site = delivered()
    with site.small.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'dead'")
    assert expire(site) == len(EVENTS)
    assert {item.state for item in site.items()} == {ItemState.DEAD}


def test_evidence_that_was_never_had_expires_like_the_rest(sealed: OutboxSite) -> None:
    with sealed.small.database.transaction() as connection:
        claim = claims.want_clip(
            SCOPE,
            connection,
            venue_id=VENUE,
            camera_id=CAMERA,
            wanted_from=datetime.now(UTC) - timedelta(hours=2),
            wanted_until=datetime.now(UTC) - timedelta(hours=1),
        )
        evidence_store.mark_missing(SCOPE, connection, claim.id, failure="nothing was recorded")
    assert expire(sealed) == len(EVENTS) + 1
    assert set(states(sealed)) == {"deleted"}
    assert sealed.ledger_actions(claim.id) == ["expired"]


@pytest.mark.parametrize("go", [move, expire], ids=["delivered", "expired"])
def test_a_kill_between_row_and_file_leaves_files_that_the_next_cleaning_removes(
    delivered: Callable[..., OutboxSite], go: Callable[[OutboxSite], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = delivered()

    class Killed(BaseException):
        """The power fails."""

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", die)
        with pytest.raises(Killed):
            go(site)
    left = clips(site)
    assert len(left) == len(EVENTS), "the row was written, the file is still here"
    assert problems(site.small.verify()) == []
    gone = [one for one in site.evidence() if one.state == "deleted" or one.moved_at is not None]
    assert len(gone) == 1
    site.seal()  # cleans up first
    assert clips(site) == left - named(*gone)
    assert problems(site.small.verify()) == []
    assert go(site) == len(EVENTS) - 1
    assert clips(site) == set()


def test_a_hold_survives_what_retention_is_told_a_thousand_years_later(sealed: OutboxSite) -> None:
    held = sealed.evidence()[1]
    holding.hold(sealed.small.database, SCOPE, held.id, by="test", reason="case 7", at=datetime.now(UTC))
    assert copies(sealed, in_=timedelta(days=365_000)).run() == len(EVENTS) - 1
    assert clips(sealed) == named(held)
    with sealed.small.database.reading() as connection:
        now = datetime.now(UTC) + timedelta(days=365_000)
        assert not keeping.may_go(SCOPE, connection, held.id, now=now)
