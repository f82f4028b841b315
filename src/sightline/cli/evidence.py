"""`sightline evidence`: which clips there are, the story of one, and whether all is as it was sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from sightline.cli.evidence_export import export, verifier
from sightline.cli.existing_site import existing_site
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.terminal import length, messages, print_json
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError

if TYPE_CHECKING:
    from sightline.evidence.keys import PublicKey
    from sightline.evidence.ledger import Head
    from sightline.evidence.verification import VerificationReport
    from sightline.wiring import Site

app = typer.Typer(help="The clips that prove the events: list, show, verify, hand on.", no_args_is_help=True)
for of_cases in (export, verifier):
    app.command()(of_cases)

VenueOption = Annotated[str | None, typer.Option("--venue", help="Only this venue.")]
CameraOption = Annotated[str | None, typer.Option("--camera", help="Only this camera.")]


@app.command("list")
def list_command(
    venue: VenueOption = None,
    camera: CameraOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """All evidence, earliest footage first, each clip checked against its manifest and signature."""
    from sightline.evidence.story import facts_of
    from sightline.store.evidence import list_evidence

    site = existing_site(config, data_dir)
    with site.database.reading() as connection:
        known = list_evidence(Scope.site(), connection, venue_id=venue, camera_id=camera)
    rows = [facts_of(one, site.segments_dir, _own_key(site)) for one in known if one.state != "deleted"]
    if as_json:
        print_json(rows)
        return
    if not rows:
        messages().print("No evidence yet. Begin with: sightline analyze VIDEO, or: sightline serve")
        return
    lines = [("time", "camera", "kind", "clip", "length", "size", "verified")]
    zones = _zones(site)
    for row, one in zip(rows, (one for one in known if one.state != "deleted"), strict=True):
        at = one.wanted_from.astimezone(zones.get(one.venue_id))
        lines.append(
            (
                f"{at:%Y-%m-%d %H:%M:%S}",
                f"{one.venue_id}/{one.camera_id}",
                row["kind"] or row["reason"],
                ", ".join(row["clips"]) or "-",
                length(timedelta(seconds=row["length_s"])) if row["length_s"] is not None else "-",
                _megabytes(row["size_bytes"]),
                "yes" if row["verified"] else f"NO: {'; '.join(row['troubles'])}",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Event id, evidence id or name of a clip.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """One piece of evidence: what it shows, where it comes from, what happened to it."""
    from sightline.evidence.story import document_of, find_evidence, story_lines

    site = existing_site(config, data_dir)
    found = find_evidence(site.database, Scope.site(), name)
    if found is None:
        raise EvidenceError(f"no evidence has the event id, evidence id or clip name {name!r}")
    document = document_of(site.database, found, site.segments_dir, _own_key(site))
    if as_json:
        print_json(document)
        return
    zone = _zones(site).get(found.venue_id)
    for line in story_lines(document, zone or ZoneInfo("UTC")):
        typer.echo(line)


@app.command()
def verify(
    case: Annotated[
        Path | None,
        typer.Argument(metavar="[FOLDER|ZIP]", help="What was exported; without it, this site's own data."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option("--public-key", help="PEM file: the key all must be signed with."),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="POSITION:HASH", help="Where the ledger ended at some earlier time."),
    ] = None,
    tsa_ca: Annotated[
        Path | None,
        typer.Option("--tsa-ca", metavar="PEM", help="Certificates of the time-stamp authority to trust."),
    ] = None,
    venue: VenueOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check clips, manifests, signatures and ledger. Exit code 1 when anything is not as it was sealed.

    A folder or zip needs nothing but itself and, better, --public-key; no database, no network.
    """
    from sightline.evidence.keys import read_public_key
    from sightline.evidence.verification import all_clean, verify_case, verify_site

    known_head = _head(head) if head is not None else None
    pinned = read_public_key(public_key) if public_key is not None else None
    if case is not None:
        pin = pinned or _own_key_if_any(config, data_dir)
        if pinned is None and pin is not None:
            messages().print(
                f"Checked against the key of this site, {pin.key_id}; another site's needs --public-key.",
                soft_wrap=True,
            )
        reports = [verify_case(case, pinned_key=pin, known_head=known_head, authority=tsa_ca)]
    else:
        if tsa_ca is not None:
            raise ConfigError("--tsa-ca is for a time stamp in an exported folder or zip: say which")
        site = existing_site(config, data_dir)
        if venue is not None and venue not in _zones(site):
            raise ConfigError(f"this site has no venue {venue!r}")
        if known_head is not None and venue is None and len(_zones(site)) > 1:
            raise ConfigError("--head belongs to the ledger of one venue: say which with --venue")
        own = _own_key(site)
        reports = verify_site(
            site.database,
            Scope.site(),
            segments_dir=site.segments_dir,
            venue_id=venue,
            own_key=own,
            pinned_key=pinned or own,
            known_head=known_head,
        )
    if as_json:
        print_json([_report_document(report) for report in reports])
    else:
        _print_reports(reports)
    if not all_clean(reports):
        raise typer.Exit(1)


def _own_key(site: Site) -> PublicKey | None:
    from sightline.evidence.keys import PUBLIC_NAME, read_public_key

    path = site.keys_dir / PUBLIC_NAME
    return read_public_key(path) if path.exists() else None


def _own_key_if_any(config: Path | None, data_dir: Path | None) -> PublicKey | None:
    """The key of the site this command is run on, if it is run on one; a stranger's machine has none."""
    from sightline.wiring import open_site

    try:
        return _own_key(open_site(config, data_dir))
    except ConfigError:
        if config is not None or data_dir is not None:
            raise
        return None


def _zones(site: Site) -> dict[str, tzinfo]:
    from sightline.store.venues import list_venues

    with site.database.reading() as connection:
        return {one.id: ZoneInfo(one.timezone) for one in list_venues(Scope.site(), connection)}


def _head(text: str) -> Head:
    from sightline.evidence.ledger import Head

    position, _, digest = text.partition(":")
    if not position.isdecimal() or len(digest) != 64:
        raise ConfigError(f"--head {text!r} is not POSITION:HASH, as `evidence verify` prints it")
    return Head(int(position), digest.lower())


def _report_document(report: VerificationReport) -> dict[str, Any]:
    return {
        "where": report.where,
        "clean": report.clean,
        "findings": [{"subject": one.subject, "problem": one.problem} for one in report.findings],
        "notes": list(report.notes),
        "checked": dict(report.checked),
        "head": str(report.head),
        "key_id": report.key_id,
        "pinned": report.pinned,
    }


def _print_reports(reports: Sequence[VerificationReport]) -> None:
    if not reports:
        typer.echo("Nothing to verify: this site has no venue yet.")
    for report in reports:
        for finding in report.findings:
            typer.echo(str(finding))
        counts = ", ".join(
            f"{number} {what}" for what, number in report.checked.items() if what != "clip bytes"
        )
        size = _megabytes(report.checked.get("clip bytes"))
        verdict = "as sealed" if report.clean else f"{len(report.findings)} FINDINGS"
        typer.echo(f"{report.where}: {verdict}.")
        typer.echo(f"Checked {counts or 'nothing'} ({size}) with key {report.key_id}.")
        typer.echo(f"Ledger head, worth noting down: {report.head}")
        for note in report.notes:
            typer.echo(f"note: {note}")


def _megabytes(size_bytes: int | None) -> str:
    return "-" if size_bytes is None else f"{size_bytes / 1e6:.1f} MB"
