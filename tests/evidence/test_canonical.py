"""One spelling for signed statements."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.evidence.canonical import canonical_json, parse_canonical, utc_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: "\\ud" not in ascii(value))


@given(st.dictionaries(st.text(), VALUES, max_size=4).filter(lambda value: "\\ud" not in ascii(value)))
def test_what_was_written_reads_back_and_is_written_alike(value: dict[str, object]) -> None:
    line = canonical_json(value)
    assert parse_canonical(line) == value
    assert canonical_json(parse_canonical(line)) == line
    assert b"\n" not in line


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"a": 1}', id="a space"),
        pytest.param(b'{"b":1,"a":2}', id="keys not sorted"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'{"a":"\\u00e9"}', id="an escaped letter"),
        pytest.param(b'{"a":1.0e0}', id="another spelling of a number"),
        pytest.param(b"[1]", id="not an object"),
        pytest.param(b'{"a":NaN}', id="not a number"),
        pytest.param(b'{"a":"\\ud800"}', id="half a letter"),
        pytest.param(b"[" * 100_000, id="nested too deeply"),
        pytest.param(b"\xff", id="not text"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_any_other_spelling_was_not_written_by_us(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  json, unicode and our own, all are ValueError
        parse_canonical(line)


def test_times_are_utc_to_the_microsecond() -> None:
    paris = timezone(timedelta(hours=2))
    assert utc_text(datetime(2025, 10, 25, 13, 30, 52, tzinfo=paris)) == "2025-10-25T11:30:52.000000Z"
    with pytest.raises(ValueError, match="zone"):
        utc_text(datetime(2025, 10, 25))  # noqa: DTZ001
    assert utc_text(datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC)).endswith(":05.000006Z")
