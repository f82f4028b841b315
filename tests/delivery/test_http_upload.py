"""Clips to a receiver that answers in every way of the contract, and in those it should not."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from sealed_files import CLIP, as_sealed, sealed_file

from sightline.delivery.http_exchange import HttpExchange
from sightline.delivery.http_upload import HttpUploader, upload_timeout_s
from sightline.domain.delivery import Consignment, Proof
from sightline.errors import AlteredFile, CopyDiffers, DeliveryDeferred, DeliveryRefused
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault, Shape, one_after_another

KEY = "2f4c1f0e-event"
API_KEY = "k-0123456789-secret"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(api_key=API_KEY) as server:
        yield server


@pytest.fixture
def clip(tmp_path: Path) -> Consignment:
    return sealed_file(tmp_path)


def uploader(receiver: Receiver, *, timeout_s: float = 5.0, base: str | None = None) -> HttpUploader:
    return HttpUploader(receiver.upload_url, API_KEY, base, timeout_s=lambda _size: timeout_s)


def once(fault: Fault) -> Callable[[int, str, str], Fault | None]:
    return one_after_another(fault)


def test_a_clip_arrives_as_it_is(receiver: Receiver, clip: Consignment) -> None:
    receipt = uploader(receiver).send(clip, key=KEY)

    (arrival,) = receiver.arrivals
    assert receiver.path_of(arrival).read_bytes() == clip.path.read_bytes()
    assert (arrival.name, arrival.key, arrival.path) == (CLIP, KEY, "/upload")
    assert receipt.stored_name == arrival.stored_name == f"00001_{CLIP}"
    assert receipt.proof is Proof.SHA256


def test_the_receiver_is_told_a_plain_name(receiver: Receiver, clip: Consignment) -> None:
    foldered = Consignment(
        path=clip.path, file_name='venue/camera/añ"b.mp4', size_bytes=clip.size_bytes, sha256=clip.sha256
    )
    uploader(receiver).send(foldered, key=KEY)
    assert receiver.arrivals[0].name == "añ%22b.mp4"


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_of_answer(receiver: Receiver, clip: Consignment, shape: Shape) -> None:
    receiver.shape = shape
    receipt = uploader(receiver, base=receiver.files_url).send(clip, key=KEY)

    stored = f"00001_{CLIP}"
    address = f"{receiver.files_url}/{stored}"
    if shape in (Shape.LONG_TEXT, Shape.EMPTY, Shape.NOWHERE):
        assert receipt.stored_name == CLIP
        assert receipt.url == f"{receiver.files_url}/{CLIP}"
    else:
        assert receipt.stored_name == (address if shape.value.endswith("url") else stored)
        assert receipt.url == address


@pytest.mark.parametrize(
    ("states", "proof"),
    [
        pytest.param(["sha256", "md5", "size"], Proof.SHA256, id="the best of what it names"),
        pytest.param(["md5", "size"], Proof.MD5, id="md5"),
        pytest.param(["size"], Proof.LENGTH, id="length"),
    ],
)
def test_what_the_answer_names_is_compared(
    receiver: Receiver, clip: Consignment, states: list[str], proof: Proof
) -> None:
    receiver.states = states
    receipt = uploader(receiver).send(clip, key=KEY)
    assert receipt.proof is proof
    assert receiver.looked == []


@pytest.mark.parametrize(
    ("head", "length", "proof", "looked"),
    [
        pytest.param(True, True, Proof.LENGTH, ["HEAD"], id="HEAD"),
        pytest.param(True, False, Proof.SHA256, ["HEAD", "GET"], id="HEAD without a length"),
        pytest.param(False, True, Proof.SHA256, ["HEAD", "GET"], id="no HEAD"),
    ],
)
def test_an_answer_that_names_nothing_is_followed_by_a_look(
    receiver: Receiver, clip: Consignment, head: bool, length: bool, proof: Proof, looked: list[str]
) -> None:
    receiver.states, receiver.answers_head, receiver.names_length = [], head, length
    receipt = uploader(receiver, base=receiver.files_url).send(clip, key=KEY)
    assert receipt.proof is proof
    assert receiver.looked == [f"{method} /files/00001_{CLIP}" for method in looked]


@pytest.mark.parametrize("head", [True, False])
def test_a_look_that_finds_less_is_no_success(receiver: Receiver, clip: Consignment, head: bool) -> None:
    receiver.states, receiver.answers_head = [], head
    receiver.plan = once(Fault.SHORT_COPY)
    with pytest.raises(CopyDiffers, match=CLIP):
        uploader(receiver, base=receiver.files_url).send(clip, key=KEY)


def test_a_look_at_a_longer_file_stops_where_ours_ends(receiver: Receiver, clip: Consignment) -> None:
    with HttpExchange() as exchange:
        uploader(receiver).send(clip, key=KEY)
        address = f"{receiver.files_url}/00001_{CLIP}"
        assert exchange.sha256_of(address, size_bytes=clip.size_bytes, timeout_s=5) == clip.sha256
        assert exchange.sha256_of(address, size_bytes=clip.size_bytes - 1, timeout_s=5) is None


def test_a_look_that_fails_is_no_failed_delivery(receiver: Receiver, clip: Consignment) -> None:
    receiver.states = []
    receipt = uploader(receiver, base=f"{receiver.base_url}/nowhere").send(clip, key=KEY)
    assert receipt.proof is Proof.NONE
    assert "404" in receipt.facts["compared"]


def test_a_player_at_the_address_says_nothing_of_the_file(receiver: Receiver, clip: Consignment) -> None:
    """Its length is never that of the clip; taken for the copy, nothing would ever be delivered."""
    receiver.states, receiver.media_type = [], "text/html; charset=utf-8"
    receiver.plan = once(Fault.SHORT_COPY)
    receipt = uploader(receiver, base=receiver.files_url).send(clip, key=KEY)
    assert receipt.proof is Proof.NONE


def test_nobody_is_asked_on_another_host(receiver: Receiver, clip: Consignment) -> None:
    receiver.states, receiver.shape = [], Shape.URL
    receiver.files_host = "localhost"  # another name for the same place
    receipt = uploader(receiver).send(clip, key=KEY)
    assert receipt.url == f"http://localhost:{receiver.port}/files/00001_{CLIP}"
    assert receipt.proof is Proof.NONE
    assert receiver.looked == []

    allowed = uploader(receiver, base=f"http://localhost:{receiver.port}").send(clip, key=KEY)
    assert allowed.proof is Proof.LENGTH


@pytest.mark.parametrize("fault", [Fault.WRONG_HASH, Fault.WRONG_LENGTH, Fault.SHORT_COPY])
def test_a_copy_that_differs_is_sent_again(receiver: Receiver, clip: Consignment, fault: Fault) -> None:
    receiver.plan = once(fault)
    with pytest.raises(CopyDiffers, match=CLIP):
        uploader(receiver).send(clip, key=KEY)

    assert uploader(receiver).send(clip, key=KEY).proof is Proof.SHA256
    (arrival,) = receiver.arrivals
    assert (arrival.sha256, arrival.times) == (clip.sha256, 2)


def test_an_md5_that_differs(receiver: Receiver, clip: Consignment) -> None:
    receiver.states = ["md5"]
    receiver.plan = once(Fault.SHORT_COPY)
    with pytest.raises(CopyDiffers, match="md5"):
        uploader(receiver).send(clip, key=KEY)


@pytest.mark.parametrize(
    ("fault", "words", "arrived"),
    [
        pytest.param(Fault.ERROR_500, "500", 0, id="500"),
        pytest.param(Fault.ERROR_503, "503", 0, id="503"),
        pytest.param(Fault.TOO_MANY, "429", 0, id="429"),
        pytest.param(Fault.RESET, "127.0.0.1", 0, id="reset within the file"),
        pytest.param(Fault.SUCCESS_FALSE, "quota is used up", 0, id="a 200 that is none"),
        pytest.param(Fault.NO_ANSWER, r"0\.7 s", 0, id="no answer"),
        pytest.param(Fault.STALL, r"0\.7 s", 0, id="does not read"),
        pytest.param(Fault.SLOW, r"0\.7 s", 1, id="answers too late"),
        pytest.param(Fault.TRICKLE, r"0\.7 s", 1, id="answers a byte at a time"),
        pytest.param(Fault.TRUNCATED, "broke off", 1, id="half an answer"),
        pytest.param(Fault.STORED_THEN_RESET, "127.0.0.1", 1, id="kept, then hangs up"),
    ],
)
def test_what_is_tried_again_arrives_whole_and_is_kept_once(
    receiver: Receiver, tmp_path: Path, fault: Fault, words: str, arrived: int
) -> None:
    more_than_any_buffer = fault in (Fault.RESET, Fault.STALL)
    clip = sealed_file(tmp_path, 12_000_000 if more_than_any_buffer else 700_001)
    timeout_s = 0.7 if words.endswith(" s") else 5
    receiver.plan, receiver.slow_s = once(fault), 10.0
    began = time.monotonic()
    with pytest.raises(DeliveryDeferred, match=words) as failed:
        uploader(receiver, timeout_s=timeout_s).send(clip, key=KEY)
    assert time.monotonic() - began < 3
    assert failed.value.retry_after_s == (7 if fault is Fault.TOO_MANY else None)
    assert API_KEY not in str(failed.value)

    receipt = uploader(receiver).send(clip, key=KEY)
    assert receipt.proof is Proof.SHA256
    (arrival,) = receiver.arrivals
    assert (arrival.size_bytes, arrival.sha256) == (clip.size_bytes, clip.sha256)
    assert arrival.times == 1 + arrived
    assert len(list(receiver.shelf.files_dir.iterdir())) == 1
    assert list(receiver.shelf.incoming_dir.iterdir()) == []


def test_a_long_page_instead_of_an_answer_leaves_our_own_name(receiver: Receiver, clip: Consignment) -> None:
    receiver.plan = once(Fault.NOT_JSON)
    receipt = uploader(receiver).send(clip, key=KEY)
    assert (receipt.stored_name, receipt.url, receipt.proof) == (CLIP, None, Proof.NONE)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        pytest.param(Fault.REFUSED, "403 Forbidden: key \\*\\*\\* may not write", id="403"),
        pytest.param(Fault.REDIRECT, "points to elsewhere.example", id="a redirect"),
    ],
)
def test_what_waits_for_a_person(receiver: Receiver, clip: Consignment, fault: Fault, words: str) -> None:
    receiver.plan = once(fault)
    with pytest.raises(DeliveryRefused, match=words) as refused:
        uploader(receiver).send(clip, key=KEY)
    assert API_KEY not in str(refused.value)
    assert "far-away-token" not in str(refused.value)
    assert receiver.arrivals == []


def test_a_receiver_that_says_no_to_half_a_file_is_heard(receiver: Receiver, tmp_path: Path) -> None:
    receiver.plan = once(Fault.TOO_LARGE)
    with pytest.raises(DeliveryRefused, match=r"413.*at most 1 MB"):
        uploader(receiver).send(sealed_file(tmp_path, 12_000_000), key=KEY)


@pytest.mark.parametrize("given", ["", "k-of-another-shop"])
def test_a_wrong_key_waits_for_a_person_and_is_not_shown(
    receiver: Receiver, clip: Consignment, given: str
) -> None:
    ours = HttpUploader(receiver.upload_url, given, None)
    with pytest.raises(DeliveryRefused, match="403" if given else "401") as refused:
        ours.send(clip, key=KEY)
    assert "another-shop" not in f"{refused.value!r}{ours!r}"


def test_an_outage(receiver: Receiver, clip: Consignment) -> None:
    with receiver.outage(), pytest.raises(DeliveryDeferred, match=f"127.0.0.1:{receiver.port}.*refused"):
        uploader(receiver).send(clip, key=KEY)
    assert uploader(receiver).send(clip, key=KEY).proof is Proof.SHA256


def alter(path: Path) -> None:
    """One byte, the last: all others have been sent when it is read."""
    with path.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))


@pytest.mark.parametrize(
    ("change", "at_most"),
    [
        pytest.param(alter, 1, id="one byte"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"x"), 0, id="longer"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-1]), 0, id="shorter"),
        pytest.param(lambda path: path.write_bytes(b""), 0, id="empty"),
        pytest.param(Path.unlink, 0, id="gone"),
    ],
)
def test_a_file_that_is_not_as_sealed_does_not_leave(
    receiver: Receiver, clip: Consignment, change: Callable[[Path], object], at_most: int
) -> None:
    """Where the length tells, nobody is even asked."""
    change(clip.path)
    with pytest.raises(AlteredFile, match=CLIP):
        uploader(receiver).send(clip, key=KEY)
    receiver.go_down()  # whatever was on its way is over
    assert len(receiver.asked) <= at_most
    assert receiver.arrivals == []
    assert list(receiver.shelf.files_dir.iterdir()) == []


def test_the_last_bytes_of_an_altered_file_are_never_sent(clip: Consignment) -> None:
    """A listener that only counts sees less than the file: no receiver can take it for whole."""
    alter(clip.path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        seen: list[int] = []

        def count() -> None:
            connection, _ = listener.accept()
            with connection:
                seen.append(sum(len(piece) for piece in iter(lambda: connection.recv(1 << 16), b"")))

        counting = Thread(target=count)
        counting.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        try:
            with pytest.raises(AlteredFile):
                HttpUploader(url, "", None, timeout_s=lambda _size: 2).send(clip, key=KEY)
        finally:
            counting.join()
    assert 0 < seen[0] < clip.size_bytes


def test_a_file_may_be_empty_and_is_empty(receiver: Receiver, tmp_path: Path) -> None:
    receipt = uploader(receiver).send(sealed_file(tmp_path, 0), key=KEY)
    assert receipt.proof is Proof.SHA256
    assert receiver.arrivals[0].sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize("size_bytes", [1, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1 << 19])
def test_files_around_the_size_of_a_piece(receiver: Receiver, tmp_path: Path, size_bytes: int) -> None:
    uploader(receiver).send(sealed_file(tmp_path, size_bytes), key=KEY)
    assert receiver.arrivals[0].size_bytes == size_bytes


def test_the_time_for_an_upload_grows_with_the_file() -> None:
    assert upload_timeout_s(0) == 60
    assert upload_timeout_s(25_000_000) == 310


CHILD = """
import resource, sys
from pathlib import Path
from sightline.delivery.http_upload import HttpUploader
from sightline.domain.delivery import Consignment

def peak_kb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

url, path, size, sha256 = sys.argv[1:]
uploader = HttpUploader(url, "k", None)
small = Consignment(path=Path(path), file_name="clip.mp4", size_bytes=int(size), sha256=sha256)
before = peak_kb()
receipt = uploader.send(small, key="big")
print(receipt.proof, peak_kb() - before)
"""


def test_a_hundred_and_fifty_megabytes_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(150_000_000)
    clip = as_sealed(path)
    with Receiver() as receiver:
        words = [receiver.upload_url, str(path), str(clip.size_bytes), clip.sha256]
        child = subprocess.run(
            [sys.executable, "-c", CHILD, *words], capture_output=True, text=True, check=True
        )
    proof, grown_kb = child.stdout.split()
    assert proof == "sha256"
    assert int(grown_kb) < 60_000
