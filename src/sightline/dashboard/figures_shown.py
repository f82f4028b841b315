"""Figures, times and spans as people read them, in French and in English."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from markupsafe import Markup

THIN, HARD = "\u202f", "\u00a0"
DASH = "–"
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}
WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}


class Shown:
    """Formats for one language and one time zone.

    Args:
        language: `en` or `fr`.
        zone: the venue's; times are shown in it.
    """

    def __init__(self, language: str, zone: tzinfo) -> None:
        self.language, self.zone = language, zone

    def at(self, zone: tzinfo) -> "Shown":
        """The same by other clocks."""
        return Shown(self.language, zone)

    def number(self, value: float | None, digits: int = 0) -> str:
        """With separators of thousands; a dash for what is not known."""
        if value is None:
            return DASH
        text = f"{value:,.{digits}f}"
        if self.language == "fr":
            text = text.replace(",", THIN).replace(".", ",")
        return text

    def percent(self, value: float | None, digits: int = 0) -> str:
        """Of a value 0..100; what is nearly nothing is not written as nothing, nor nearly all as all."""
        if value is None:
            return DASH
        least = 10.0**-digits
        if 0 < value < least / 2:
            return self._than("<", least, digits)
        if 100 - least / 2 <= value < 100:
            return self._than(">", 100 - least, digits)
        return self.number(value, digits if value else 0) + self._sign

    def percents(self, counts: Sequence[float]) -> list[str]:
        """Shares of a whole that add up to 100: the largest remainders are rounded up.

        Where one is nearly nothing each is rounded by itself, since nobody can add up what is less than 1%.
        """
        whole = sum(counts)
        shares = [100 * one / whole if whole else None for one in counts]
        known = [one for one in shares if one is not None]
        if not known or any(0 < one < 0.5 for one in known):
            return [self.percent(one) for one in shares]
        rounded = [int(one) for one in known]
        by_rest = sorted(range(len(known)), key=lambda place: rounded[place] - known[place])
        for place in by_rest[: 100 - sum(rounded)]:
            rounded[place] += 1
        return [self.percent(one) for one in rounded]

    def percent_change(self, value: float, digits: int = 0) -> str:
        """With its sign."""
        return self.signed(value, digits) + self._sign

    @property
    def _sign(self) -> str:
        return f"{THIN}%" if self.language == "fr" else "%"

    def _than(self, which: str, bound: float, digits: int) -> str:
        return f"{which}{HARD if self.language == 'fr' else ''}{self.number(bound, digits)}{self._sign}"

    def signed(self, value: float | None, digits: int = 0) -> str:
        """With its sign; for changes."""
        if value is None:
            return DASH
        text = self.number(abs(value), digits)
        if text == self.number(0, digits):
            return "±" + text
        return ("+" if value > 0 else "−") + text

    def span(self, seconds: float | timedelta | None) -> str:
        """As `42 s`, `3 min 05 s` or `1 h 12 min`."""
        if seconds is None:
            return DASH
        total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        whole = round(total)
        if whole < 60:
            return f"{self.number(total, 1) if 0 < total < 9.95 else whole}{HARD}s"
        if whole < 3600:
            return f"{whole // 60}{HARD}min{HARD}{whole % 60:02}{HARD}s"
        return f"{whole // 3600}{HARD}h{HARD}{whole % 3600 // 60:02}{HARD}min"

    def day(self, value: date, *, year: bool = True) -> str:
        """As `Fri 27 Nov 2026`."""
        month, weekday = MONTHS[self.language][value.month - 1], WEEKDAYS[self.language][value.weekday()]
        return f"{weekday} {value.day} {month}" + (f" {value.year}" if year else "")

    def short_day(self, day: date) -> str:
        """Of the year that a page is about, for an axis."""
        return (
            f"{day.day}/{day.month}" if self.language == "fr" else f"{day.day} {MONTHS['en'][day.month - 1]}"
        )

    def time(self, at: datetime | None, *, seconds: bool = False) -> str:
        """Of day, in the venue's zone."""
        if at is None:
            return DASH
        return at.astimezone(self.zone).strftime("%H:%M:%S" if seconds else "%H:%M")

    def moment(self, at: datetime | None, *, seconds: bool = False) -> str:
        """Day and time, in the venue's zone."""
        if at is None:
            return DASH
        return f"{self.day(at.astimezone(self.zone).date(), year=False)}, {self.time(at, seconds=seconds)}"

    def hour(self, hour: int | None) -> str:
        """As `17:00` or `17 h`."""
        if hour is None:
            return DASH
        return f"{hour}{THIN}h" if self.language == "fr" else f"{hour:02}:00"

    def tag(self, at: datetime | None, *, seconds: bool = False) -> Markup:
        """A `<time>` element that programs can read."""
        if at is None:
            return Markup("{}").format(DASH)
        return Markup('<time datetime="{}">{}</time>').format(
            at.isoformat(), self.moment(at, seconds=seconds)
        )
