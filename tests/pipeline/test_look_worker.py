"""The thread that looks: in order, no further behind than its line is long, and within its share of time."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.pipeline import look_worker
from sightline.pipeline.look_worker import LookWorker, TimeShare


def no_trouble(error: Exception) -> None:
    raise AssertionError(f"nothing should have failed: {error}")


def test_all_is_done_in_the_order_given_also_by_a_line_that_is_shorter() -> None:
    worker, done = LookWorker(room=3), []
    for number in range(50):
        assert worker.put(lambda number=number: done.append(number), no_trouble, patient=True)
    worker.finish()
    assert done == list(range(50))


def test_whoever_cannot_wait_is_let_go_when_the_line_is_full() -> None:
    worker, busy, go = LookWorker(room=2), threading.Event(), threading.Event()
    done: list[int] = []

    def first() -> None:
        busy.set()
        assert go.wait(10)

    assert worker.put(first, no_trouble, patient=False)
    assert busy.wait(10)
    taken = [worker.put(lambda n=n: done.append(n), no_trouble, patient=False) for n in range(4)]
    assert taken == [True, True, False, False]
    go.set()
    worker.finish()
    assert done == [0, 1]


def test_whoever_can_wait_does_until_there_is_room() -> None:
    worker, go = LookWorker(room=1), threading.Event()

    def waits() -> None:
        assert go.wait(10)

    threading.Timer(0.05, go.set).start()
    for _ in range(3):
        worker.put(waits, no_trouble, patient=True)
    assert go.is_set()
    worker.finish()


def test_an_error_is_told_and_the_others_go_on() -> None:
    worker, done = LookWorker(), []
    troubles: list[Exception] = []

    def fails() -> None:
        raise ValueError("a broken model")

    worker.put(fails, troubles.append, patient=True)
    worker.put(lambda: done.append(1), no_trouble, patient=True)
    worker.finish()
    assert [str(one) for one in troubles] == ["a broken model"]
    assert done == [1]


def test_a_thread_without_work_ends_and_the_next_look_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_worker, "IDLE_S", 0.05)
    worker, threads = LookWorker(), []
    for _ in range(2):
        worker.put(lambda: threads.append(threading.current_thread()), no_trouble, patient=True)
        worker.finish()
        threads[-1].join(10)
        assert not threads[-1].is_alive()
    assert threads[0] is not threads[1]


def test_slow_looks_take_no_more_than_their_share_of_real_time() -> None:
    share, each_s = 0.25, 0.02
    worker, done = LookWorker(share=share), []

    def slow() -> None:
        time.sleep(each_s)
        done.append(time.monotonic())

    began = time.monotonic()
    let_go = 0
    while time.monotonic() - began < 0.8:
        let_go += not worker.put(slow, no_trouble, patient=False)
        time.sleep(0.002)
    took = len(done) * each_s
    assert let_go
    # One may be under way that has been paid by nobody yet.
    assert 0 < took <= share * (time.monotonic() - began) + each_s


@given(
    share=st.floats(0.05, 1.0),
    steps=st.lists(st.tuples(st.floats(0, 3), st.floats(0.001, 2)), min_size=1, max_size=40),
)
@settings(deadline=None)
def test_time_spent_is_a_share_of_time_gone_by(share: float, steps: list[tuple[float, float]]) -> None:
    """Whoever waits as long as they are told to spends the share, but for the last time."""
    allowance, now, spent = TimeShare(share), 100.0, 0.0
    assert allowance.rest_s(now) == 0.0
    for idle_s, took_s in steps:
        now += idle_s
        rest_s = allowance.rest_s(now)
        now += rest_s
        assert allowance.rest_s(now) == pytest.approx(0.0, abs=1e-6)
        assert spent <= share * (now - 100.0) + 1e-6
        allowance.spend(took_s)
        now += took_s
        spent += took_s


def test_no_more_than_the_share_of_a_second_is_saved_up() -> None:
    allowance = TimeShare(0.5)
    allowance.rest_s(0.0)
    allowance.rest_s(3600.0)
    allowance.spend(1.0)
    assert allowance.rest_s(3600.0) == pytest.approx(1.0)


def test_many_may_ask_at_once() -> None:
    worker, done = LookWorker(room=4), []
    asking = [
        threading.Thread(
            target=lambda: [worker.put(lambda: done.append(1), no_trouble, patient=True) for _ in range(40)]
        )
        for _ in range(4)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join(10)
    worker.finish()
    assert len(done) == 160
