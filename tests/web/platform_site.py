"""A site of its own with the whole API on a real port, and words to ask it with."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from api_server import NO_TLS, running_app

from sightline.access_wiring import access_of
from sightline.api.app import create_app
from sightline.api_wiring import platform_routes
from sightline.config.settings import Settings
from sightline.dashboard_wiring import page_routes
from sightline.link_wiring import videos_of
from sightline.pipeline.site_state import read_site_state
from sightline.store.database import Database
from sightline.wiring import Site


@dataclass
class PlatformSite:
    """A site in a folder. `port` is set while it answers."""

    site: Site
    port: int = 0
    client: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=30, trust_env=False, verify=NO_TLS)
    )

    @classmethod
    def made(cls, folder: Path, settings: Mapping[str, Any] | None = None) -> "PlatformSite":
        """Without a limit of calls, unless `settings` say so."""
        given = {"server": {"rate_limits": {"ingest": 1_000_000, "process": 1_000_000}}} | dict(
            settings or {}
        )
        return cls(Site(Settings.model_validate(given), folder))

    @property
    def database(self) -> Database:
        return self.site.database

    @contextmanager
    def answering(self) -> Iterator["PlatformSite"]:
        """While it serves on a port of this machine."""
        state = lambda: read_site_state(lambda: self.site.database, self.site.data_dir)  # noqa: E731
        routes = [*platform_routes(self.site), *page_routes(self.site)]
        access = access_of(self.site)
        with running_app(create_app(state, videos_of(self.site), routes, access)) as port:
            self.port = port
            yield self

    def ask(self, method: str, path: str, **parts: Any) -> httpx.Response:
        """One request; `parts` as httpx takes them (params, json, headers ...)."""
        return self.client.request(method, f"http://127.0.0.1:{self.port}{path}", **parts)

    def get(self, path: str, **params: Any) -> Any:
        """The document of a GET that must succeed."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        self.client.close()
        self.site.database.close()
