"""What follows from the figures of a window, in sentences, with what they suggest to do.

A rule says that something differs only when chance makes such a difference in fewer than one of twenty
windows; where it picks the largest of several (hours, zones, ages), in fewer than one of twenty for all of
them together. Stays of one visit come together, so counts of stays are scaled down to visits before a test.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sightline.analytics.finding_texts import Words
from sightline.analytics.insights import comparable, is_significant
from sightline.analytics.shares import UNKNOWN
from sightline.analytics.significance import SIGNIFICANT, p_of_shares, scaled
from sightline.analytics.traffic_window import people_by_age, people_by_gender
from sightline.analytics.whole_window import WholeWindow
from sightline.domain.interval import wilson
from sightline.domain.traffic_alarm import Change

FEWEST_VISITS = 30
FEWEST_SERVED = 10
"""Times served or left unattended, below which no share of them is told."""
FEWEST_QUEUES = 10
FEWEST_HOURS = 4
"""With as many days of knowledge as the busiest one, for an average hour to mean something."""
TOO_OFTEN = 0.1
LONG_WAIT_S = 300.0
LEFT_OUT_ABOVE = 0.1
UNKNOWN_ABOVE = 0.3
SMALLEST_UNLIKE = 0.02
"""Shares nearer to each other than two points look alike to people, however sure the difference is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One of them.

    Attributes:
        rule: that found it.
        advice: empty where the figures suggest nothing.
        query: of the events or stays it was made of, as `/review` takes it.
    """

    rule: str
    said: str
    advice: str = ""
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Share:
    hits: int
    trials: int

    @property
    def value(self) -> float:
        return self.hits / self.trials

    def p_against(self, other: "_Share") -> float:
        return p_of_shares(self.hits, self.trials, other.hits, other.trials)

    def is_unlike(self, other: "_Share", limit: float) -> bool:
        """Whether it differs by more than chance, and by as much as people care for."""
        return (
            self.trials > 0
            and other.trials > 0
            and abs(self.value - other.value) >= SMALLEST_UNLIKE
            and self.p_against(other) < limit
        )


def findings(seen: WholeWindow, language: str) -> list[Finding]:
    """What can be said about a window, by topic: traffic, people, service, engagement, gaps.

    Args:
        language: `en` or `fr`.
    """
    words = Words(language)
    if not seen.current.stays:
        key = "nobody_came" if seen.current.known else "nobody_knows"
        return [Finding(rule=key, said=words.texts[key]), *_served(seen, words), *_unobserved(seen, words)]
    return [
        *_few(seen, words),
        *_traffic(seen, words),
        *_peak(seen, words),
        *_labels(seen, words),
        *_returns(seen, words),
        *_served(seen, words),
        *_zones(seen, words),
        *_unobserved(seen, words),
    ]


def _few(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    visits = seen.current.presence.visits
    if visits < FEWEST_VISITS:
        said = words.texts["few"].format(visits=words.number(visits))
        yield Finding(rule="few", said=said, advice=words.texts["few_advice"], query={"show": "visits"})


def _traffic(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    change = comparable(seen.current, seen.previous, seen.now)
    if change is None or not change.before:
        return
    key = "traffic_steady"
    if is_significant(change, seen.current, seen.previous):
        key = "traffic_up" if change.after > change.before else "traffic_down"
    said = words.texts[key].format(
        percent=words.percent(abs(change.share or 0.0)),
        after=words.number(change.after),
        before=words.number(change.before),
    )
    advice = words.texts.get(f"{key}_advice", "")
    yield Finding(rule=key, said=said, advice=advice, query={"show": "visits"})


def _peak(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    """The busiest hour against the mean of those that had visitors, too, and are known of as many days."""
    days_of = Counter(hour for _, hour in seen.known_slots)
    stays = {hour: seen.stays_of_hour(hour) for hour in days_of}
    peak = max(stays, key=lambda hour: (stays[hour], -hour), default=None)
    if peak is None:
        return
    others = [
        number for hour, number in stays.items() if hour != peak and number and days_of[hour] == days_of[peak]
    ]
    if len(others) < FEWEST_HOURS:
        return
    mean = sum(others) / len(others)
    scale = _visits_each_stay(seen)
    p = Change(scaled(round(mean), scale), scaled(stays[peak], scale)).p_value
    if p * (len(others) + 1) < SIGNIFICANT:
        said = words.texts["peak"].format(hour=words.hour(peak), ratio=words.number(stays[peak] / mean, 1))
        query = {"show": "visits", "hour": peak}
        yield Finding(rule="peak", said=said, advice=words.texts["peak_advice"], query=query)


def _labels(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    """The change of one label that is surest, and how many people are not known at all."""
    now, before = seen.current.labels, seen.previous.labels
    genders, genders_before = people_by_gender(now), people_by_gender(before)
    ages, ages_before = people_by_age(now), people_by_age(before)
    labels = [label for label in ages if label != UNKNOWN]
    women = _among_known(genders, "F"), _among_known(genders_before, "F")
    if women[0].is_unlike(women[1], SIGNIFICANT):
        yield _label(words, "gender", "F", *women)
    shares = {label: (_among_known(ages, label), _among_known(ages_before, label)) for label in labels}
    surest = min(labels, key=lambda label: shares[label][0].p_against(shares[label][1]), default=None)
    if surest is not None and shares[surest][0].is_unlike(shares[surest][1], SIGNIFICANT / len(labels)):
        yield _label(words, "age", surest, *shares[surest])
    people = sum(one.people for one in now)
    neither = sum(one.people for one in now if not one.gender and not one.age_bracket)
    if people and neither == people:
        yield Finding(rule="labels_none", said=words.texts["labels_none"], query={"show": "visits"})
    elif people and neither / people > UNKNOWN_ABOVE:
        said = words.texts["labels_unknown"].format(share=words.percent(neither / people))
        yield Finding(rule="labels_unknown", said=said, query={"show": "visits"})


def _label(words: Words, key: str, label: str, now: _Share, before: _Share) -> Finding:
    said = words.texts[key].format(
        label=label, share=words.percent(now.value), before=words.percent(before.value)
    )
    return Finding(rule=key, said=said, advice=words.texts["labels_advice"], query={"show": "visits"})


def _among_known(people: Mapping[str, int], label: str) -> _Share:
    return _Share(people.get(label, 0), sum(people.values()) - people.get(UNKNOWN, 0))


def _returns(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    there, earlier = seen.current.presence, seen.previous.presence
    if there.people < FEWEST_VISITS:
        return
    now, before = _Share(there.returned, there.people), _Share(earlier.returned, earlier.people)
    key = "returns"
    if before.trials >= FEWEST_VISITS:
        key = "returns_steady"
        if now.is_unlike(before, SIGNIFICANT):
            key = "returns_up" if now.value > before.value else "returns_down"
    said = words.texts[key].format(
        share=words.percent(now.value, 1),
        returned=words.number(now.hits),
        people=words.number(now.trials),
        before=words.percent(before.value, 1) if before.trials else "",
    )
    advice = words.texts.get(f"{key}_advice", "")
    yield Finding(rule=key, said=said, advice=advice, query={"show": "visits"})


def _served(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    service = seen.service
    met, alone = service["interactions"]["count"], service["unattended"]["count"]
    share = wilson(alone, met + alone)
    if share is not None and met + alone >= FEWEST_SERVED:
        said = words.texts["unattended"].format(
            alone=words.number(alone),
            met=words.number(met),
            share=words.percent(share.value),
            low=words.percent(share.low),
            high=words.percent(share.high),
        )
        advice = words.texts["unattended_advice"] if share.low > TOO_OFTEN else ""
        yield Finding(rule="unattended", said=said, advice=advice, query={"kind": "unattended"})
        yield from _worst_hour(seen, _Share(alone, met + alone), words)
    queues = service["queues"]
    half, most = queues["wait_s"]["p50"], queues["wait_s"]["p90"]
    if queues["count"] >= FEWEST_QUEUES and half is not None and most is not None:
        said = words.texts["queue"].format(
            count=words.number(queues["count"]), half=words.span(half), most=words.span(most)
        )
        limit = words.number(LONG_WAIT_S / 60)
        advice = words.texts["queue_advice"].format(limit=limit) if most > LONG_WAIT_S else ""
        yield Finding(rule="queue", said=said, advice=advice, query={"kind": "queue"})


def _worst_hour(seen: WholeWindow, whole: _Share, words: Words) -> Iterator[Finding]:
    hours = {
        one["hour"]: _Share(one["unattended"], one["interactions"] + one["unattended"])
        for one in seen.service["by_hour"]
        if one["interactions"] is not None and one["interactions"] + one["unattended"] >= FEWEST_SERVED
    }
    worst = max(hours, key=lambda hour: (hours[hour].value, -hour), default=None)
    if worst is None:
        return
    here = hours[worst]
    other = _Share(whole.hits - here.hits, whole.trials - here.trials)
    if other.trials and here.value > other.value and here.is_unlike(other, SIGNIFICANT / len(hours)):
        said = words.texts["unattended_hour"].format(
            hour=words.hour(worst), share=words.percent(here.value), other=words.percent(other.value)
        )
        yield Finding(
            rule="unattended_hour",
            said=said,
            advice=words.texts["unattended_hour_advice"],
            query={"kind": "unattended", "hour": worst},
        )


def _zones(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    """The most engaging zone against all others, over the visits that were scored."""
    scale = _visits_each_stay(seen)
    scored = {
        zone: _Share(scaled(one.high_n, scale), scaled(one.scored_n, scale))
        for zone, one in seen.by_zone.items()
        if scaled(one.scored_n, scale) >= FEWEST_VISITS
    }
    if len(scored) < 2:
        return
    best = min(scored, key=lambda zone: (-scored[zone].value, zone))
    worst = min(scored, key=lambda zone: (scored[zone].value, zone))
    rest = [share for zone, share in scored.items() if zone != best]
    others = _Share(sum(one.hits for one in rest), sum(one.trials for one in rest))
    if not scored[best].is_unlike(others, SIGNIFICANT / len(scored)):
        yield Finding(rule="zone_steady", said=words.texts["zone_steady"], query={"show": "visits"})
        return
    there = {zone: _Share(seen.by_zone[zone].high_n, seen.by_zone[zone].scored_n) for zone in scored}
    names = {
        "zone": best,
        "share": words.percent(there[best].value),
        "other": words.percent(others.value),
        "worst": worst,
        "worst_share": words.percent(there[worst].value),
    }
    yield Finding(
        rule="zone",
        said=words.texts["zone"].format(**names),
        advice=words.texts["zone_advice"].format(**names),
        query={"show": "visits", "zone": best},
    )


def _unobserved(seen: WholeWindow, words: Words) -> Iterator[Finding]:
    share = seen.coverage["observed_share"]
    if share is not None and 1 - share > LEFT_OUT_ABOVE:
        said = words.texts["unobserved"].format(share=words.percent(1 - share))
        yield Finding(rule="unobserved", said=said, advice=words.texts["unobserved_advice"])


def _visits_each_stay(seen: WholeWindow) -> float:
    return seen.current.presence.visits / max(1, seen.current.stays)
