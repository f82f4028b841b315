"""`sightline evidence link|extend|revoke|links`: private links to clips, made, prolonged and taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.existing_site import existing_site
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError

if TYPE_CHECKING:
    from sightline.evidence.private_links import PrivateLink
    from sightline.wiring import Site

LinkIdArgument = Annotated[
    str, typer.Argument(metavar="LINK_ID", help="Id of the link; see: evidence links.")
]
MADE_BY = "command line"


def link(
    name: Annotated[
        str,
        typer.Argument(metavar="ID", help="Event id, evidence id, name of a clip, or id of a hosted video."),
    ],
    hours: Annotated[
        int | None, typer.Option(help="How long it lives; default: delivery.links.expiration_hours.", min=1)
    ] = None,
    part: Annotated[int, typer.Option(help="Which part of a long event, 0 for the first.", min=0)] = 0,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a private link to a clip. Whoever has it can watch the clip until it expires or is revoked."""
    from sightline.delivery_wiring import private_links

    site = existing_site(config, data_dir)
    evidence_id, video_id = _find(site, name)
    made = private_links(site).make(
        Scope.site(),
        evidence_id=evidence_id,
        part=part,
        hosted_video_id=video_id,
        hours=hours or site.settings.delivery.links.expiration_hours,
        made_by=MADE_BY,
    )
    _tell(made, as_json)


def extend(
    link_id: LinkIdArgument,
    hours: Annotated[int, typer.Option(help="How much longer it lives.", min=1)],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a link live longer; one that has expired lives again."""
    from sightline.delivery_wiring import private_links

    extended = private_links(existing_site(config, data_dir)).extend(Scope.site(), link_id, hours)
    if extended is None:
        raise EvidenceError(f"there is no link {link_id!r}; sightline evidence links shows all")
    _tell(extended, as_json)


def revoke(
    name: Annotated[
        str | None,
        typer.Argument(metavar="LINK_ID|EVIDENCE_ID", help="A link, or all links of a clip or video."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Make a new link key: every address ever given is worthless.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Take links back. From then on they answer 403, and nothing undoes that."""
    from sightline.delivery_wiring import private_links

    if (name is None) is not every:
        raise ConfigError("say which with LINK_ID or EVIDENCE_ID, or --all")
    site = existing_site(config, data_dir)
    links = private_links(site)
    if name is None:
        links.revoke_all()
        messages().print("there is a new link key: no address that was given before opens anything")
        return
    if links.revoke(Scope.site(), name):
        messages().print(f"link {name} is revoked", markup=False)
        return
    evidence_id, video_id = _find(site, name, what="link or evidence")
    if evidence_id is not None:
        count = links.revoke_of_evidence(Scope.site(), evidence_id)
    else:
        count = links.revoke_of_video(Scope.site(), str(video_id))
    messages().print(f"{count} link{'' if count == 1 else 's'} of {name} revoked", markup=False)


def links(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Only of this event, evidence, clip or hosted video.")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List links, newest first: what they show, until when, how often they were looked at."""
    from sightline.evidence.link_desk import link_facts
    from sightline.store.link_views import view_totals
    from sightline.store.private_links import list_links

    site = existing_site(config, data_dir)
    evidence_id, video_id = _find(site, name) if name is not None else (None, None)
    with site.database.reading() as connection:
        scope = Scope.site()
        found = list_links(scope, connection, evidence_id=evidence_id, hosted_video_id=video_id)
        views = view_totals(scope, connection, [one.id for one in found])
    now = datetime.now(UTC)
    rows = [link_facts(one, views[one.id].views if one.id in views else 0, now) for one in found]
    if as_json:
        print_json({"links": rows})
        return
    if not rows:
        messages().print("no link yet; make one with: sightline evidence link ID", markup=False)
        return
    print_table(
        ("link", "shows", "state", "expires (UTC)", ">views", "made by"),
        [
            (
                row["link_id"],
                row["evidence_id"] or row["video_id"],
                row["state"],
                row["expires_at"][:16].replace("T", " "),
                str(row["views"]),
                row["made_by"],
            )
            for row in rows
        ],
    )


def _find(site: Site, name: str, *, what: str = "evidence or hosted video") -> tuple[str | None, str | None]:
    """Id of the evidence, or id of the hosted video, that `name` means."""
    from sightline.evidence.story import find_evidence
    from sightline.store.hosted_videos import get_hosted_video

    found = find_evidence(site.database, Scope.site(), name)
    if found is not None:
        return found.id, None
    with site.database.reading() as connection:
        video = get_hosted_video(Scope.site(), connection, name)
    if video is None:
        raise EvidenceError(f"there is no {what} {name!r}; sightline evidence list shows all")
    return None, video.id


def _tell(made: PrivateLink, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "link_id": made.id,
                "private_link": made.url,
                "expires_at": made.expires_at.isoformat(),
                "life_hours": made.life_hours,
                "reach": made.reach,
            }
        )
        return
    typer.echo(made.url)
    say = messages()
    say.print(
        f"link {made.id}, expires {made.expires_at:%Y-%m-%d %H:%M} UTC, in {made.life_hours} h", markup=False
    )
    if made.reach == "local":
        say.print(
            "It works on this machine only, while sightline serve runs; set server.public_url for one that"
            " works elsewhere.",
            markup=False,
            soft_wrap=True,
        )
