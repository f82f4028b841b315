"""The key of faces: which spellings are one, what it opens, and that no message shows it."""

import base64

import pytest

from sightline.config.identity_key import IdentityKey, needs_key, read_identity_key
from sightline.config.settings import IdentitySettings
from sightline.errors import ConfigError

KEY = bytes(range(100, 132))
CONTENT = b"two thousand and forty-eight bytes of a face"
WHOSE = {"venue_id": "shop", "visitor_id": "v-1", "model": "face_net"}


@pytest.fixture
def key() -> IdentityKey:
    return IdentityKey.parse(KEY.hex(), named="test")


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(KEY.hex(), id="hex"),
        pytest.param(KEY.hex().upper() + "\n", id="HEX"),
        pytest.param(base64.b64encode(KEY).decode(), id="base64"),
        pytest.param(base64.urlsafe_b64encode(b"\xfb" * 31 + b"\xff").decode(), id="base64 of addresses"),
    ],
)
def test_a_key_is_64_hex_digits_or_base64(key: IdentityKey, spelling: str) -> None:
    parsed = IdentityKey.parse(spelling, named="test")
    if "-" not in spelling and "_" not in spelling:
        assert parsed.key_id == key.key_id
    assert len(parsed.key_id) == 16


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(KEY[:31].hex(), "neither base64 nor|has 46 bytes", id="a byte short"),
        pytest.param(base64.b64encode(KEY[:16]).decode(), "has 16 bytes instead of 32", id="a short key"),
        pytest.param("correct horse battery staple!", "neither base64 nor 64 hex digits", id="a password"),
        pytest.param("00" * 32, "one byte over and over", id="nothing but zeros"),
        pytest.param("é" * 43 + "=", "neither base64 nor 64 hex digits", id="letters of a language"),
    ],
)
def test_what_is_no_key_is_refused_with_the_way_to_make_one(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as refused:
        IdentityKey.parse(text, named="env:FACES")
    assert "openssl rand -base64 32" in str(refused.value)
    assert "env:FACES" in str(refused.value)
    assert text not in str(refused.value)


def test_a_missing_key_is_said_with_both_ways_out() -> None:
    settings = IdentitySettings.model_validate({"enabled": True, "key": "env:FACES"})
    with pytest.raises(ConfigError, match="FACES is not set") as refused:
        read_identity_key(settings, {})
    assert "openssl rand -base64 32" in str(refused.value)
    assert "identity.reid: false" in str(refused.value)
    assert read_identity_key(settings, {"FACES": KEY.hex()}).key_id


def test_only_sites_that_know_people_again_need_a_key() -> None:
    assert not needs_key(IdentitySettings())
    assert not needs_key(IdentitySettings(enabled=True, reid=False))
    assert needs_key(IdentitySettings(enabled=True))


def test_what_is_sealed_opens_for_the_same_visitor_only(key: IdentityKey) -> None:
    sealed = key.seal(CONTENT, **WHOSE)
    assert key.unseal(sealed, **WHOSE) == CONTENT
    assert CONTENT not in sealed
    assert len(sealed) == len(CONTENT) + 28
    for name in WHOSE:
        with pytest.raises(ConfigError, match=key.key_id):
            key.unseal(sealed, **(WHOSE | {name: "other"}))


def test_no_two_seals_are_alike(key: IdentityKey) -> None:
    assert len({key.seal(CONTENT, **WHOSE)[:12] for _ in range(50)}) == 50


@pytest.mark.parametrize("place", [0, 12, 30, -1])
def test_one_changed_bit_is_noticed(key: IdentityKey, place: int) -> None:
    sealed = bytearray(key.seal(CONTENT, **WHOSE))
    sealed[place] ^= 1
    with pytest.raises(ConfigError, match="does not open"):
        key.unseal(bytes(sealed), **WHOSE)


def test_cut_off_bytes_and_another_key_do_not_open(key: IdentityKey) -> None:
    sealed = key.seal(CONTENT, **WHOSE)
    other = IdentityKey.parse(KEY[::-1].hex(), named="test")
    assert other.key_id != key.key_id
    for bad in (sealed[:20], b"", sealed[:-1]):
        with pytest.raises(ConfigError):
            key.unseal(bad, **WHOSE)
    with pytest.raises(ConfigError, match=other.key_id):
        other.unseal(sealed, **WHOSE)


def test_the_key_is_never_shown(key: IdentityKey) -> None:
    assert KEY.hex() not in repr(key)
    assert repr(KEY)[2:20] not in repr(key)
