"""`sightline outbox list|retry|drain` as a person types it."""

from collections.abc import Callable

import pytest
from evidence_site import EVENTS
from outbox_site import OutboxSite
from typed_words import Said, typed

from sightline.domain.outbox import Channel, ItemState
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault

SiteWith = Callable[..., OutboxSite]
LISTED = {
    "id", "key", "venue_id", "channel", "destination", "event_id", "evidence_id", "state", "attempts",
    "created_at", "due_at", "settled_at", "last_error",
}  # fmt: skip


@pytest.fixture
def shop(site_with: SiteWith, receiver: Receiver) -> OutboxSite:
    """Three clips wait to be uploaded, three incidents to be reported."""
    site = site_with(
        delivery={
            "evidence": {"to": "http", "url": f"{receiver.upload_url}?token=t0ken-of-the-shop"},
            "incidents": {"url": receiver.incident_url},
        }
    )
    site.conclude()
    site.seal()
    return site


@pytest.fixture
def command(shop: OutboxSite, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    return typed(shop, capsys)


def refuse_uploads(receiver: Receiver) -> None:
    receiver.plan = lambda _number, path, _key: Fault.REFUSED if path.startswith("/upload") else None


def test_what_waits_is_listed_with_what_it_is_about(shop: OutboxSite, command: Callable[..., Said]) -> None:
    said = command("outbox", "list")
    assert (said.code, said.err) == (0, "")
    heading, *lines = said.out.splitlines()
    assert heading.split() == ["id", "made", "to", "about", "state", "tries", "next", "why"]
    assert len(lines) == len(shop.items())
    for item, line in zip(shop.items(), lines, strict=True):
        assert line.split()[0] == str(item.id)
        assert str(item.event_id) in line
        assert item.channel.value in line
        assert "waiting" in line


def test_the_list_as_json_holds_no_answer_payload_or_address(
    shop: OutboxSite, command: Callable[..., Said], receiver: Receiver
) -> None:
    refuse_uploads(receiver)
    shop.drain()
    said = command("outbox", "list", "--show", "all", "--json")
    assert len(said.document) == len(shop.items())
    assert all(set(one) == LISTED for one in said.document)
    assert "t0ken-of-the-shop" not in said.out
    assert "/upload" not in said.out


def test_states_venues_events_and_a_number_choose_what_is_listed(
    shop: OutboxSite, command: Callable[..., Said], receiver: Receiver
) -> None:
    refuse_uploads(receiver)
    shop.drain()

    def states(*words: str) -> list[str]:
        return [one["state"] for one in command("outbox", "list", "--json", *words).document]

    uploads, reports = shop.items(Channel.UPLOAD), shop.items(Channel.INCIDENT)
    assert {one.state for one in uploads} == {ItemState.DEAD}
    assert {one.state for one in reports} == {ItemState.SENT}
    assert states() == states("--show", "dead") == ["dead"] * len(uploads)
    assert states("--show", "sent") == ["sent"] * len(reports)
    assert len(states("--show", "all")) == len(shop.items())
    event_id = str(uploads[0].event_id)
    listed = command("outbox", "list", "--show", "all", "--json", "--event", event_id).document
    assert {one["event_id"] for one in listed} == {event_id}
    assert states("--venue", "elsewhere") == []
    assert states("--limit", "1") == ["dead"]
    why = command("outbox", "list").out.splitlines()[1]
    assert "403" in why


def test_an_empty_list_says_what_that_means(
    site_with: SiteWith, shop: OutboxSite, command: Callable[..., Said], capsys: pytest.CaptureFixture[str]
) -> None:
    nothing = typed(site_with(), capsys)("outbox", "list")
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing is set up to leave this site" in nothing.err
    shop.drain()
    done = command("outbox", "list")
    assert (done.code, done.out) == (0, "")
    assert f"Nothing is open; {len(shop.items())} were sent" in done.err
    assert command("outbox", "list", "--json").out == "[]\n"


def test_what_was_given_up_is_retried_and_then_drained(
    shop: OutboxSite, command: Callable[..., Said], receiver: Receiver
) -> None:
    refuse_uploads(receiver)
    shop.drain()
    receiver.plan = lambda *_: None
    assert command("outbox", "retry", "--json").document == {"retried": len(EVENTS)}
    said = command("outbox", "drain", "--timeout", "20")
    assert said.code == 0
    assert f"{len(EVENTS)} sent, 0 still waiting, 0 given up." in said.out
    assert len([one for one in receiver.arrivals if one.path.startswith("/upload")]) == len(EVENTS)


def test_single_items_are_retried_and_ids_that_are_none_count_nothing(
    shop: OutboxSite, command: Callable[..., Said], receiver: Receiver
) -> None:
    refuse_uploads(receiver)
    shop.drain()
    first, second, _ = shop.items(Channel.UPLOAD)
    assert command("outbox", "retry", str(first.id), "999999", "--json").document == {"retried": 1}
    states = {one.id: one.state for one in shop.items()}
    assert (states[first.id], states[second.id]) == (ItemState.WAITING, ItemState.DEAD)
    sent = shop.items(Channel.INCIDENT)[0]
    assert command("outbox", "retry", str(sent.id), "--json").document == {"retried": 0}, "it has arrived"
    assert command("outbox", "retry", "one").code == 2


def test_draining_tells_what_is_left_by_its_exit_code(
    command: Callable[..., Said], receiver: Receiver
) -> None:
    refuse_uploads(receiver)
    said = command("outbox", "drain", "--timeout", "20")
    assert said.code == 1
    assert f"{len(EVENTS)} given up" in said.out
    assert "`sightline outbox list` says why" in said.out
    assert command("outbox", "drain", "--json").document == {"sent": 0, "waiting": 0, "dead": len(EVENTS)}


def test_draining_ends_when_the_time_is_up(command: Callable[..., Said], receiver: Receiver) -> None:
    with receiver.outage():
        said = command("outbox", "drain", "--timeout", "0.2", "--json")
    assert said.code == 1
    assert said.document["waiting"] > 0
    assert (said.document["sent"], said.document["dead"]) == (0, 0)


def test_a_data_folder_that_is_not_there_is_no_empty_outbox(
    shop: OutboxSite, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.data_dir = shop.data_dir.with_name("elsewhere")
    shop.data_dir.with_suffix(".yaml").write_text("{}")
    for words in (["list"], ["retry"], ["drain"]):
        said = typed(shop, capsys)("outbox", *words)
        assert said.code == 2
        assert "there is no data folder" in said.err
    assert not shop.data_dir.exists()
