"""A site whose sealed clips are shown by link, put together as `sightline serve` does it, on a real port."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from api_server import NO_TLS, running_app

from sightline.api.app import create_app, create_links_app
from sightline.config.settings import Settings
from sightline.delivery_wiring import hosted_videos, private_links
from sightline.domain.scope import Scope
from sightline.evidence.hosted_videos import HostedVideos
from sightline.evidence.private_links import PrivateLink, PrivateLinks
from sightline.link_wiring import video_pages, videos_of
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.site_state import read_site_state
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store import private_links as link_rows
from sightline.store.alerts import StoredAlert, list_alerts
from sightline.store.evidence import StoredEvidence
from sightline.store.ledger import LedgerEntry
from sightline.store.link_views import view_totals
from sightline.store.venues import ensure_venue
from sightline.wiring import Site

SITE = Scope.site()
VENUE, CAMERA = "corner_shop", "till"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@contextmanager
def small_site(sealed_folder: Path, folder: Path) -> Iterator["VideoSite"]:
    """A copy that answers, takes videos of 1 MB, and has a second venue."""
    site = VideoSite.copied(sealed_folder, folder, {"downloads": {"max_upload_mb": 1}})
    with site.site.database.transaction() as connection:
        ensure_venue(SITE, connection, "other_shop")
    with site.answering():
        yield site
    site.close()


@dataclass
class VideoSite:
    """A site in a folder of its own. `port` is set while it answers."""

    site: Site
    port: int = 0
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=10, trust_env=False, verify=NO_TLS)
    )

    @classmethod
    def copied(cls, folder: Path, to: Path, settings: Mapping[str, Any] | None = None) -> "VideoSite":
        shutil.copytree(folder, to)
        return cls(Site(Settings.model_validate(dict(settings or {})), to))

    @contextmanager
    def answering(self, *, only_links: bool = False) -> Iterator["VideoSite"]:
        """While it serves on a port of this machine."""
        if only_links:
            app = create_links_app(video_pages(self.site))
        else:
            state = lambda: read_site_state(lambda: self.site.database, self.site.data_dir)  # noqa: E731
            app = create_app(state, videos_of(self.site))
        with running_app(app) as port:
            self.port = port
            yield self

    def close(self) -> None:
        self.client.close()
        self.site.database.close()

    @property
    def links(self) -> PrivateLinks:
        return private_links(self.site)

    @property
    def hosted(self) -> HostedVideos:
        return hosted_videos(self.site)

    @property
    def hosted_files(self) -> list[Path]:
        return sorted(path for path in (self.site.data_dir / "hosted").glob("*/*"))

    def evidence(self, number: int = 0) -> StoredEvidence:
        with self.site.database.reading() as connection:
            return evidence_store.list_evidence(SITE, connection, state="sealed")[number]

    def clip(self, number: int = 0) -> Path:
        return self.site.segments_dir / VENUE / CAMERA / self.evidence(number).parts[0].file_name

    def link(self, number: int = 0, *, hours: int = 48) -> PrivateLink:
        return self.links.make(SITE, evidence_id=self.evidence(number).id, hours=hours, made_by="test")

    def address(self, link: PrivateLink, *, clip: bool = False) -> str:
        """The address of a link on the port that answers now."""
        path, _, query = link.url.partition("/video/")[2].partition("?")
        return f"http://127.0.0.1:{self.port}/video/{path}{'/clip' if clip else ''}?{query}"

    def get(self, address: str, *, method: str = "GET", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.request(method, address, headers=named)

    def set_expiry(self, link: PrivateLink, at: datetime) -> None:
        with self.site.database.transaction() as connection:
            stored = link_rows.get_link(SITE, connection, link.id)
            assert stored is not None
            link_rows.set_expiry(SITE, connection, stored, at)

    def expire(self, link: PrivateLink) -> None:
        self.set_expiry(link, datetime.now(UTC) - timedelta(seconds=1))

    def views(self, link: PrivateLink) -> int:
        with self.site.database.reading() as connection:
            total = view_totals(SITE, connection, [link.id]).get(link.id)
        return total.views if total is not None else 0

    def entries(self, action: str) -> list[LedgerEntry]:
        with self.site.database.reading() as connection:
            found = ledger.unsealed_entries(SITE, connection, VENUE)
            found += ledger.chain(SITE, connection, VENUE)
        return [one for one in found if one.action == action]

    def alerts(self) -> list[StoredAlert]:
        with self.site.database.reading() as connection:
            return list_alerts(SITE, connection)

    def key(self, venue_id: str = VENUE) -> str:
        return ApiKeys(self.site.database).make(SITE, venue_id, name="test").text
