"""Figures, times and spans as people read them, in French and in English."""

from datetime import date, datetime, timedelta, tzinfo

from markupsafe import Markup

THIN = "\u202f"
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

    def number(self, value: float | None, digits: int = 0) -> str:
        """With separators of thousands; a dash for what is not known."""
        if value is None:
            return DASH
        text = f"{value:,.{digits}f}"
        if self.language == "fr":
            text = text.replace(",", THIN).replace(".", ",")
        return text

    def percent(self, value: float | None, digits: int = 0) -> str:
        """Of a value 0..100."""
        if value is None:
            return DASH
        return self.number(value, digits) + (f"{THIN}%" if self.language == "fr" else "%")

    def signed(self, value: float | None, digits: int = 0) -> str:
        """With its sign; for changes."""
        if value is None:
            return DASH
        sign = "+" if value > 0 else "−" if value < 0 else "±"
        return sign + self.number(abs(value), digits)

    def span(self, seconds: float | timedelta | None) -> str:
        """As `42 s`, `3 min 05 s` or `1 h 12 min`."""
        if seconds is None:
            return DASH
        total = seconds.total_seconds() if isinstance(seconds, timedelta) else float(seconds)
        whole = round(total)
        if whole < 60:
            return f"{self.number(total, 1) if 0 < total < 10 else whole} s"
        if whole < 3600:
            return f"{whole // 60} min {whole % 60:02} s"
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"

    def day(self, value: date, *, year: bool = True) -> str:
        """As `Fri 27 Nov 2026`."""
        month, weekday = MONTHS[self.language][value.month - 1], WEEKDAYS[self.language][value.weekday()]
        return f"{weekday} {value.day} {month}" + (f" {value.year}" if year else "")

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
