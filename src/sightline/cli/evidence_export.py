"""`sightline evidence export`: a case as one zip; `evidence verifier`: the page that checks one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.existing_site import existing_site
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.terminal import messages, print_json
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError

if TYPE_CHECKING:
    from sightline.evidence.case_zip import CaseExport
    from sightline.store.evidence import StoredEvidence
    from sightline.wiring import Site

EXPORTED_BY = "command line"


def export(
    out: Annotated[Path, typer.Option("--out", metavar="CASE.zip", help="The zip to write.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Event ids, evidence ids or names of clips."),
    ] = None,
    event: Annotated[
        list[str] | None, typer.Option("--event", metavar="ID", help="An event id; may be given again.")
    ] = None,
    venue: Annotated[
        str | None, typer.Option("--venue", help="Without any ID: all sealed evidence of this venue.")
    ] = None,
    camera: Annotated[str | None, typer.Option("--camera", help="With --venue: of this camera only.")] = None,
    original: Annotated[
        bool,
        typer.Option(
            "--original", help="Hand over the sealed originals although privacy settings cover them."
        ),
    ] = False,
    timestamp: Annotated[
        str | None,
        typer.Option("--timestamp", metavar="URL", help="Have the list of contents stamped here (RFC 3161)."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write evidence as one zip that anybody can check offline: sealed clips, papers, key, verifier page."""
    from sightline.delivery.time_stamp import TimeStampAuthority
    from sightline.evidence.case_zip import export_case, require_unmasked
    from sightline.evidence.site_key import site_signer

    if bool(names or event) == bool(venue):
        raise ConfigError("say what to export: either IDs, or --venue (and --camera)")
    if camera is not None and venue is None:
        raise ConfigError("--camera needs --venue")
    site = existing_site(config, data_dir)
    chosen = _of_camera(site, venue, camera) if venue else _named(site, names or [], event or [])
    if not original:
        require_unmasked(chosen, site.settings.privacy)
    written = export_case(
        site.database,
        Scope.site(),
        chosen,
        segments_dir=site.segments_dir,
        out=out,
        signer=site_signer(site.database, Scope.site(), site.keys_dir),
        exported_by=EXPORTED_BY,
        stamp=TimeStampAuthority(timestamp).stamp if timestamp is not None else None,
    )
    _tell(written, as_json)


def verifier(
    out: Annotated[Path, typer.Option("--out", help="Where to write it.")] = Path("verify.html"),
) -> None:
    """Write the page with which anybody checks a case in a browser, without installing anything."""
    from sightline.evidence.files import write_whole
    from sightline.evidence.verifier import verifier_page

    write_whole(out, verifier_page())
    messages().print(
        f"{out}: open it in a browser and give it a case; nothing is sent anywhere", markup=False
    )


def _named(site: Site, names: list[str], events: list[str]) -> list[StoredEvidence]:
    from sightline.evidence.story import find_evidence
    from sightline.store.evidence import evidence_of_events

    found: dict[str, StoredEvidence] = {}
    for name in names:
        one = find_evidence(site.database, Scope.site(), name)
        if one is None:
            raise EvidenceError(f"no evidence has the event id, evidence id or clip name {name!r}")
        found[one.id] = one
    with site.database.reading() as connection:
        of_events = evidence_of_events(Scope.site(), connection, events)
    for event_id in events:
        if event_id not in of_events:
            raise EvidenceError(
                f"no evidence belongs to the event {event_id!r}; sightline evidence list shows all"
            )
        found[of_events[event_id].id] = of_events[event_id]
    return list(found.values())


def _of_camera(site: Site, venue: str, camera: str | None) -> list[StoredEvidence]:
    """All that is sealed and here; what is not is told, so that nobody takes the case for all there was."""
    from sightline.store.evidence import list_evidence
    from sightline.store.venues import list_venues

    with site.database.reading() as connection:
        known = [one.id for one in list_venues(Scope.site(), connection)]
        if venue not in known:
            raise ConfigError(f"there is no venue {venue!r}; there are: {', '.join(known) or 'none yet'}")
        listed = list_evidence(Scope.site(), connection, venue_id=venue, camera_id=camera)
    here = [one for one in listed if one.state == "sealed" and one.moved_at is None]
    left_out = sum(one.state != "deleted" for one in listed) - len(here)
    if left_out:
        messages().print(
            f"Left out, because their clips are not here: {left_out}; see: sightline evidence list"
        )
    if not here:
        raise EvidenceError(f"nothing sealed is here of {camera or 'any camera'} of venue {venue}")
    return here


def _tell(written: CaseExport, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "path": str(written.path),
                "venue_id": written.venue_id,
                "cameras": list(written.cameras),
                "evidence": list(written.evidence_ids),
                "clips": written.clips,
                "size_bytes": written.size_bytes,
                "key_id": written.key_id,
                "head": str(written.head),
                "time_stamped": written.stamped,
            }
        )
        return
    typer.echo(
        f"{written.path}: {written.clips} clips of {len(written.evidence_ids)} pieces of evidence,"
        f" {written.size_bytes / 1e6:.1f} MB"
    )
    typer.echo(f"Key, to be compared by whoever receives it: {written.key_id}")
    typer.echo(f"Ledger head, worth noting down: {written.head}")
