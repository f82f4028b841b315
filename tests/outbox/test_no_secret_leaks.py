"""Nothing secret of a site is to be found in what it logs, stores, exports, prints or says in an error.

The receivers are as talkative as can be: they repeat every key that they were sent, come what may.
"""

import base64
import json
import logging
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import hosted_server
import mail_servers
import pytest
import s3_server
import structlog
from alert_site import BOSS, AlertSite, Post, intruder, wait
from echoing_server import EchoingServer, echo_of
from evidence_site import CAMERA, SCOPE, VENUE
from hosted_server import HostedServer
from mosquitto_broker import MOSQUITTO, MosquittoBroker
from typed_words import typed

from sightline.api.health import health_of
from sightline.api.metrics import metrics_text
from sightline.delivery_wiring import delivery_desk, outbox_worker, private_links
from sightline.domain.event import EventKind, ServiceEvent
from sightline.domain.outbox import Channel, ItemState
from sightline.live_wiring import import_cameras
from sightline.logs import set_up_logs
from sightline.pipeline.site_state import read_site_state
from sightline.receivers import Receivers
from sightline.testing.receiver import Receiver
from sightline.trial_sends import send_test

AlertSites = Callable[..., AlertSite]

pytestmark = pytest.mark.skipif(
    not MOSQUITTO.exists(), reason="mosquitto is missing; run tests/system_parts.sh as root"
)


def planted() -> str:
    return "pl4nted" + secrets.token_hex(12)


@dataclass
class Planted:
    """Secrets by what they are for, and where they were put."""

    upload: str = field(default_factory=planted)
    upload_query: str = field(default_factory=planted)
    incident: str = field(default_factory=planted)
    footfall: str = field(default_factory=planted)
    analyzer: str = field(default_factory=planted)
    host: str = field(default_factory=planted)
    mail: str = field(default_factory=planted)
    webhook: str = field(
        default_factory=lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    )
    webhook_path: str = field(default_factory=planted)
    bucket: str = field(default_factory=planted)
    broker: str = field(default_factory=planted)
    apprise: str = field(default_factory=planted)
    apprise_path: str = field(default_factory=planted)
    camera: str = field(default_factory=planted)

    def forms(self) -> dict[str, str]:
        """Each as it is, and as the protocols carry it."""
        found = dict(vars(self))
        found["webhook, bare"] = self.webhook.removeprefix("whsec_")
        found["mail, base64"] = base64.b64encode(self.mail.encode()).decode()
        login = f"\0{mail_servers.USER}\0{self.mail}"
        found["mail, login"] = base64.b64encode(login.encode()).decode()
        found["apprise, login"] = base64.b64encode(f"shop:{self.apprise}".encode()).decode()
        return found


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planted:
    """In the environment and in a file; the servers know theirs."""
    secret = Planted()
    monkeypatch.setattr(mail_servers, "PASSWORD", secret.mail)
    monkeypatch.setattr(hosted_server, "KEY", secret.host)
    names = {
        "UPLOAD": secret.upload, "FOOTFALL": secret.footfall, "ANALYZER": secret.analyzer, "HOST": secret.host,  # noqa: E501
        "MAIL": secret.mail, "WEBHOOK": secret.webhook, "BUCKET": secret.bucket, "BROKER": secret.broker,
    }  # fmt: skip
    for name, value in names.items():
        monkeypatch.setenv(f"LEAK_{name}", value)
    (tmp_path / "incident.key").write_text(secret.incident + "\n")
    return secret


@pytest.fixture
def logs() -> Iterator[list[StringIO]]:
    """Everything that is logged, as JSON and as text."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written, handlers = [], []
    for as_json in (True, False):
        written.append(StringIO())
        set_up_logs(as_json=as_json, stream=written[-1])
        handlers += root.handlers
    root.handlers[:] = handlers
    yield written
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


@contextmanager
def servers(
    tmp_path: Path, secret: Planted, status: int
) -> Iterator[tuple[EchoingServer, MosquittoBroker, HostedServer]]:
    """Those that take everything, or nothing; the broker has another password then."""
    known = secret.broker if status == 200 else "something else"
    with ExitStack() as stack:
        web = stack.enter_context(EchoingServer(status))
        broker = stack.enter_context(MosquittoBroker(tmp_path, users={"shop": known}))
        host = stack.enter_context(HostedServer())
        if status != 200:
            host.instead = lambda line: (status, {"error": echo_of(line, host.asked[-1][2])})
        yield web, broker, host


def everything(
    web: EchoingServer, broker: MosquittoBroker, host: HostedServer, post: Post, secret: Planted, folder: Path
) -> dict[str, Any]:
    """Settings of all channels."""
    return {
        "evidence": {
            "to": "http", "url": web.url(f"/upload?sig={secret.upload_query}"), "api_key": "env:LEAK_UPLOAD",
        },
        "hosted": {"base_url": host.base_url, "api_key": "env:LEAK_HOST"},
        "incidents": {"url": web.url("/incident"), "api_key": f"file:{folder / 'incident.key'}"},
        "footfall": {"url": web.url("/footfall"), "api_key": "env:LEAK_FOOTFALL"},
        "mail": post.setting(password="env:LEAK_MAIL", cooldown_s=0),
        "webhooks": [{"url": web.url(f"/hook/{secret.webhook_path}"), "secret": "env:LEAK_WEBHOOK"}],
        "mqtt": {"host": "127.0.0.1", "port": broker.port, "username": "shop", "password": "env:LEAK_BROKER"},
        "apprise": ["env:LEAK_APPRISE"],
    }  # fmt: skip


def venue_with_a_camera(secret: Planted) -> list[dict[str, Any]]:
    door = {"id": "door", "source": f"rtsp://admin:{secret.camera}@127.0.0.1:9/stream?token={secret.camera}"}
    return [
        {"id": VENUE, "timezone": "Europe/Paris", "cameras": [{"id": CAMERA, "source": "till.mp4"}, door]}
    ]


def served_one() -> ServiceEvent:
    return replace(wait(26, 34, confirmed_s=None), kind=EventKind.INTERACTION)


class Found:
    """What the site has written and said, by where."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, where: str, text: object) -> None:
        self.texts[where] = self.texts.get(where, "") + str(text)

    def telling(self, forms: dict[str, str]) -> list[str]:
        return [
            f"{where} tells {what}"
            for where, text in self.texts.items()
            for what, value in forms.items()
            if value in text
        ]


def gathered(site: AlertSite, capsys: pytest.CaptureFixture[str], logs: list[StringIO]) -> Found:
    """All of it."""
    found = Found()
    for form, log in zip(("json log", "text log"), logs, strict=True):
        found.add(form, log.getvalue())
    _tables(site, found)
    for path in site.data_dir.rglob("*"):
        if path.is_file() and path.suffix != ".mp4" and path.parent != site.data_dir / "keys":
            found.add(f"file {path.relative_to(site.data_dir)}", path.read_bytes().decode("latin-1"))
    command, case = typed(site, capsys), site.data_dir.parent / "case.zip"
    clip = site.evidence()[0].id
    for words in (
        ["outbox", "list", "--show", "all", "--json"], ["outbox", "list", "--show", "all"],
        ["evidence", "list", "--json"], ["evidence", "show", clip, "--json"], ["evidence", "show", clip],
        ["evidence", "links", "--json"], ["evidence", "export", clip, "--out", str(case)],
        ["doctor", "--json"], ["export", "--venue", VENUE],
        ["export", "--venue", VENUE, "--format", "csv"],
        ["export", "--venue", VENUE, "--format", "metrics"], ["camera", "list", "--json"],
    ):  # fmt: skip
        said = command(*words)
        assert said.code in (0, 1), (words, said)
        found.add(f"sightline {' '.join(words[:2])}", said.out + said.err)
    with zipfile.ZipFile(case) as packed:
        for name in packed.namelist():
            if not name.endswith(".mp4"):
                found.add(f"case {name}", packed.read(name).decode())
    state = read_site_state(lambda: site.site.database, site.data_dir)
    found.add("/health", json.dumps(health_of(state)))
    found.add("/metrics", metrics_text(state).decode())
    return found


def _tables(site: AlertSite, found: Found) -> None:
    """Every row of every table; what a foreign video host said of its links has a name of its own."""
    with site.small.database.reading() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.all():
            for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings():
                columns = dict(row)
                if table == "outbox" and columns["channel"] == "hosted":
                    found.add("answer of the video host", columns.pop("answer"))
                found.add(f"table {table}", columns)


def reprs(site: AlertSite, found: Found) -> None:
    """Settings and adapters as a debugger, an assertion or a log line would show them."""
    settings, receivers = site.site.settings, Receivers(site.site)
    adapters: list[object] = [receivers.uploader()]
    delivery = settings.delivery
    if delivery.incidents.url:
        adapters += [receivers.incidents(), receivers.footfall(), receivers.analyzer(), receivers.smtp()]
        adapters += [receivers.video_host(), receivers.broker(shows_status=False)]
        adapters += [receivers.webhooks(), receivers.apprise()]
    worker = outbox_worker(site.site)
    shown = [settings, adapters, worker, worker._couriers, vars(worker)]
    for one in [*shown, delivery_desk(site.site), private_links(site.site), site.site, receivers]:
        found.add("repr", repr(one))


def judged(site: AlertSite, found: Found, secret: Planted) -> None:
    """Not one planted secret, and no token of a link of ours, anywhere."""
    links = private_links(site.site)
    forms = secret.forms()
    for link in site.links():
        forms[f"token of link {link.id}"] = links.address_of(link).url.partition("token=")[2]
    for path in (site.data_dir / "keys").glob("*.key"):
        forms[path.name] = path.read_text("latin-1").strip()
    assert all(len(value) >= 12 for value in forms.values())
    assert found.telling(forms) == []


@pytest.mark.parametrize("status", [200, 403, 500])
def test_no_channel_leaves_a_secret_behind(
    alert_site: AlertSites, post: Post, secret: Planted, logs: list[StringIO], tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, status: int,
) -> None:  # fmt: skip
    with servers(tmp_path, secret, status) as (web, broker, host):
        address = f"json://shop:{secret.apprise}@127.0.0.1:{web.port}/{secret.apprise_path}"
        monkeypatch.setenv("LEAK_APPRISE", address)
        if status != 200:
            post.server.replies[BOSS] = f"550 no, {secret.mail} is no password of mine"
        site = alert_site(
            venues=venue_with_a_camera(secret),
            delivery=everything(web, broker, host, post, secret, tmp_path),
            security={"analyzer": {"url": web.url("/look"), "api_key": "env:LEAK_ANALYZER"}},
        )
        import_cameras(site.site)
        site.told(intruder(5, 15), served_one())
        site.drain()
        links = private_links(site.site)
        links.make(SCOPE, evidence_id=site.evidence()[0].id, hours=5, made_by="test")
        trials = [send_test(site.site, what) for what in ("mail", "upload", "incident", "webhook")]
    _everything_was_tried(site, web, secret, status)
    found = gathered(site, capsys, logs)
    found.add("outbox test", [one.document() for one in trials])
    reprs(site, found)
    judged(site, found, secret)
    tokens = [one.token for one in host.videos.values()]
    assert len(tokens) == (status == 200)
    allowed = "answer of the video host tells token"
    files = {f"file {one} tells token" for one in ("sightline.db", "sightline.db-wal")}
    assert {line for token in tokens for line in found.telling({"token": token})} <= {allowed, *files}


def _everything_was_tried(site: AlertSite, web: EchoingServer, secret: Planted, status: int) -> None:
    """Else this test would prove nothing."""
    items = site.items()
    assert {one.channel for one in items} == set(Channel)
    sent = json.dumps([[one.path, one.headers] for one in web.asked])
    for value in (secret.upload, secret.upload_query, secret.incident, secret.footfall, secret.analyzer):
        assert value in sent
    if status == 200:
        assert {one.state for one in items} == {ItemState.SENT}
        for value in (secret.webhook_path, secret.apprise_path):
            assert value in sent
    else:
        failed = [one for one in items if one.last_error]
        assert len(failed) >= 5


@pytest.mark.parametrize("goes_well", [True, False])
def test_no_bucket_leaves_a_secret_behind(
    alert_site: AlertSites, secret: Planted, logs: list[StringIO], capsys: pytest.CaptureFixture[str],
    goes_well: bool,
) -> None:  # fmt: skip
    with s3_server.S3Server() as bucket, s3_server.S3Front(bucket.port) as front:
        if not goes_well:
            front.instead = lambda line: (403, f"<Error>{echo_of(line, front.headers)}</Error>".encode())
        keys = {"access_key_id": s3_server.KEY_ID, "secret_access_key": "env:LEAK_BUCKET"}
        evidence = {"to": "s3", "url": front.address, "bucket": s3_server.BUCKET, **keys}
        site = alert_site(venues=venue_with_a_camera(secret), delivery={"evidence": evidence})
        import_cameras(site.site)
        site.told(intruder(5, 15))
        site.drain()
        trial = send_test(site.site, "upload")
        assert front.headers.get("authorization"), "it was signed with the secret"
    (item,) = site.items()
    assert item.state is (ItemState.SENT if goes_well else ItemState.DEAD)
    found = gathered(site, capsys, logs)
    found.add("outbox test", trial.document())
    reprs(site, found)
    judged(site, found, secret)


def test_a_receiver_that_is_away_leaves_no_secret_behind(
    alert_site: AlertSites, secret: Planted, logs: list[StringIO], capsys: pytest.CaptureFixture[str]
) -> None:
    with Receiver() as receiver:
        url = f"{receiver.upload_url}?sig={secret.upload_query}"
        site = alert_site(
            venues=venue_with_a_camera(secret),
            delivery={
                "evidence": {"to": "http", "url": url, "api_key": "env:LEAK_UPLOAD"},
                "webhooks": [
                    {"url": f"{receiver.base_url}/{secret.webhook_path}", "secret": "env:LEAK_WEBHOOK"}
                ],
            },
        )
        import_cameras(site.site)
        site.told(intruder(5, 15))
        with receiver.outage():
            site.drain(1.0)
    assert any(one.last_error for one in site.items())
    found = gathered(site, capsys, logs)
    reprs(site, found)
    judged(site, found, secret)
