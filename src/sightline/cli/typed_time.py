"""Times as people type them."""

from datetime import UTC, datetime, tzinfo

from sightline.errors import ConfigError


def typed_time(option: str, text: str, zone: tzinfo) -> datetime:
    """The moment of an ISO 8601 text, in UTC; without an offset it is in `zone`.

    Raises:
        ConfigError: `text` is no time, or lies outside of what a calendar can hold.
    """
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigError(
            f"{option} {text!r} is not a time; write it as 2026-03-02T09:30:00 (venue's time) or with an"
            " offset, 2026-03-02T09:30:00+01:00"
        ) from None
