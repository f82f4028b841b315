"""The web application and the process that serves it."""

import gc
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from sightline import __version__
from sightline.api.access import Access
from sightline.api.accounts import account_routes
from sightline.api.audit_log import audit_routes
from sightline.api.audit_trail import AuditTrail
from sightline.api.body_limit import BodyLimit
from sightline.api.described import describe
from sightline.api.docs_page import docs_routes
from sightline.api.gate import Gate, LocalGate
from sightline.api.health import health_routes
from sightline.api.hosted_videos import HostedVideoAnswers, hosted_video_routes
from sightline.api.keys import key_routes
from sightline.api.local_mode import LocalMode, is_loopback_host
from sightline.api.metrics import metrics_routes
from sightline.api.private_headers import PrivateHeaders
from sightline.api.problems import RequestIds, answer_with_problems
from sightline.api.rate_limits import RateLimits
from sightline.api.sign_in import sign_in_routes
from sightline.api.video_page import VideoAnswers, video_routes
from sightline.errors import ConfigError
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.site_state import ReadState

GARBAGE_AFTER = (20_000, 50, 50)
"""New objects before each look for garbage, young, middle and old: a call of a thousand events makes many."""

LAST_ANSWERS_S = 5
"""How long answers under way may take once the server is told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Videos:
    """What shows videos to who has a link, and takes videos from who has a key."""

    pages: VideoAnswers
    hosting: HostedVideoAnswers
    keys: ApiKeys


def create_app(
    read_state: ReadState,
    videos: Videos | None = None,
    routes: Sequence[APIRouter] = (),
    access: Access | None = None,
) -> FastAPI:
    """The application, in local mode (see `api.local_mode`) unless `access` closes it.

    Args:
        read_state: how the site is now; called in a thread for each request that wants to know, may read the
            database.
        videos: None for an application that shows and takes none.
        routes: of the platform.
        access: None for local mode without keys and accounts.
    """
    app = FastAPI(title="Sightline", version=__version__, docs_url=None, redoc_url=None)
    routers = [health_routes(read_state), metrics_routes(read_state), docs_routes()]
    if videos is not None:
        routers += [video_routes(videos.pages), hosted_video_routes(videos.hosting, videos.keys)]
    if access is not None:
        routers += [sign_in_routes(access), account_routes(access), key_routes(access), audit_routes(access)]
    routers += routes
    for router in routers:
        _answer(app, router)
    app.openapi = describe(app, routers, access.limits if access else None)  # type: ignore[method-assign]
    answer_with_problems(app)
    _put_in_front(app, access)
    return app


def _put_in_front(app: FastAPI, access: Access | None) -> None:
    """What a request passes through, from the inside to the outside."""
    app.add_middleware(BodyLimit)
    if access is None:
        app.add_middleware(LocalGate)
    else:
        app.add_middleware(AuditTrail, audit=access.audit)
        app.add_middleware(RateLimits, limits=access.limits)
        app.add_middleware(Gate, access=access)
    if access is None or not access.closed:
        app.add_middleware(LocalMode)
    elif access.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=access.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["X-API-Key", "Authorization", "Content-Type", "X-Request-ID", "Range"],
            expose_headers=["X-Total-Count", "Link", "X-Request-ID", "Retry-After"],
            allow_credentials=False,
        )
    app.add_middleware(RequestIds)  # outside of local mode: also its refusals have an id
    app.add_middleware(PrivateHeaders)


def _answer(app: FastAPI, router: APIRouter) -> None:
    """Take in the routes of `router` as they are.

    `include_router` works out each of them a second time, at the first request, and finds them more slowly.
    It is for routers that get a prefix, demands or answers from the application; none of ours does.
    """
    app.router.routes.extend(router.routes)


def create_links_app(pages: VideoAnswers) -> FastAPI:
    """An application that answers under /video and nowhere else, for whoever has a link, from anywhere."""
    app = FastAPI(title="Sightline", version=__version__, openapi_url=None)
    _answer(app, video_routes(pages))
    answer_with_problems(app)
    app.add_middleware(RequestIds)
    app.add_middleware(PrivateHeaders)
    return app


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that listens on `host`."""
    return is_loopback_host(f"[{host}]" if ":" in host else host)


def listen(host: str, port: int, *, anywhere: bool = False) -> socket.socket:
    """A socket that is bound, so that a port in use is found before anything starts; 0 is any free port.

    Args:
        anywhere: whether other machines may reach it: for what answers nobody without a link.

    Raises:
        ConfigError: an address that cannot be had, or, without `anywhere`, not a loopback one.
    """
    if not anywhere and not is_loopback(host):
        raise ConfigError(
            f"--host {host}: without keys and sign-in Sightline answers on this machine only; use 127.0.0.1,"
            " and ssh -L or a VPN to look from elsewhere; private links have sightline serve --only links"
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port"
        ) from error
    # Whoever is accepted inherits it. asyncio sets it only on sockets that name their protocol, and without
    # it an answer's body waits 40 ms for the receiver to acknowledge its head.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def serve_api(
    app: ASGIApp,
    bound: socket.socket,
    *,
    stop: threading.Event | None = None,
    until_closed: TextIO | None = sys.stdin,
) -> None:
    """Answer requests until SIGTERM or SIGINT, until `stop` is set, or until `until_closed` ends.

    Answers under way are finished, for 5 s at most. Requests are not logged: addresses may hold what is
    nobody's business.

    Args:
        bound: from `listen`; closed when this returns.
        until_closed: what the parent process holds open; None when there is none.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=LAST_ANSWERS_S,
    )
    server = uvicorn.Server(config)

    def stop_when_told() -> None:
        assert stop is not None
        stop.wait()
        server.should_exit = True

    def stop_when_closed() -> None:
        assert until_closed is not None
        for _ in until_closed:
            pass
        server.should_exit = True

    if stop is not None:
        threading.Thread(target=stop_when_told, name="stop", daemon=True).start()
    if until_closed is not None:
        threading.Thread(target=stop_when_closed, name="parent", daemon=True).start()
    # What is loaded by now stays: looking through it again and again for garbage took a twentieth of the time
    # of taking in events.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_AFTER)
    with bound:
        server.run(sockets=[bound])
