"""Videos to a host, and their private links: a server that speaks the protocol, and answers that do not."""

import socket
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hosted_server import KEY, PREFIX, HostedServer
from sealed_files import sealed_file

from sightline.delivery.hosted_video import HostedLink, HostedVideoClient, hosted_metadata
from sightline.domain.delivery import Consignment, Proof
from sightline.errors import AlteredFile, CopyDiffers, DeliveryDeferred, DeliveryError, DeliveryRefused

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
VIDEO = str(uuid4())
UPLOAD = f"{PREFIX}/upload"
LINK = "https://videos.example.org/video/7?token=abcdefgh"
CONTRACT_KEYS = {
    "video_id", "upload_timestamp", "expiration_time", "source", "type", "incident_type", "risk_level",
    "confidence", "frame_count", "analysis", "file_hash",
}  # fmt: skip


@pytest.fixture
def host() -> Iterator[HostedServer]:
    with HostedServer() as host:
        yield host


@pytest.fixture
def clip(tmp_path: Path) -> Consignment:
    return sealed_file(tmp_path)


def client(host: HostedServer, key: str | None = KEY, **changed: Any) -> HostedVideoClient:
    return HostedVideoClient(host.base_url + "/", key, clock=lambda: NOON, **changed)


def metadata(clip: Consignment, video_id: str = VIDEO) -> dict[str, Any]:
    return hosted_metadata(
        video_id=video_id,
        upload_timestamp=NOON,
        expiration_time=NOON + timedelta(hours=48),
        source="door",
        type="security",
        incident_type="after_hours",
        risk_level="HIGH",
        confidence=0.92,
        frame_count=150,
        analysis="Une personne après la fermeture",
        file_hash=clip.sha256,
    )


def sent(host: HostedServer, clip: Consignment, **changed: Any) -> HostedLink:
    return client(host, **changed).upload(clip, video_id=VIDEO, metadata=metadata(clip), expiration_hours=48)


def answers(host: HostedServer, document: Any, status: int = 200) -> None:
    host.instead = lambda _line: (status, document)


def accepted(clip: Consignment, **changed: Any) -> dict[str, Any]:
    document = {
        "success": True, "video_id": VIDEO, "private_link": LINK,
        "expiration_time": "2026-03-04T12:00:00+00:00", "file_hash": clip.sha256, "message": "kept",
    }  # fmt: skip
    return {**document, **changed}


def failure(host: HostedServer, clip: Consignment, **changed: Any) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sent(host, clip, **changed)
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in told
    assert "abcdefgh" not in told
    return caught.value


def test_a_video_arrives_with_all_that_the_protocol_asks_for(host: HostedServer, clip: Consignment) -> None:
    link = sent(host, clip)

    kept = host.videos[VIDEO]
    assert kept.content == clip.path.read_bytes()
    assert (kept.file_name, kept.access_type) == (f"incident_{VIDEO}.mp4", "private")
    assert kept.expires_at - kept.made_at == timedelta(hours=48)
    assert set(kept.metadata) == CONTRACT_KEYS
    assert kept.metadata["analysis"] == "Une personne après la fermeture"
    assert kept.metadata["expiration_time"] == "2026-03-04T12:00:00+00:00"
    ((method, path, headers),) = host.asked
    assert (method, path) == ("POST", UPLOAD)
    assert (headers["authorization"], headers["x-video-id"]) == (f"Bearer {KEY}", VIDEO)
    assert link == HostedLink(
        video_id=VIDEO,
        private_link=host.link_of(VIDEO),
        expiration_time=kept.expires_at,
        proof=Proof.SHA256,
    )


def test_sent_again_its_link_is_the_same(host: HostedServer, clip: Consignment) -> None:
    assert sent(host, clip) == sent(host, clip)


def test_a_link_shows_in_no_repr(host: HostedServer, clip: Consignment) -> None:
    made = client(host)
    link = sent(host, clip)

    assert host.videos[VIDEO].token not in repr(link)
    assert KEY not in repr(made)
    assert "127.0.0.1" in repr(made)


@pytest.mark.parametrize(
    ("stated", "proof"),
    [("same", Proof.SHA256), ("same in capitals", Proof.SHA256), (None, Proof.NONE), ("", Proof.NONE)],
)
def test_the_hash_in_the_answer_is_the_proof(
    host: HostedServer, clip: Consignment, stated: str | None, proof: Proof
) -> None:
    hashes = {"same": clip.sha256, "same in capitals": clip.sha256.upper()}
    answers(host, accepted(clip, file_hash=hashes.get(stated or "", stated)))

    assert sent(host, clip).proof is proof


@pytest.mark.parametrize("stated", ["0" * 64, "d41d8cd98f00b204e9800998ecf8427e", 7])
def test_another_hash_is_a_copy_that_differs(host: HostedServer, clip: Consignment, stated: object) -> None:
    answers(host, accepted(clip, file_hash=stated))

    assert isinstance(failure(host, clip), CopyDiffers)


def test_a_video_that_arrived_otherwise_is_a_copy_that_differs(host: HostedServer, clip: Consignment) -> None:
    host.spoil = lambda content: content[:-1]

    error = failure(host, clip)

    assert isinstance(error, CopyDiffers)
    assert "file_hash" in str(error)
    assert host.videos == {}


@pytest.mark.parametrize(
    ("stated", "until"),
    [
        pytest.param("2026-03-04T12:00:00", NOON + timedelta(hours=48), id="without a zone: UTC"),
        pytest.param("2026-03-04T13:00:00+01:00", NOON + timedelta(hours=48), id="of another zone"),
        pytest.param("2026-03-04T12:00:00Z", NOON + timedelta(hours=48), id="Z"),
        pytest.param(None, NOON + timedelta(hours=48), id="missing: from the hours"),
        pytest.param("soon", NOON + timedelta(hours=48), id="no time"),
        pytest.param("9999-12-31T23:59:59-12:00", NOON + timedelta(hours=48), id="beyond all time"),
        pytest.param("2026-03-02T18:00:00", NOON + timedelta(hours=6), id="less than asked for"),
    ],
)
def test_the_end_of_a_link_is_what_the_host_says(
    host: HostedServer, clip: Consignment, stated: str | None, until: datetime
) -> None:
    answers(host, accepted(clip, expiration_time=stated))

    told = sent(host, clip).expiration_time
    assert told == until
    assert told.tzinfo is UTC


@pytest.mark.parametrize(
    "link", [None, "", "  ", 7, "/video/7?token=abcdefgh", "ftp://a/b", "https://", "javascript:alert(1)",
             "https://a/b c"]
)  # fmt: skip
def test_an_answer_without_a_link_is_no_success(host: HostedServer, clip: Consignment, link: object) -> None:
    answers(host, accepted(clip, private_link=link))

    assert isinstance(failure(host, clip), DeliveryDeferred)


@pytest.mark.parametrize(
    ("status", "document", "kind"),
    [
        pytest.param(200, {"success": False, "message": "no room"}, DeliveryDeferred, id="no success"),
        pytest.param(200, {"success": False, "private_link": LINK}, DeliveryDeferred, id="no, with a link"),
        pytest.param(200, "<html>log in", DeliveryDeferred, id="a page"),
        pytest.param(200, [], DeliveryDeferred, id="no object"),
        pytest.param(400, {"error": "bad metadata"}, DeliveryRefused, id="bad metadata"),
        pytest.param(404, "", DeliveryRefused, id="no such address"),
        pytest.param(413, "", DeliveryRefused, id="too large"),
        pytest.param(429, "", DeliveryDeferred, id="too often"),
        pytest.param(500, "", DeliveryDeferred, id="a fault"),
        pytest.param(507, "", DeliveryDeferred, id="no room"),
        pytest.param(409, {"detail": "this id was deleted"}, DeliveryRefused, id="id used up"),
        pytest.param(409, {"file_hash": "0" * 64, "private_link": LINK}, DeliveryRefused, id="id taken"),
    ],
)
def test_answers_that_are_tried_again_and_answers_that_are_not(
    host: HostedServer, clip: Consignment, status: int, document: Any, kind: type[DeliveryError]
) -> None:
    answers(host, document, status)

    error = failure(host, clip)

    assert isinstance(error, kind)
    if isinstance(document, dict) and (said := document.get("error") or document.get("message")):
        assert said in str(error)


def test_there_already_but_without_a_link_is_asked_again(host: HostedServer, clip: Consignment) -> None:
    answers(host, {"video_id": VIDEO, "file_hash": clip.sha256}, 409)

    assert isinstance(failure(host, clip), DeliveryDeferred)


@pytest.mark.parametrize(
    ("key", "words"), [(None, "wants a key"), ("not-the-key-at-all", "does not take the key")]
)
def test_a_key_that_is_not_taken_waits_for_a_person(
    host: HostedServer, clip: Consignment, key: str | None, words: str
) -> None:
    made = client(host, key)
    asked = [
        lambda: made.upload(clip, video_id=VIDEO, metadata=metadata(clip), expiration_hours=48),
        lambda: made.verify(LINK),
        lambda: made.extend(VIDEO, 1),
        lambda: made.delete(VIDEO),
    ]
    for ask in asked:
        with pytest.raises(DeliveryRefused, match=words) as caught:
            ask()
        assert "not-the-key-at-all" not in str(caught.value)


def test_the_id_that_the_host_gives_is_the_one_to_ask_with(host: HostedServer, clip: Consignment) -> None:
    answers(host, accepted(clip, video_id="v-17"))
    assert sent(host, clip).video_id == "v-17"
    answers(host, accepted(clip, video_id=None))
    assert sent(host, clip).video_id == VIDEO


def test_an_altered_file_does_not_arrive(host: HostedServer, clip: Consignment) -> None:
    clip.path.write_bytes(clip.path.read_bytes()[::-1])

    assert isinstance(failure(host, clip), AlteredFile)
    assert host.videos == {}


def test_nobody_there(clip: Consignment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    made = HostedVideoClient(address, KEY)

    with pytest.raises(DeliveryDeferred):
        made.upload(clip, video_id=VIDEO, metadata=metadata(clip), expiration_hours=48)
    with pytest.raises(DeliveryDeferred):
        made.verify(LINK)


def test_somebody_there_who_says_nothing(clip: Consignment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        made = HostedVideoClient(address, KEY, timeout_s=lambda _size: 0.2, ask_timeout_s=0.2)
        with pytest.raises(DeliveryDeferred):
            made.upload(clip, video_id=VIDEO, metadata=metadata(clip), expiration_hours=48)
        with pytest.raises(DeliveryDeferred):
            made.delete(VIDEO)


def test_a_link_is_valid_until_it_is_not(host: HostedServer, clip: Consignment) -> None:
    link = sent(host, clip).private_link
    state = client(host).verify(link)

    assert state.valid
    assert state.expiration_time == host.videos[VIDEO].expires_at
    assert state.remaining_hours == pytest.approx(48, abs=0.1)
    assert client(host).verify(link, video_id=VIDEO).valid
    assert not client(host).verify(link + "x").valid
    host.videos[VIDEO].expires_at = datetime.now(UTC)
    assert client(host).verify(link).valid is False


def test_hours_left_are_counted_where_the_host_does_not(host: HostedServer) -> None:
    answers(host, {"valid": True, "expiration_time": "2026-03-02T15:30:00"})
    assert client(host).verify(LINK).remaining_hours == 3.5
    answers(host, {"valid": True})
    assert client(host).verify(LINK).remaining_hours is None
    answers(host, {"detail": "expired"}, 410)
    assert client(host).verify(LINK).valid is False


@pytest.mark.parametrize(("status", "document"), [(200, {}), (200, "<html>"), (200, {"valid": "yes"})])
def test_no_word_of_the_link_is_not_taken_for_a_no(host: HostedServer, status: int, document: Any) -> None:
    answers(host, document, status)

    with pytest.raises(DeliveryDeferred, match="valid"):
        client(host).verify(LINK)


def test_a_host_that_knows_no_verifying_waits_for_a_person(host: HostedServer) -> None:
    answers(host, "", 404)

    with pytest.raises(DeliveryRefused) as caught:
        client(host).verify(LINK)
    assert "abcdefgh" not in str(caught.value)


def test_a_link_lives_longer(host: HostedServer, clip: Consignment) -> None:
    before = sent(host, clip).expiration_time

    assert client(host).extend(VIDEO, 24) == before + timedelta(hours=24)
    assert client(host).verify(host.link_of(VIDEO)).remaining_hours == pytest.approx(72, abs=0.1)


def test_an_extension_of_which_nothing_is_said_waits_for_a_person(host: HostedServer) -> None:
    with pytest.raises(DeliveryRefused, match="404"):
        client(host).extend("unknown", 24)
    answers(host, {})
    with pytest.raises(DeliveryRefused, match="until when"):
        client(host).extend(VIDEO, 24)


def test_erased_is_only_what_was_there(host: HostedServer, clip: Consignment) -> None:
    sent(host, clip)

    assert client(host).delete(VIDEO) is True
    assert host.videos == {}
    assert client(host).delete(VIDEO) is False
    assert host.asked[-1][:2] == ("DELETE", f"{UPLOAD}/{VIDEO}")


def test_a_host_that_could_not_erase_is_asked_again(host: HostedServer) -> None:
    answers(host, {"success": False, "message": "busy"})
    with pytest.raises(DeliveryDeferred, match="busy"):
        client(host).delete(VIDEO)
    answers(host, "", 202)
    with pytest.raises(DeliveryError):
        client(host).delete(VIDEO)


def test_an_id_does_not_lead_elsewhere(host: HostedServer) -> None:
    client(host).delete("../link?a=b")

    assert host.asked[-1][1] == f"{UPLOAD}/..%2Flink%3Fa%3Db"
