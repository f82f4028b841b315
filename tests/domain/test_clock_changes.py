"""Offsets of a window, against what the zone itself says of every moment."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.clock_changes import clock_spans
from sightline.domain.local_time import Window

ZONES = [
    "Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
    "Pacific/Apia", "America/Sao_Paulo", "UTC",
]  # fmt: skip


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(ZONES),
    to=st.dates(date(2008, 1, 1), date(2040, 1, 1)),
    days=st.integers(1, 90),
    share=st.floats(0, 1, exclude_max=True),
)
def test_offset_of_every_moment_is_that_of_the_zone(name: str, to: date, days: int, share: float) -> None:
    window = Window.of_days(days, to, ZoneInfo(name))
    at = window.start + (window.end - window.start) * share
    spans = clock_spans(window)
    assert [span.since for span in spans] == sorted(span.since for span in spans)
    assert spans[0].since == window.start
    offset = next(span.offset for span in reversed(spans) if span.since <= at)
    assert offset == at.astimezone(window.zone).utcoffset()


@pytest.mark.parametrize(
    ("name", "day", "changed"),
    [
        pytest.param("Europe/Paris", date(2026, 10, 25), "2026-10-25T01:00:00+00:00", id="back at night"),
        pytest.param(
            "Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T15:30:00+00:00", id="half an hour"
        ),
        pytest.param("America/Sao_Paulo", date(2018, 11, 3), None, id="at the midnight after the window"),
    ],
)
def test_change_is_found_to_the_second(name: str, day: date, changed: str | None) -> None:
    spans = clock_spans(Window.of_days(1, day, ZoneInfo(name)))
    assert [span.since.isoformat() for span in spans[1:]] == ([changed] if changed else [])


def test_window_without_a_change_has_one_span() -> None:
    spans = clock_spans(Window.of_days(90, date(2026, 9, 1), ZoneInfo("Europe/Paris")))
    assert [span.offset for span in spans] == [timedelta(hours=2)]
