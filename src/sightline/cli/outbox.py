"""`sightline outbox`: what has still to leave this site, why it has not, and trying again."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.existing_site import existing_site
from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.terminal import messages, print_json, progress
from sightline.domain.scope import Scope

if TYPE_CHECKING:
    from sightline.store.outbox_items import StoredItem
    from sightline.wiring import Site

app = typer.Typer(help="What has still to leave this site: list, retry, drain, test.", no_args_is_help=True)

LISTED = 200


class Show(StrEnum):
    """Which items are listed."""

    OPEN = "open"
    DEAD = "dead"
    SENT = "sent"
    ALL = "all"


class What(StrEnum):
    """What a test is sent to."""

    MAIL = "mail"
    UPLOAD = "upload"
    INCIDENT = "incident"
    LINK = "link"
    WEBHOOK = "webhook"


@app.command("list")
def list_command(
    show: Annotated[Show, typer.Option("--show", help="Open: waiting or given up.")] = Show.OPEN,
    venue: Annotated[str | None, typer.Option("--venue", help="Only this venue.")] = None,
    event: Annotated[str | None, typer.Option("--event", help="Only what tells of this event.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = LISTED,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """What waits or was given up, oldest first, with the reason of the last attempt."""
    from sightline.store.outbox_items import list_items

    site = existing_site(config, data_dir)
    with site.database.reading() as connection:
        items = list_items(
            Scope.site(), connection, venue_id=venue, event_id=event, states=_states(show), limit=limit
        )
    if as_json:
        print_json([_document(item) for item in items])
        return
    _tell_of_centre(site)
    if not items:
        messages().print(_nothing(site, show), soft_wrap=True)
        return
    lines: list[tuple[str, ...]] = [("id", "made", "to", "about", "state", "tries", "next", "why")]
    lines += [_line(item) for item in items]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Of `outbox list`.")] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try again what was given up: all of it, or the items named (those that wait are due at once)."""
    from sightline.store.outbox import retry_items

    site = existing_site(config, data_dir)
    with site.database.transaction() as connection:
        count = retry_items(Scope.site(), connection, now=datetime.now(UTC), ids=ids or None)
    if as_json:
        print_json({"retried": count})
        return
    typer.echo(f"{count} due again. `sightline serve` sends them, or: sightline outbox drain")


@app.command()
def drain(
    timeout: Annotated[float, typer.Option("--timeout", min=0, metavar="S", help="Seconds.")] = 300.0,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what waits, until nothing does or the time is up. Exit code 1 when something is left."""
    from sightline.delivery_wiring import outbox_worker
    from sightline.evidence.site_key import seal_waiting
    from sightline.logs import set_up_logs

    set_up_logs(as_json=False)
    site = existing_site(config, data_dir)
    worker = outbox_worker(site)
    first: list[int] = []
    with progress("Sending", None, unit="items", quiet=as_json) as advance:

        def tell(waiting: int) -> None:
            first.append(waiting)
            advance(max(first) - waiting)

        left = worker.drain(timeout, on_round=tell)
    seal_waiting(site.database, site.keys_dir, datetime.now(UTC))
    if as_json:
        print_json({"sent": left.sent, "waiting": left.waiting, "dead": left.dead})
    else:
        typer.echo(f"{left.sent} sent, {left.waiting} still waiting, {left.dead} given up.")
        if left.waiting or left.dead:
            typer.echo("`sightline outbox list` says why.")
    if left.waiting or left.dead:
        raise typer.Exit(1)


@app.command("test")
def try_command(
    what: Annotated[What, typer.Argument(help="What to try.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a test, now and once, marked as such. Exit code 1 when it does not arrive."""
    from sightline.trial_sends import send_test
    from sightline.wiring import open_site

    outcome = send_test(open_site(config, data_dir), what.value)
    if as_json:
        print_json(outcome.document())
    else:
        typer.echo(("Arrived: " if outcome.arrived else "NOT arrived: ") + outcome.detail)
    if not outcome.arrived:
        raise typer.Exit(1)


def _tell_of_centre(site: Site) -> None:
    """Hours are not items: they are told again and again. A line for each venue that has a centre."""
    from sightline.store.edge_hours import told_centre

    with site.database.reading() as connection:
        told = told_centre(Scope.site(), connection)
    for one in told:
        words = f"{one.venue_id}: the centre has still to be told {one.waiting} hours"
        if one.oldest_at is not None:
            words += f", since {one.oldest_at:%Y-%m-%d %H:%M}Z"
        reason = one.error or one.refusal
        messages().print(f"{words}; {reason}" if reason else words, soft_wrap=True)


def _states(show: Show) -> list[Any]:
    from sightline.domain.outbox import ItemState

    return {
        Show.OPEN: [ItemState.WAITING, ItemState.DEAD],
        Show.DEAD: [ItemState.DEAD],
        Show.SENT: [ItemState.SENT],
        Show.ALL: [],
    }[show]


def _nothing(site: Site, show: Show) -> str:
    from sightline.delivery_wiring import delivery_plan
    from sightline.store.outbox_items import count_items

    if delivery_plan(site.settings).is_empty and site.settings.delivery.centre is None:
        return (
            "Nothing is set up to leave this site. Receivers are named under `delivery:` in the site file;"
            " docs/manual.md shows each."
        )
    with site.database.reading() as connection:
        counts = Counter({one.state.value: 0 for one in count_items(Scope.site(), connection)})
        for one in count_items(Scope.site(), connection):
            counts[one.state.value] += one.count
    return f"Nothing {'is open' if show is Show.OPEN else 'of that kind'}; {counts['sent']} were sent."


def _line(item: StoredItem) -> tuple[str, ...]:
    waiting = item.state.value == "waiting"
    return (
        str(item.id),
        f"{item.created_at:%Y-%m-%d %H:%M:%S}Z",
        item.channel.value
        if item.destination == item.channel.value
        else f"{item.channel} {item.destination}",
        f"{item.venue_id} {item.event_id or item.chain}",
        item.state.value,
        str(item.attempts),
        f"{item.due_at:%H:%M:%S}Z" if waiting else "-",
        item.last_error or "-",
    )


def _document(item: StoredItem) -> dict[str, Any]:
    """Never the answer nor the payload: they may hold a private link or an address."""
    return {
        "id": item.id,
        "key": item.key,
        "venue_id": item.venue_id,
        "channel": item.channel.value,
        "destination": item.destination,
        "event_id": item.event_id,
        "evidence_id": item.evidence_id,
        "state": item.state.value,
        "attempts": item.attempts,
        "created_at": item.created_at.isoformat(),
        "due_at": item.due_at.isoformat(),
        "settled_at": item.settled_at.isoformat() if item.settled_at else None,
        "last_error": item.last_error,
    }
