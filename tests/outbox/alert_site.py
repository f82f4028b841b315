"""A site whose footage is of just now, so that its alerts are news, and the servers that they reach."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from alert_stories import part
from api_server import running_app
from evidence_site import CAMERA, SCOPE, VENUE, a_run, service_event
from mail_servers import USER, CertificateAuthority, MailServer
from outbox_site import OutboxSite
from starlette.types import ASGIApp, Receive, Scope, Send

from sightline.api.app import create_links_app
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.outbox import Channel, ItemState, RetryRhythm
from sightline.evidence.outbox_worker import Drained, OutboxWorker
from sightline.link_wiring import video_pages
from sightline.store import private_links, runs, venues
from sightline.store.clips import ClipRule
from sightline.store.events import StoredEvent, list_events
from sightline.store.ledger import LedgerEntry, chain, unsealed_entries
from sightline.store.live import append_events, confirm_events
from sightline.store.outbox_items import StoredItem
from sightline.store.private_links import StoredLink
from sightline.store.replacement import replace_events

OPENED = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=3)
"""When the footage of these tests begins."""

PARIS = ZoneInfo("Europe/Paris")
QUICK_BUT_PATIENT = RetryRhythm(pauses=(timedelta(milliseconds=5),) * 6)
HOURS = RetryRhythm(pauses=(timedelta(hours=1),) * 3)
"""What fails waits until the test says so."""
BOSS = "gerant@boutique.example"
RULE = ClipRule(pre=timedelta(seconds=2), post=timedelta(seconds=2))


def after(seconds: float) -> datetime:
    return OPENED + timedelta(seconds=seconds)


def wait(start_s: float, end_s: float, *, confirmed_s: float | None = 10, track: int = 3) -> ServiceEvent:
    """A customer alone; confirmed `confirmed_s` after it began, None: never."""
    confirmed_at = None if confirmed_s is None else after(start_s + confirmed_s)
    people = (Participant(track, Role.CUSTOMER, 0.9, "zone"),)
    return _event(EventKind.UNATTENDED, start_s, end_s, people, confirmed_at=confirmed_at)


def intruder(start_s: float, end_s: float, *, zone: str = "store_room", track: int = 8) -> ServiceEvent:
    """Somebody in a restricted zone."""
    details = {"incident_type": "restricted_zone", "zone": zone, "risk_level": "HIGH"}
    people = (Participant(track, Role.UNKNOWN, 0.5, "zone"),)
    return _event(
        EventKind.SECURITY, start_s, end_s, people, confirmed_at=after(start_s + 3), details=details
    )


def _event(
    kind: EventKind, start_s: float, end_s: float, people: tuple[Participant, ...], **more: Any
) -> ServiceEvent:
    happened = service_event(kind, start_s, end_s)
    return replace(happened, started_at=after(start_s), ended_at=after(end_s), participants=people, **more)


@dataclass
class AlertSite(OutboxSite):
    """An `OutboxSite` whose camera recorded forty seconds from `OPENED`."""

    @classmethod
    def open(cls, data_dir: Path, settings: Mapping[str, Any]) -> "AlertSite":
        plain = OutboxSite.open(data_dir, settings)
        plain.small.opening = OPENED
        return cls(plain.data_dir, plain.site, plain.small)

    def set_up_otherwise(self, settings: Mapping[str, Any]) -> None:
        """The same site after somebody has edited its file and started it anew."""
        self.site.database.close()
        again = AlertSite.open(self.data_dir, settings)
        again.small.database.close()
        self.site = again.site

    def told(self, *events: ServiceEvent) -> None:
        """An analysis concludes these, and their clips are sealed."""
        self.conclude(*events)
        self.seal()

    def told_elsewhere(self, venue_id: str, *events: ServiceEvent) -> None:
        """In another shop, of whose camera nothing is recorded."""
        with self.small.database.transaction() as connection:
            venues.ensure_venue(SCOPE, connection, venue_id, timezone="Europe/Paris")
            venues.ensure_camera(SCOPE, connection, venue_id, CAMERA, source_label="gone.mp4")
            run = replace(a_run(f"run-{venue_id}"), venue_id=venue_id)
            runs.replace_run(SCOPE, connection, run, ())
            replace_events(
                SCOPE,
                connection,
                venue_id=venue_id,
                camera_id=CAMERA,
                run_id=run.id,
                span=(OPENED, after(3_600)),
                events=events,
                rule=RULE,
            )
        self.sealer().seal_all(venue_id, CAMERA)

    def told_while_it_lasts(self, happened: ServiceEvent) -> None:
        """A live camera confirms something that goes on; its provisional clip is sealed."""
        with self.small.database.transaction() as connection:
            runs.replace_run(SCOPE, connection, a_run("live-1"), ())
            ids = confirm_events(
                SCOPE,
                connection,
                venue_id=VENUE,
                camera_id=CAMERA,
                run_id="live-1",
                events=[happened],
                rule=RULE,
                at=datetime.now(UTC),
            )
        assert len(ids) == 1
        self.seal()

    def ended(self, happened: ServiceEvent) -> None:
        """What was told while it lasted is over; its whole clip is sealed."""
        with self.small.database.transaction() as connection:
            ids = append_events(
                SCOPE,
                connection,
                venue_id=VENUE,
                camera_id=CAMERA,
                run_id="live-1",
                events=[happened],
                rule=RULE,
                at=datetime.now(UTC),
            )
        assert len(ids) == 1
        self.seal()

    def worker(self, *, rhythm: RetryRhythm = QUICK_BUT_PATIENT) -> OutboxWorker:
        return super().worker(rhythm=rhythm)

    def drain(self, timeout_s: float = 20.0, *, rhythm: RetryRhythm = QUICK_BUT_PATIENT) -> Drained:
        return super().drain(timeout_s, rhythm=rhythm)

    def send_until_quiet(self, channel: Channel = Channel.MAIL, *, timeout_s: float = 20.0) -> None:
        """Send until what is left of a channel waits for a later time."""
        worker, until = self.worker(), time.monotonic() + timeout_s
        while True:
            worker.round()
            now = datetime.now(UTC) + timedelta(seconds=1)
            waiting = [one for one in self.items(channel) if one.state is ItemState.WAITING]
            if all(one.leased_by is None and one.due_at > now for one in waiting):
                return
            assert time.monotonic() < until, f"still not quiet: {waiting}"
            time.sleep(0.005)

    def events(self, kind: EventKind) -> list[StoredEvent]:
        with self.small.database.reading() as connection:
            return list_events(SCOPE, connection, venue_id=VENUE, kind=kind)

    def mails(self) -> list[StoredItem]:
        return self.items(Channel.MAIL)

    def links(self) -> list[StoredLink]:
        with self.small.database.reading() as connection:
            return private_links.list_links(SCOPE, connection)

    def ledger(self, action: str, venue_id: str = VENUE) -> list[LedgerEntry]:
        return [one for one in self._entries(venue_id) if one.action == action]

    def ledger_of_link(self, link_id: str) -> list[LedgerEntry]:
        return [one for one in self._entries(VENUE) if one.facts.get("link_id") == link_id]

    def _entries(self, venue_id: str) -> list[LedgerEntry]:
        with self.small.database.reading() as connection:
            entries = chain(SCOPE, connection, venue_id)
            return entries + unsealed_entries(SCOPE, connection, venue_id)

    def sql(self, statement: str) -> None:
        with self.small.database.transaction() as connection:
            connection.exec_driver_sql(statement)

    def later(self, seconds: float) -> None:
        """What has happened in the outbox happened `seconds` earlier; what waits, waits so much less."""
        ago = round(seconds * 1_000_000)
        self.sql(
            f"UPDATE outbox SET settled_at = settled_at - {ago}, due_at = due_at - {ago},"
            f" patient_until = patient_until - {ago}"
        )


class LateApp:
    """A web application whose port is known before it is."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@contextmanager
def web_server() -> Iterator[tuple[int, LateApp]]:
    """A port, and what answers there once it has been given its `app`."""
    late = LateApp()
    with running_app(late) as port:
        yield port, late


@contextmanager
def links_server() -> Iterator[tuple[int, Callable[[AlertSite], None]]]:
    """A port, and what lets a site show its private links there, and nothing else."""
    with web_server() as (port, late):

        def show(site: AlertSite) -> None:
            late.app = create_links_app(video_pages(site.site))

        yield port, show


class MoodyMailServer(MailServer):
    """Answers messages with `moods`, one by one, before it takes any; counts them all in `asked`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.moods: list[str] = []
        self.asked = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked += 1
        if self.moods:
            return self.moods.pop(0)
        return await super().handle_DATA(server, session, envelope)


@dataclass(frozen=True)
class Post:
    """A mail server, and what a site file says of it."""

    server: MoodyMailServer
    ca_file: Path

    def setting(self, **more: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "username": USER,
            "password": "env:SHOP_MAIL_PASSWORD",
            "from": USER,
            "to": [BOSS],
            "ca_file": str(self.ca_file),
            **more,
        }

    @property
    def messages(self) -> list[EmailMessage]:
        return self.server.messages

    def texts(self) -> list[str]:
        return [part(message, "plain") for message in self.messages]

    def receivers(self) -> list[list[str]]:
        return [sorted(envelope.rcpt_tos) for envelope in self.server.envelopes]


@contextmanager
def post_office(folder: Path) -> Iterator[Post]:
    """A mail server that wants TLS, and `USER` with the password of `mail_servers`."""
    folder.mkdir()
    authority = CertificateAuthority(folder)
    with MoodyMailServer(authority.server_context("127.0.0.1")) as server:
        yield Post(server, authority.ca_file)


def line(text: str, label: str) -> str:
    """What a mail says behind `label`."""
    (found,) = (one.partition(": ")[2] for one in text.splitlines() if one.startswith(f"{label}: "))
    return found
