"""What is concluded from a window, and what is not because the figures do not carry it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from scipy.stats import chi2_contingency

from sightline.analytics.finding_texts import TEXTS
from sightline.analytics.findings import Finding, findings
from sightline.analytics.observation import Observation
from sightline.analytics.significance import p_of_shares, scaled
from sightline.analytics.traffic_window import TrafficWindow
from sightline.analytics.whole_window import WholeWindow
from sightline.domain.local_time import Window
from sightline.store.behavior_figures import BehaviorSums
from sightline.store.figures import HourOfStays, LabelledPeople, Presence

MONDAY = date(2026, 3, 9)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
SHOP_HOURS = range(9, 19)


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def traffic(
    first: date = MONDAY,
    *,
    by_hour: Mapping[int, int] | None = None,
    people: int | None = None,
    returned: int = 0,
    visits: int | None = None,
    labels: Sequence[LabelledPeople] = (),
    minutes: Mapping[datetime, int] | None = None,
) -> TrafficWindow:
    """A week; `by_hour` are the stays of its first day, each a visit unless `visits` says otherwise."""
    stays = dict(by_hour or {})
    total = sum(stays.values())
    return TrafficWindow(
        window=Window.of_days(7, first + timedelta(days=6), UTC),
        presence=Presence(
            people=total if people is None else people,
            returned=returned,
            stays=total,
            visits=total if visits is None else visits,
        ),
        labels=labels,
        hours=[
            HourOfStays(at(first, hour), number, 0, 0, 0, 0, 0, 0) for hour, number in sorted(stays.items())
        ],
        observation=Observation(
            watched=minutes is not None, cameras=1, minutes=minutes or {}, told_since=BEGUN
        ),
    )


def service(
    hours: Mapping[int, tuple[int, int]] | None = None, queues: int = 0, p50: float = 0, p90: float = 0
) -> dict[str, Any]:
    """`hours`: served, and left unattended."""
    given = hours or {}
    return {
        "interactions": {"count": sum(met for met, _ in given.values())},
        "unattended": {"count": sum(alone for _, alone in given.values())},
        "queues": {
            "count": queues,
            "wait_s": {"p50": p50 if queues else None, "p90": p90 if queues else None},
        },
        "by_hour": [
            {"hour": hour, "interactions": met, "unattended": alone} for hour, (met, alone) in given.items()
        ],
    }


def said(
    current: TrafficWindow | None = None,
    before: TrafficWindow | None = None,
    *,
    served: Mapping[str, Any] | None = None,
    zones: Mapping[str, BehaviorSums] | None = None,
    language: str = "en",
) -> dict[str, Finding]:
    """The findings, by their rule."""
    now = current or traffic(by_hour=dict.fromkeys(SHOP_HOURS, 30))
    seen = WholeWindow(
        now=NOW,
        current=now,
        previous=before or traffic(MONDAY - timedelta(days=7), by_hour=dict.fromkeys(SHOP_HOURS, 30)),
        by_hour={},
        by_day=[],
        by_zone=zones or {},
        people={},
        zones=[],
        behavior={},
        service=served or service(),
        audited=[],
    )
    return {one.rule: one for one in findings(seen, language)}


def test_of_a_window_like_the_one_before_nothing_is_recommended() -> None:
    found = said()

    assert set(found) == {"traffic_steady", "returns_steady"}
    assert not any(one.advice for one in found.values())
    assert "300 stays in zones against 300" in found["traffic_steady"].said


def test_traffic_is_up_or_down_only_beyond_chance() -> None:
    before = traffic(MONDAY - timedelta(days=7), by_hour={12: 100})

    assert "traffic_steady" in said(traffic(by_hour={12: 120}), before)
    up, down = said(traffic(by_hour={12: 150}), before), said(traffic(by_hour={12: 60}), before)

    assert (
        up["traffic_up"].said == "Traffic is up 50%: 150 stays in zones against 100 in the same hours before."
    )
    assert down["traffic_down"].advice
    assert up["traffic_up"].query == {"show": "visits"}


def test_stays_of_few_visits_conclude_nothing() -> None:
    before = traffic(MONDAY - timedelta(days=7), by_hour={12: 100}, visits=10)
    found = said(traffic(by_hour={12: 150}, visits=15), before)

    assert "traffic_steady" in found
    assert found["few"].said.startswith("Only 15 visits")


def test_the_busiest_hour_is_named_when_it_stands_out() -> None:
    hours = dict.fromkeys(SHOP_HOURS, 30)
    even, busy = said(traffic(by_hour=hours | {17: 38})), said(traffic(by_hour=hours | {17: 90}))

    assert "peak" not in even
    assert busy["peak"].said == (
        "The hour from 17:00 is the busiest: 3.0 times as many stays as the other hours on average."
    )
    assert busy["peak"].query["hour"] == 17


def test_an_hour_that_was_watched_on_more_days_is_no_peak() -> None:
    daily = {at(MONDAY + timedelta(days=day), hour): 60 for day in range(7) for hour in (17,)}
    once = {at(MONDAY, hour): 60 for hour in SHOP_HOURS}
    hours = dict.fromkeys(SHOP_HOURS, 30) | {17: 90}

    assert "peak" not in said(traffic(by_hour=hours, minutes=once | daily))
    assert "peak" in said(traffic(by_hour=hours, minutes=once))


def test_unattended_is_told_with_its_interval_and_recommended_against_when_surely_often() -> None:
    assert "unattended" not in said(served=service({12: (6, 3)})), "too few to tell a share"
    maybe, surely = said(served=service({12: (8, 2)})), said(served=service({12: (70, 30)}))

    assert "20% unattended (7% to 46%)" in maybe["unattended"].said
    assert maybe["unattended"].advice == ""
    assert surely["unattended"].advice
    assert surely["unattended"].query == {"kind": "unattended"}


def test_the_worst_hour_is_named_when_it_differs_from_the_rest() -> None:
    even = dict.fromkeys(SHOP_HOURS, (20, 5))

    assert "unattended_hour" not in said(served=service(even | {17: (18, 7)}))
    found = said(served=service(even | {17: (5, 30)}))["unattended_hour"]

    assert found.said.startswith("From 17:00")
    assert "86% against 20%" in found.said
    assert found.query == {"kind": "unattended", "hour": 17}


def test_waits_are_told_and_a_second_till_is_for_long_ones() -> None:
    assert "queue" not in said(served=service(queues=9, p50=10, p90=900))
    short = said(served=service(queues=40, p50=60, p90=300))["queue"]
    long = said(served=service(queues=40, p50=60, p90=301))["queue"]

    assert short.advice == ""
    assert "more than 5 minutes" in long.advice
    assert "5\u00a0min\u00a001\u00a0s" in long.said


def test_zones_differ_beyond_chance_or_are_said_not_to() -> None:
    hours = {12: 1000}

    def of(high: int) -> BehaviorSums:
        return BehaviorSums(stays=200, scored_n=200, high_n=high)

    alike = said(traffic(by_hour=hours), zones={"till": of(50), "wine": of(56), "bread": of(48)})
    apart = said(traffic(by_hour=hours), zones={"till": of(50), "wine": of(110), "bread": of(40)})
    rare = said(traffic(by_hour=hours, visits=40), zones={"till": of(50), "wine": of(110)})

    assert "zone_steady" in alike
    assert "55% of the stays there are highly engaged, against 22%" in apart["zone"].said
    assert "“bread” (20%)" in apart["zone"].advice
    assert not {"zone", "zone_steady"} & set(rare), "forty visits, whatever number of stays they had"


def women(share: float, people: int = 400) -> list[LabelledPeople]:
    number = round(share * people)
    return [
        LabelledPeople(gender="F", age_bracket="20-29", people=number),
        LabelledPeople(gender="M", age_bracket="30-39", people=people - number),
    ]


def test_who_comes_has_changed_only_beyond_chance() -> None:
    def with_women(share: float) -> dict[str, Finding]:
        hours = {12: 400}
        return said(
            traffic(by_hour=hours, labels=women(share)),
            traffic(MONDAY - timedelta(days=7), by_hour=hours, labels=women(0.5)),
        )

    assert not {"gender", "age"} & set(with_women(0.54))
    changed = with_women(0.7)
    assert "70% are women, against 50% before" in changed["gender"].said
    assert {"gender", "age"} <= set(changed)


def test_people_of_whom_nothing_is_known_are_told_of() -> None:
    nobody = [LabelledPeople(gender=None, age_bracket=None, people=50)]

    assert "labels_none" in said(traffic(by_hour={12: 50}, labels=nobody))
    most = said(traffic(by_hour={12: 100}, labels=[*nobody, *women(0.5, 50)]))
    assert "Of 50% of the visitors neither" in most["labels_unknown"].said


def test_returns_are_compared() -> None:
    hours = {12: 500}
    before = traffic(MONDAY - timedelta(days=7), by_hour=hours, returned=100)

    assert "returns_steady" in said(traffic(by_hour=hours, returned=110), before)
    fewer = said(traffic(by_hour=hours, returned=50), before)["returns_down"]
    assert "50 of 500 (10.0%), against 20.0% before" in fewer.said
    assert fewer.advice
    assert "returns_up" in said(traffic(by_hour=hours, returned=150), before)


def test_nothing_is_said_of_nothing() -> None:
    empty = traffic()
    unwatched = traffic(minutes={})
    assert set(said(empty, empty)) == {"nobody_came"}
    assert set(said(unwatched, empty)) == {"nobody_knows", "unobserved"}


def test_time_that_nobody_observed_is_said() -> None:
    seen = {at(MONDAY + timedelta(days=day), hour): 60 for day in range(7) for hour in SHOP_HOURS}
    found = said(traffic(by_hour={12: 30}, minutes=seen))["unobserved"]

    assert "58% of the time no camera looked" in found.said
    nearly_all = said(traffic(by_hour={12: 30}, minutes={at(MONDAY, 12): 10}))["unobserved"]
    assert "more than 99% of the time" in nearly_all.said, "somebody looked: it is not all"


def test_french_findings_are_french_and_every_sentence_has_both_languages() -> None:
    found = said(
        traffic(by_hour={12: 1500}), traffic(MONDAY - timedelta(days=7), by_hour={12: 1000}), language="fr"
    )

    assert found["traffic_up"].said == (
        "La fréquentation augmente de 50\u202f% : 1\u202f500 passages en zone contre 1\u202f000"
        " aux mêmes heures avant."
    )
    for english, french in TEXTS.values():
        assert english
        assert french
        assert english != french
        assert "'" not in french, "typographic apostrophes"


@pytest.mark.parametrize("counts", [(30, 100, 20, 100), (5, 60, 20, 80), (300, 1000, 350, 1000)])
def test_the_test_of_two_shares_is_that_of_scipy(counts: tuple[int, int, int, int]) -> None:
    hits, trials, other, others = counts
    table = [[hits, trials - hits], [other, others - other]]
    assert p_of_shares(*counts) == pytest.approx(chi2_contingency(table, correction=False).pvalue)


def test_two_shares_of_too_little_are_never_different() -> None:
    assert p_of_shares(4, 4, 0, 4) == 1.0
    assert p_of_shares(0, 0, 5, 10) == 1.0
    assert p_of_shares(0, 1000, 0, 1000) == 1.0
    assert scaled(100, 0.3) == 30
    assert scaled(100, 2.0) == 100
