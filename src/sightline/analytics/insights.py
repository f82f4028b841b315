"""What can be said about a window in sentences, made of its figures; in English and in French."""

from collections.abc import Iterator
from datetime import datetime

from sightline.analytics.insight_texts import Texts, texts_in
from sightline.analytics.traffic_window import Slot, TrafficWindow
from sightline.domain.traffic_alarm import Change

SIGNIFICANT = 0.05
UNOBSERVED_SAID_ABOVE = 0.1


def insights(current: TrafficWindow, previous: TrafficWindow, now: datetime, language: str) -> list[str]:
    """Sentences about a window, the most important first.

    Args:
        previous: the window of the same length before it.
        now: what lies after it is not compared.
        language: `en` or `fr`.
    """
    texts = texts_in(language)
    if not current.stays:
        return [texts.nobody_came if current.known else texts.nobody_knows]
    return [
        *_traffic(current, previous, now, texts),
        *_busiest(current, texts),
        *_returns(current, texts),
        *_dwell(current, previous, texts),
        *_unobserved(current, now, texts),
    ]


def comparable(current: TrafficWindow, previous: TrafficWindow, now: datetime) -> Change | None:
    """The stays of two windows in the hours that can be compared; None when there are none.

    Those are the hours, by day of the window and clock on the wall, that are over now; where cameras watch,
    only such that were observed in both windows.
    """
    over = _slots_over(current, now)
    if current.observation.watched:
        over &= _slots_seen(current) & _slots_seen(previous)
    if not over or not (current.known and previous.known):
        return None
    return Change(
        before=sum(stays for slot, stays in previous.by_slot.items() if slot in over),
        after=sum(stays for slot, stays in current.by_slot.items() if slot in over),
    )


def is_significant(change: Change, current: TrafficWindow, previous: TrafficWindow) -> bool:
    """Whether a change is more than chance, p < 0.05.

    People come by visits, and the stays of one visit come together: visits are what is independent, so both
    counts are scaled down to as many.
    """
    visits = current.presence.visits + previous.presence.visits
    scale = min(1.0, visits / max(1, current.stays + previous.stays))
    return Change(round(change.before * scale), round(change.after * scale)).p_value < SIGNIFICANT


def _slots_over(current: TrafficWindow, now: datetime) -> set[Slot]:
    window = current.window
    if now >= window.end:
        return {(day, hour) for day in range(window.days) for hour in range(24)}
    if now <= window.start:
        return set()
    day, hour = current.slot(now)
    return {(d, h) for d in range(window.days) for h in range(24) if (d, h) < (day, hour)}


def _slots_seen(traffic: TrafficWindow) -> set[Slot]:
    return {*map(traffic.slot, traffic.observation.minutes), *traffic.by_slot}


def _traffic(current: TrafficWindow, previous: TrafficWindow, now: datetime, texts: Texts) -> Iterator[str]:
    change = comparable(current, previous, now)
    if change is None or not change.before or not is_significant(change, current, previous):
        return
    text = texts.traffic_up if change.after > change.before else texts.traffic_down
    percent = abs(change.after - change.before) / change.before * 100
    yield text.format(
        percent=texts.percent(percent),
        after=texts.number(change.after),
        before=texts.number(change.before),
    )


def _busiest(current: TrafficWindow, texts: Texts) -> Iterator[str]:
    weekday, hour = current.peak_weekday, current.peak_hour
    if weekday is None or hour is None:
        return
    if len({day for day, _ in current.by_slot}) > 1:
        yield texts.busiest.format(day=texts.weekdays[weekday], hour=hour, next=(hour + 1) % 24)
    else:
        yield texts.busiest_hour.format(hour=hour, next=(hour + 1) % 24)


def _returns(current: TrafficWindow, texts: Texts) -> Iterator[str]:
    if current.return_rate is not None:
        yield texts.returns.format(
            percent=texts.percent(current.return_rate, 1),
            returned=texts.number(current.presence.returned),
            people=texts.number(current.presence.people),
        )


def _dwell(current: TrafficWindow, previous: TrafficWindow, texts: Texts) -> Iterator[str]:
    now, before = current.dwell_minutes, previous.dwell_minutes
    if now is None or before is None or round(abs(now - before), 1) == 0:
        return
    text = texts.dwell_longer if now > before else texts.dwell_shorter
    yield text.format(change=texts.span(abs(now - before)), mean=texts.span(now))


def _unobserved(current: TrafficWindow, now: datetime, texts: Texts) -> Iterator[str]:
    share = current.observation.answer(current.window, now)["observed_share"]
    if share is not None and 1 - share > UNOBSERVED_SAID_ABOVE:
        yield texts.unobserved.format(percent=texts.percent(100 * (1 - share)))
