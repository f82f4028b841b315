"""An alert as a mail: text and HTML of the same words, no attachment, nothing fetched from elsewhere."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import cache
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sightline.delivery.mail_address import header_address
from sightline.delivery.mail_words import WORDS, MailWords

LONGEST_NAME = 80
LONGEST_PROSE = 2_000
RISKS = ("HIGH", "MEDIUM", "LOW")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedVideo:
    """Where the video of an alert can be seen.

    Attributes:
        life_hours: how long the link lives from its making.
        reach: `local` opens on the shop's own machine only.
    """

    link: str = field(repr=False)
    size_bytes: int
    expires_at: datetime
    life_hours: int
    video_id: str
    reach: Literal["private", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEntry:
    """One alert. What is None is left out of the mail.

    Attributes:
        alert_type: SECURITY, UNATTENDED, QUEUE ...
        at: aware, in the zone of the venue.
        risk_level: LOW, MEDIUM or HIGH.
        confidence: 0..1.
        message: one sentence for people.
        analysis, assessment: of an outside analyser; `undecided` when it gave no answer in time.
        no_video_reason: why there is no `video`; read only without one.
        event_id: for the command that finds the video when there is no link to it.
    """

    alert_type: str
    at: datetime
    venue_name: str
    camera_name: str
    risk_level: str | None = None
    frame_number: int | None = None
    confidence: float | None = None
    message: str
    incident_type: str | None = None
    analysis: str | None = None
    assessment: Literal["none", "confirmed", "undecided"] = "none"
    duration_s: float | None = None
    ongoing: bool = False
    video: LinkedVideo | None = None
    no_video_reason: Literal["", "privacy", "missing"] = ""
    event_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    label: str
    text: str = field(repr=False)
    is_link: bool = False


@dataclass(frozen=True, slots=True)
class _Section:
    heading: str
    lines: tuple[_Line, ...]
    notes: tuple[str, ...] = ()
    watch_at: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Page:
    """What both parts of the mail show. `overview` (time, type, camera) is empty for a single alert."""

    title: str
    risk: str
    overview: tuple[tuple[str, str, str], ...]
    entries: tuple[tuple[_Section, ...], ...]
    foot: _Line | None


def alert_message(
    entries: Sequence[AlertEntry],
    *,
    language: Literal["fr", "en"],
    system_name: str,
    sender: str,
    recipients: Sequence[str],
    message_id: str,
    date: datetime,
    ledger_head: str | None = None,
) -> EmailMessage:
    """A mail about one alert, or one mail about several.

    Args:
        entries: in the order they are to be shown, at least one.
        system_name: in the title and beside the sender's address.
        message_id: `<...@...>`; the same at every attempt, so that a receiver can drop a double.
        date: aware; what is left of a link's life is counted from here, so no link is promised too long.
        ledger_head: `position:hash`, the last line of the mail.

    Raises:
        ValueError: no entry, or a time without a zone.
    """
    if not entries:
        raise ValueError("an alert mail needs at least one entry")
    if any(moment.tzinfo is None for moment in _moments(entries, date)):
        raise ValueError("an alert mail needs times that know their zone")
    words = WORDS[language]
    page = _page(entries, words, _clean(system_name), date, ledger_head)
    message = EmailMessage()
    message["Subject"] = _subject(entries, words, _clean(system_name))
    message["From"] = header_address(sender, _clean(system_name))
    message["To"] = [header_address(address) for address in recipients]
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    # Quoted-printable passes every server, 8BITMIME or not, and keeps long links whole.
    message.set_content(_text(page), cte="quoted-printable")
    html = _template().render(page=page, language=language, words=words)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = language  # any earlier and it goes into the text part only
    return message


def _moments(entries: Sequence[AlertEntry], date: datetime) -> list[datetime]:
    ends = [entry.video.expires_at for entry in entries if entry.video]
    return [date, *ends, *(entry.at for entry in entries)]


def _subject(entries: Sequence[AlertEntry], words: MailWords, system_name: str) -> str:
    venues = dict.fromkeys(_clean(entry.venue_name) for entry in entries)
    what = words.count.format(count=len(entries)) if len(entries) > 1 else _clean(entries[0].alert_type)
    more = f" +{len(venues) - 1}" if len(venues) > 1 else ""
    return f"{words.title.format(name=system_name)} - {what} - {next(iter(venues))}{more}"


def _page(
    entries: Sequence[AlertEntry], words: MailWords, system_name: str, date: datetime, ledger_head: str | None
) -> _Page:
    count = len(entries)
    title = words.title.format(name=system_name)
    shown = []
    for number, entry in enumerate(entries, 1):
        heading = words.one_of.format(number=number, count=count) if count > 1 else ""
        shown.append(_sections(entry, words, heading, date))
    return _Page(
        title=f"{title}: {words.count.format(count=count)}" if count > 1 else title,
        risk=next((risk for risk in RISKS if any(entry.risk_level == risk for entry in entries)), ""),
        overview=_overview(entries) if count > 1 else (),
        entries=tuple(shown),
        foot=_Line(words.ledger_head, _clean(ledger_head, LONGEST_PROSE)) if ledger_head else None,
    )


def _overview(entries: Sequence[AlertEntry]) -> tuple[tuple[str, str, str], ...]:
    several = len({entry.venue_name for entry in entries}) > 1
    return tuple(
        (
            _local(entry.at),
            _clean(entry.alert_type),
            _clean(f"{entry.venue_name}, {entry.camera_name}" if several else entry.camera_name),
        )
        for entry in entries
    )


def _sections(entry: AlertEntry, words: MailWords, heading: str, date: datetime) -> tuple[_Section, ...]:
    first = _Section(
        heading,
        _given(
            (words.alert_type, _clean(entry.alert_type)),
            (words.at, _local(entry.at)),
            (words.venue, _clean(entry.venue_name)),
            (words.camera, _clean(entry.camera_name)),
            (words.message, _clean(entry.message, LONGEST_PROSE)),
        ),
    )
    details = _details(entry, words)
    video = _linked(entry, entry.video, words, date) if entry.video else _unlinked(entry, words)
    return (first, details, video) if details.lines else (first, video)


def _details(entry: AlertEntry, words: MailWords) -> _Section:
    confidence = entry.confidence
    return _Section(
        words.details,
        _given(
            (words.incident_type, _clean(entry.incident_type or "")),
            (words.risk, _clean(entry.risk_level or "")),
            (words.frame, "" if entry.frame_number is None else str(entry.frame_number)),
            (words.confidence, "" if confidence is None else f"{confidence:.2f}"),
            (words.duration, _duration(entry, words)),
            (words.assessment, words.assessments.get(entry.assessment, "")),
            (words.analysis, _clean(entry.analysis or "", LONGEST_PROSE)),
        ),
    )


def _linked(entry: AlertEntry, video: LinkedVideo, words: MailWords, date: datetime) -> _Section:
    link = _clean(video.link, len(video.link))
    # A foreign host makes up this address; only one that a browser merely visits becomes clickable.
    visitable = link.lower().startswith(("https://", "http://"))
    label = words.private_link if video.reach == "private" else words.local_link
    lines = (
        _Line(label, link, is_link=visitable),
        *_given(
            (words.size, f"{max(0.1, video.size_bytes / 1e6):.1f} MB"),
            (words.expires, _local(video.expires_at.astimezone(entry.at.tzinfo))),
            (words.video_id, _clean(video.video_id)),
        ),
    )
    return _Section(words.video, lines, (_promise(video, words, date),), link if visitable else None)


def _promise(video: LinkedVideo, words: MailWords, date: datetime) -> str:
    """What is said of the link's life: never more than it has left when the mail is written."""
    left = video.expires_at - date
    if left <= timedelta(0):
        return words.expired
    hours = min(video.life_hours, max(1, round(left / timedelta(hours=1))))
    promise = words.private_promise if video.reach == "private" else words.local_promise
    return promise.format(life=words.hour if hours == 1 else words.hours.format(count=hours))


def _unlinked(entry: AlertEntry, words: MailWords) -> _Section:
    why = words.no_video_why[entry.no_video_reason]
    if entry.no_video_reason == "missing":
        return _Section(words.no_video, (), (why,))
    see = words.see_one.format(event_id=_clean(entry.event_id)) if entry.event_id else words.see_any
    return _Section(words.no_video, (), (why, see))


def _duration(entry: AlertEntry, words: MailWords) -> str:
    parts = []
    if entry.duration_s is not None:
        minutes, seconds = divmod(round(entry.duration_s), 60)
        parts.append(f"{minutes} min {seconds} s" if minutes else f"{seconds} s")
    if entry.ongoing:
        parts.append(words.ongoing)
    return ", ".join(parts)


def _given(*lines: tuple[str, str]) -> tuple[_Line, ...]:
    return tuple(_Line(label, text) for label, text in lines if text)


def _local(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _clean(text: str, longest: int = LONGEST_NAME) -> str:
    """`text` on one line, without what is invisible: it could forge a header, a line or a direction."""
    shown = (
        " " if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs") else character
        for character in text
    )
    line = " ".join("".join(shown).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _text(page: _Page) -> str:
    blocks = [page.title]
    if page.overview:
        width = max(len(kind) for _, kind, _ in page.overview)
        blocks.append("\n".join(f"{at}  {kind:<{width}}  {camera}" for at, kind, camera in page.overview))
    for section in (section for entry in page.entries for section in entry):
        lines = [section.heading] if section.heading else []
        lines += [f"{line.label}: {line.text}" for line in section.lines]
        if section.lines:
            blocks.append("\n".join(lines))
            blocks += section.notes
        else:
            blocks.append("\n".join([*lines, *section.notes]))
    if page.foot:
        blocks.append(f"{page.foot.label}: {page.foot.text}")
    return "\n\n".join(blocks) + "\n"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sightline.delivery"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("alert_mail.html")
