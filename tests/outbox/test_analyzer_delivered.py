"""An outside analyser looks at security incidents first: it confirms, vetoes, or leaves it undecided."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from alert_site import AlertSite, Post, intruder, line, wait
from answering_server import Answer, AnsweringServer
from evidence_site import SCOPE, VENUE

from sightline.domain.outbox import Channel, ItemState
from sightline.store import outbox
from sightline.testing.receiver import Receiver

AlertSites = Callable[..., AlertSite]
KEY = "an4lyser-key"
UNDECIDED = "Analyseur externe: indécis, aucune réponse exploitable à temps"
INCIDENT = {
    "incident": True,
    "incident_type": "shoplifting",
    "risk_level": "LOW",
    "confidence": 0.61,
    "analysis": "Somebody puts a bottle into a bag.",
}


@pytest.fixture
def analyzer(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    monkeypatch.setenv("ANALYZER_KEY", KEY)
    with AnsweringServer() as server:
        yield server


def watched(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer, **more: Any
) -> AlertSite:
    """A site with every kind of receiver, whose security incidents are looked at first."""
    asked = {"url": analyzer.url("/look"), "api_key": "env:ANALYZER_KEY", "timeout_s": 20, **more}
    return alert_site(
        security={"analyzer": asked},
        server={"public_url": "https://clips.example"},
        delivery={
            "evidence": {"to": "http", "url": receiver.upload_url},
            "incidents": {"url": receiver.incident_url},
            "webhooks": [{"url": f"{receiver.base_url}/hook"}],
            "mail": post.setting(),
        },
    )


def test_what_the_analyser_saw_is_what_people_and_programs_are_told(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    analyzer.answers = [Answer.of(INCIDENT)]
    site = watched(alert_site, post, receiver, analyzer)
    site.told(intruder(5, 25))
    assert site.drain().waiting == 0
    (asked,), (clip,) = analyzer.asked, site.evidence()
    parts = asked.parts()
    assert (
        parts["video"].get_payload(decode=True) == (site.small.clips / clip.parts[0].file_name).read_bytes()
    )
    context = json.loads(parts["context"].get_payload(decode=True))
    assert (context["incident_type"], context["venue_id"]) == ("restricted_zone", VENUE)
    assert asked.headers["x-api-key"] == KEY
    (text,) = post.texts()
    assert line(text, "Type d'incident") == "shoplifting"
    assert line(text, "Niveau de risque") == "LOW"
    assert line(text, "Confiance") == "0.61"
    assert line(text, "Analyseur externe") == "incident confirmé"
    assert "Somebody puts a bottle into a bag." in text
    hook = next(one.document for one in receiver.arrivals if one.path == "/hook")
    assert (hook["incident_type"], hook["assessment"]) == ("shoplifting", "confirmed")
    (entry,) = site.ledger("assessed")
    assert (entry.subject_id, entry.facts["verdict"]) == (clip.id, "incident")


def test_a_veto_ends_it_there(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    analyzer.answers = [Answer.of({"incident": False})]
    site = watched(alert_site, post, receiver, analyzer)
    site.told(intruder(5, 25))
    assert site.drain().waiting == 0
    assert receiver.arrivals == []
    assert post.messages == []
    states = {one.channel: one.state for one in site.items()}
    assert states.pop(Channel.ANALYZER) is ItemState.SENT
    assert set(states) == {Channel.UPLOAD, Channel.INCIDENT, Channel.WEBHOOK, Channel.MAIL}
    assert set(states.values()) == {ItemState.CANCELLED}
    assert {str(one.last_error) for one in site.items() if one.state is ItemState.CANCELLED} == {
        "the analyser says that it is no incident"
    }
    (entry,) = site.ledger("assessed")
    assert entry.facts["verdict"] == "no_incident"
    assert site.ledger("mailed") == site.ledger("uploaded") == []


def test_a_veto_also_holds_for_the_end_of_what_it_was_about(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    analyzer.answers = [Answer.of({"incident": False})]
    site = watched(alert_site, post, receiver, analyzer)
    site.told_while_it_lasts(intruder(5, 15))
    site.drain()
    site.ended(intruder(5, 30))
    assert {one.stage for one in site.evidence() if one.state == "sealed"} == {"provisional", "final"}
    site.drain()
    assert len(analyzer.asked) == 1
    assert receiver.arrivals == []
    assert post.messages == []


def test_the_end_of_an_incident_waits_for_the_word_on_its_beginning(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    """Both clips are sealed before the analyser is asked: neither may slip out, however long it takes."""
    analyzer.answers = [Answer.of({"incident": False})]
    site = watched(alert_site, post, receiver, analyzer)
    site.told_while_it_lasts(intruder(5, 15))
    site.ended(intruder(5, 30))
    site.sql("UPDATE outbox SET patient_until = 0 WHERE patient_until IS NOT NULL")
    site.sql("UPDATE outbox SET due_at = due_at + 3600000000 WHERE channel = 'analyzer'")
    site.worker().drain(0.5)
    assert receiver.arrivals == []
    site.sql("UPDATE outbox SET due_at = due_at - 3600000000 WHERE channel = 'analyzer'")
    assert site.drain().waiting == 0
    assert receiver.arrivals == []
    assert post.messages == []
    assert len(analyzer.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(Answer(hangs=True), id="no answer in time"),
        pytest.param(Answer(200, b"<html>maybe</html>"), id="nonsense"),
        pytest.param(Answer.of({"incident": "perhaps"}), id="neither yes nor no"),
        pytest.param(Answer.of({"error": "busy"}, 503), id="busy"),
        pytest.param(Answer.of({"error": "wrong key"}, 401), id="wrong key"),
    ],
)
def test_without_a_clear_answer_the_incident_goes_its_way_and_says_so(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer, answer: Answer
) -> None:
    analyzer.answers = [answer]
    site = watched(alert_site, post, receiver, analyzer, timeout_s=0.3 if answer.hangs else 20)
    site.told(intruder(5, 25))
    left = site.drain()
    assert (left.waiting, left.dead) == (0, 0)
    assert len(analyzer.asked) == 1, "it is asked once"
    (text,) = post.texts()
    assert UNDECIDED in text
    assert {one.path for one in receiver.arrivals} == {"/upload", "/incident", "/hook"}
    (item,) = site.items(Channel.ANALYZER)
    assert item.answer is not None
    assert item.answer["verdict"] == "undecided"
    assert item.answer["reason"]
    assert KEY not in json.dumps(dict(item.answer))
    (entry,) = site.ledger("assessed")
    assert entry.facts["verdict"] == "undecided"


def test_a_customer_who_waits_is_nothing_to_be_looked_at(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    site = watched(alert_site, post, receiver, analyzer)
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    assert analyzer.asked == []
    assert "Analyseur externe" not in post.texts()[0]


def test_an_analyser_taken_out_of_the_site_file_holds_nothing_up(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    site = watched(alert_site, post, receiver, analyzer)
    site.told(intruder(5, 25))
    site.set_up_otherwise({"delivery": {"mail": post.setting()}})
    assert site.drain().waiting == 0
    (item,) = site.items(Channel.ANALYZER)
    assert item.state is ItemState.DEAD
    assert "not set up any more" in str(item.last_error)
    assert len(post.messages) == 1


def test_a_veto_is_not_undone_by_a_retry(
    alert_site: AlertSites, post: Post, receiver: Receiver, analyzer: AnsweringServer
) -> None:
    analyzer.answers = [Answer.of({"incident": False})]
    site = watched(alert_site, post, receiver, analyzer)
    site.told(intruder(5, 25))
    site.drain()
    ids = [one.id for one in site.items()]
    with site.small.database.transaction() as connection:
        assert outbox.retry_items(SCOPE, connection, now=datetime.now(UTC), ids=ids) == 0
