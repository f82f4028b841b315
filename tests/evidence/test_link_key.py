"""The key of private links: made once, kept closed, compared in constant time, replaced at once."""

import hmac
import stat
import threading
from base64 import urlsafe_b64decode
from pathlib import Path
from uuid import uuid4

import pytest

from sightline.errors import EvidenceError
from sightline.evidence import link_key
from sightline.evidence.link_key import LinkKey, open_link_key


@pytest.fixture
def key(tmp_path: Path) -> LinkKey:
    return open_link_key(tmp_path / "keys")


def test_it_is_made_once_of_32_bytes_that_only_its_owner_reads(key: LinkKey, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "links.key"
    first = path.read_bytes()
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = open_link_key(tmp_path / "keys")
    assert path.read_bytes() == first
    assert again.token("a") == key.token("a")


def test_many_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    tokens: list[str] = []
    starting = [
        threading.Thread(target=lambda: tokens.append(open_link_key(tmp_path / "keys").token("a")))
        for _ in range(8)
    ]
    for one in starting:
        one.start()
    for one in starting:
        one.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1


def test_a_token_is_key_id_and_hmac_of_the_link_id(key: LinkKey, tmp_path: Path) -> None:
    link_id = str(uuid4())
    token = key.token(link_id)
    assert len(token) == 48
    raw = urlsafe_b64decode(token)
    secret = (tmp_path / "keys" / "links.key").read_bytes()
    assert raw[:4].hex() == key.key_id
    assert raw[4:] == hmac.new(secret, b"sightline private link\0" + link_id.encode(), "sha256").digest()


def test_it_opens_its_own_link_and_no_other(key: LinkKey) -> None:
    one, other = str(uuid4()), str(uuid4())
    token = key.token(one)
    assert key.opens(one, token)
    assert not key.opens(other, token)
    assert not key.opens(one.upper(), token)
    for wrong in ("", token[:-1], token + "=", token.swapcase(), "\ud800", "é" * 48, "\0", token * 1_000):
        assert not key.opens(one, wrong)


def test_tokens_are_compared_in_constant_time(key: LinkKey, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def watched(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return False

    token = key.token("a")
    monkeypatch.setattr(link_key.hmac, "compare_digest", watched)
    assert not key.opens("a", token), "something else than compare_digest decided"
    assert not key.opens("a", "x")
    assert compared == [(token.encode(), token.encode()), (token.encode(), b"x")]


def test_a_new_key_counts_at_once_for_whoever_holds_the_old_one(key: LinkKey, tmp_path: Path) -> None:
    other_process = open_link_key(tmp_path / "keys")
    old, old_id = key.token("a"), key.key_id
    other_process.rotate()
    assert not key.opens("a", old)
    assert key.opens("a", other_process.token("a"))
    assert key.key_id != old_id
    assert stat.S_IMODE((tmp_path / "keys" / "links.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33], ids=["empty", "short", "long"])
def test_a_damaged_key_is_told_of_at_the_start_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    open_link_key(tmp_path / "keys")
    path = tmp_path / "keys" / "links.key"
    path.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"links\.key is damaged"):
        open_link_key(tmp_path / "keys")
    assert path.read_bytes() == content


def test_a_key_that_is_gone_opens_nothing(key: LinkKey, tmp_path: Path) -> None:
    token = key.token("a")
    (tmp_path / "keys" / "links.key").unlink()
    with pytest.raises(EvidenceError, match="restart"):
        key.opens("a", token)


def test_the_key_shows_itself_nowhere(key: LinkKey, tmp_path: Path) -> None:
    secret = (tmp_path / "keys" / "links.key").read_bytes()
    assert secret.hex() not in repr(key)
    assert repr(secret)[2:-1] not in repr(key)
