"""Marks of people, behaviour and weekdays lead to exactly the stays that they count."""

import html
import re

import pytest
from clip_platform import ClipPlatform
from evidence_site import VENUE
from filled_shop import DAYS, LAST

TO = LAST.isoformat()
Marks = list[tuple[str, str]]


@pytest.fixture(scope="module")
def weeks(filled: ClipPlatform) -> str:
    """All days at once: more than two weeks, so that the grid is of weekdays."""
    answer = filled.ask("GET", f"/analytics-dashboard/{VENUE}", params={"days": DAYS, "to": TO})
    assert answer.status_code == 200
    return answer.text


def marks_of(page: str, name: str) -> Marks:
    """Address and words of the marks of a figure."""
    section = re.search(rf'<section class="card[^"]*" id="{name}".*?</section>', page, re.DOTALL)
    assert section is not None, name
    found = re.findall(r'<a href="([^"]+)" aria-label="([^"]*)"(?: class="share")?>', section[0])
    return list(dict.fromkeys((html.unescape(href), html.unescape(said)) for href, said in found))


def behind(filled: ClipPlatform, address: str) -> tuple[int, int]:
    """Stays and people that the list counts."""
    answer = filled.ask("GET", address)
    assert answer.status_code == 200, answer.text[:300]
    many = re.search(r"<strong>(\d+) stays? in (?:a zone|zones), of (\d+|one) visitor", answer.text)
    if many is None:
        return (1, 1) if "<strong>1 stay in a zone" in answer.text else (0, 0)
    return int(many[1]), 1 if many[2] == "one" else int(many[2])


@pytest.mark.parametrize("name", ["gender", "ages"])
def test_a_mark_of_people_leads_to_the_stays_of_these_people(
    filled: ClipPlatform, weeks: str, name: str
) -> None:
    marks = marks_of(weeks, name)
    told = [int(re.search(r"(\d+) of the visitors", said)[1]) for _, said in marks]  # type: ignore[index]

    assert len(told) == 3
    assert [behind(filled, href)[1] for href, _ in marks] == told


@pytest.mark.parametrize("name", ["engagement", "behaviors", "postures", "orientation"])
def test_a_mark_of_behaviour_leads_to_the_stays_that_carry_it(
    filled: ClipPlatform, weeks: str, name: str
) -> None:
    marks = marks_of(weeks, name)
    told = [int(re.search(r"(\d+) of the stays", said)[1]) for _, said in marks]  # type: ignore[index]

    assert sum(told) > 100
    assert [behind(filled, href)[0] for href, _ in marks] == told


def test_a_cell_of_the_weekdays_leads_to_the_stays_of_all_these_days(
    filled: ClipPlatform, weeks: str
) -> None:
    marks = [one for one in marks_of(weeks, "heat") if re.search(r"(?:09|12|17):00", one[1])]
    told = [int(re.search(r"(\d+) in all", said)[1]) for _, said in marks]  # type: ignore[index]

    assert len(marks) == 7 * 3
    assert set(told) == {0, 5, 8, 12}
    assert [behind(filled, href)[0] for href, _ in marks] == told


def test_a_whole_weekday_is_its_days_and_what_was_chosen_stays_chosen(filled: ClipPlatform) -> None:
    first = LAST.replace(day=LAST.day - DAYS + 1).isoformat()
    params = {"venue_id": VENUE, "show": "visits", "first": first, "last": TO, "weekday": 5}
    page = filled.ask("GET", "/review", params=params | {"behavior": "dancing", "page": 1}).text
    days = [
        behind(filled, f"/review?venue_id={VENUE}&show=visits&first={one}&last={one}")[0]
        for one in ("2025-10-11", "2025-10-18", TO)
    ]

    assert '<option value="5" selected>Saturdays</option>' in page
    assert '<option value="dancing" selected>dancing</option>' in page
    assert "<details open>" in page
    assert "No conditions" in page
    address = f"/review?venue_id={VENUE}&show=visits&first={first}&last={TO}&weekday=5"
    assert behind(filled, address)[0] == sum(days)
    events = filled.ask("GET", "/review", params={**params, "show": "events", "weekday": "6"}).text
    assert 'class="event"' not in events
