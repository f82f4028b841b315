"""The time-outs of receivers may be shortened where the outbox is wired, so that silence can be measured."""

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from evidence_site import EVENTS
from outbox_site import QUICK, OutboxSite

from sightline.delivery_wiring import outbox_worker
from sightline.receivers import TimeOuts
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault


@pytest.mark.parametrize("path", ["/upload", "/incident", "/footfall"])
def test_a_receiver_that_says_nothing_is_given_up_after_the_time_that_was_set(
    site_with: Callable[..., OutboxSite], receiver: Receiver, path: str
) -> None:
    silent: list[int] = []

    def once(number: int, to: str, _key: str) -> Fault | None:
        if to != path or silent:
            return None
        silent.append(number)
        return Fault.NO_ANSWER

    receiver.plan = once
    site = site_with(
        delivery={
            "evidence": {"to": "http", "url": receiver.upload_url},
            "incidents": {"url": receiver.incident_url},
            "footfall": {"url": receiver.footfall_url},
        }
    )
    site.conclude(EVENTS[0])
    site.seal()
    began = time.monotonic()
    worker = outbox_worker(site.site, rhythm=QUICK, time_outs=TimeOuts(upload_s=0.3, report_s=0.3))
    left = worker.drain(10)
    assert (left.waiting, left.dead, len(silent)) == (0, 0, 1)
    assert 0.3 <= time.monotonic() - began < 8


def test_a_lane_is_as_wide_as_was_set(site_with: Callable[..., OutboxSite], receiver: Receiver) -> None:
    from sightline.domain.outbox import Channel

    asked_at: list[float] = []

    def note(_number: int, _path: str, _key: str) -> Fault:
        asked_at.append(time.monotonic())
        return Fault.SLOW

    receiver.plan, receiver.slow_s = note, 0.15
    site = site_with(delivery={"evidence": {"to": "http", "url": receiver.upload_url}})
    site.conclude()
    site.seal()
    outbox_worker(site.site, rhythm=QUICK, at_a_time={Channel.UPLOAD: 1}).drain(10)
    pauses = [late - early for early, late in pairwise(asked_at)]
    assert len(pauses) == len(EVENTS) - 1
    assert min(pauses) >= 0.15
