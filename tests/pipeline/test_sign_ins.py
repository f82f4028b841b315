"""Sessions over time, guesses and their pauses, with a clock that the test turns."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher

from sightline.domain.account import Role, sign_in_name, why_not_password
from sightline.pipeline.accounts import AccountRefused, Accounts
from sightline.pipeline.back_off import OF_ADDRESS, OF_NAME_AND_ADDRESS, BackOff
from sightline.pipeline.passwords import Passwords
from sightline.pipeline.sign_ins import LONGEST_LIFE, LONGEST_UNUSED, SignIns, TooManyAttempts
from sightline.store.database import Database, open_database, sqlite_url

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PASSWORD = "four words that fit"
CHEAP = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - NOON).total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "sightline.db")) as opened:
        yield opened


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    made = Accounts(database, Passwords(CHEAP), clock=clock)
    made.add("anna", Role.ADMINISTRATOR, PASSWORD)
    return made


@pytest.fixture
def sign_ins(database: Database, clock: Clock, accounts: Accounts) -> SignIns:
    back_off = BackOff(monotonic=clock.monotonic)
    return SignIns(database, Passwords(CHEAP), back_off=back_off, clock=clock)


def begin(sign_ins: SignIns, password: str = PASSWORD, address: str = "192.0.2.1") -> str | None:
    session = sign_ins.sign_in("Anna", password, address=address).session
    return session.token if session else None


def test_a_session_ends_when_it_is_not_used(sign_ins: SignIns, clock: Clock) -> None:
    token = begin(sign_ins)
    assert token is not None
    clock.now += LONGEST_UNUSED - timedelta(seconds=1)
    assert sign_ins.account_of(token) is not None
    clock.now += LONGEST_UNUSED - timedelta(seconds=1)
    assert sign_ins.account_of(token) is not None, "it was used in between"
    clock.now += LONGEST_UNUSED
    assert sign_ins.account_of(token) is None


def test_a_session_ends_after_a_week_however_busy(sign_ins: SignIns, clock: Clock) -> None:
    token = begin(sign_ins)
    assert token is not None
    while clock.now < NOON + LONGEST_LIFE:
        assert sign_ins.account_of(token) is not None, clock.now
        clock.now += timedelta(hours=6)
    assert sign_ins.account_of(token) is None


def test_sessions_that_are_over_are_forgotten_and_no_others(sign_ins: SignIns, clock: Clock) -> None:
    begin(sign_ins)
    clock.now += timedelta(hours=11)
    fresh = begin(sign_ins)
    clock.now += timedelta(hours=2)
    assert sign_ins.forget_over() == 1
    assert fresh is not None
    assert sign_ins.account_of(fresh) is not None


def test_five_guesses_are_free_then_pauses_double(sign_ins: SignIns, clock: Clock) -> None:
    for _ in range(OF_NAME_AND_ADDRESS.free):
        assert begin(sign_ins, "wrong password") is None
    pauses = []
    for _ in range(12):
        with pytest.raises(TooManyAttempts) as waiting:
            begin(sign_ins, "wrong password")
        pauses.append(round(waiting.value.retry_after_s))
        clock.now += timedelta(seconds=waiting.value.retry_after_s)
        assert begin(sign_ins, "wrong password") is None
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_nobody_is_locked_out_by_the_guesses_of_others(sign_ins: SignIns) -> None:
    for number in range(20):
        for _ in range(OF_NAME_AND_ADDRESS.free):
            begin(sign_ins, "wrong password", f"198.51.100.{number}")
    assert begin(sign_ins) is not None


def test_many_names_from_one_address_are_slowed_down_too(sign_ins: SignIns) -> None:
    def guess_all() -> None:
        for number in range(OF_ADDRESS.free + 1):
            sign_ins.sign_in(f"name {number}", "wrong password", address="192.0.2.9")

    with pytest.raises(TooManyAttempts):
        guess_all()


def test_signing_in_often_is_no_guessing(sign_ins: SignIns) -> None:
    assert all(begin(sign_ins) is not None for _ in range(2 * OF_ADDRESS.free))


def test_guesses_at_once_get_no_further_than_one_after_another() -> None:
    back_off, barrier, let_in = BackOff(monotonic=lambda: 0.0), Barrier(16), []

    def guess() -> None:
        barrier.wait()
        let_in.append(back_off.begin("anna", "192.0.2.1") == 0)

    threads = [Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(let_in) == OF_NAME_AND_ADDRESS.free


def test_an_unknown_name_costs_as_many_hashes_as_a_known_one(
    sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(sign_ins, "warm up"), sign_ins.sign_in("nobody", "warm up", address="192.0.2.3")
    counted: list[str] = []
    verify = Argon2Hasher.verify

    def counting(self: Argon2Hasher, password: str, stored: str) -> bool:
        counted.append(stored.rsplit("$", 2)[0])
        return bool(verify(self, password, stored))

    monkeypatch.setattr(Argon2Hasher, "verify", counting)
    begin(sign_ins, "wrong password")
    sign_ins.sign_in("nobody", "wrong password", address="192.0.2.4")
    assert len(counted) == 2
    assert counted[0] == counted[1], "with the same parameters"


def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    class Slow(Passwords):
        def fits(self, password: str, stored: str | None) -> tuple[bool, str | None]:
            answer = super().fits(password, stored)
            accounts.change(accounts.named("anna").id, password="quite another one")
            return answer

    sign_ins = SignIns(database, Slow(CHEAP), clock=clock)
    with pytest.raises(AccountRefused):
        sign_ins.sign_in("anna", PASSWORD, address="192.0.2.1")


def test_the_hash_of_the_product_costs_what_rfc_9106_recommends() -> None:
    """64 MiB, three passes, four lanes; all other tests take a cheaper one."""
    assert Passwords().hashed(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_dated_hash_is_replaced_at_the_next_sign_in(
    database: Database, accounts: Accounts, clock: Clock
) -> None:
    before = accounts.named("anna").password_hash
    stronger = Passwords(Argon2Hasher(time_cost=2, memory_cost=64, parallelism=1))
    sign_ins = SignIns(database, stronger, clock=clock)
    assert begin(sign_ins) is not None
    after = accounts.named("anna").password_hash
    assert ("t=1" in before, "t=2" in after) == (True, True)
    assert begin(sign_ins) is not None


def test_two_administrators_cannot_demote_each_other(database: Database, accounts: Accounts) -> None:
    accounts.add("bob", Role.ADMINISTRATOR, PASSWORD)
    ids, barrier, outcomes = [one.id for one in accounts.all()], Barrier(2), []

    def demote(account_id: str) -> None:
        barrier.wait()
        try:
            accounts.change(account_id, role=Role.VIEWER)
            outcomes.append("done")
        except AccountRefused:
            outcomes.append("refused")

    threads = [Thread(target=demote, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert accounts.has_administrator()


@given(typed=st.text(max_size=30))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_stored_form_of_a_name_is_its_own(typed: str) -> None:
    assert sign_in_name(f" {sign_in_name(typed)}\t") == sign_in_name(sign_in_name(typed))


@given(password=st.text(min_size=10, max_size=200))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_whatever_may_be_a_password_opens(password: str) -> None:
    if why_not_password(password, "anna"):
        return
    passwords = Passwords(CHEAP)
    stored = passwords.hashed(password)
    assert passwords.fits(password, stored) == (True, None)
    assert passwords.fits(password + "x", stored)[0] is False
    assert passwords.fits(password, None)[0] is False
