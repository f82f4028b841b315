"""`sightline user`: the people who can sign in to this site."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.cli.tables import print_table
from sightline.cli.terminal import messages, print_json
from sightline.domain.account import Role
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.pipeline.accounts import Accounts
    from sightline.store.accounts import StoredAccount
    from sightline.wiring import Site

app = typer.Typer(help="The people who can sign in to this site.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As typed when signing in.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]


@app.command()
def add(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    venue: Annotated[
        list[str] | None, typer.Option(help="A shop they reach; may be repeated. Administrators reach all.")
    ] = None,
    password_stdin: StdinOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make an account. The password is asked for twice, and never an argument: others would see it."""
    site = _site(config, data_dir)
    _know_venues(site)
    if role is Role.ADMINISTRATOR and venue:
        raise ConfigError("an administrator reaches all shops; leave --venue out, or choose another --role")
    made = _accounts(site).add(name, role, _password(from_stdin=password_stdin), venues=venue or ())
    _note(site, "user_added", made, role=made.role.value, venues=list(made.venues))
    messages().print(f"{made.name} can sign in as {made.role}", markup=False)


@app.command(name="list")
def list_(config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List who can sign in, and what they reach."""
    found = _accounts(_site(config, data_dir)).all()
    if as_json:
        print_json({"users": [_facts(one) for one in found]})
        return
    if not found:
        messages().print(
            "nobody can sign in yet; make an account with: sightline user add NAME --role administrator",
            markup=False,
            soft_wrap=True,
        )
        return
    rows = [
        (
            one.name,
            one.role.value,
            "all" if one.role is Role.ADMINISTRATOR else ", ".join(one.venues) or "none",
            f"{one.created_at:%Y-%m-%d %H:%M} UTC",
            "disabled" if one.disabled_at else "has to change the password" if one.must_change else "open",
        )
        for one in found
    ]
    print_table(("name", "role", "shops", "made", "state"), rows)


@app.command()
def password(
    name: NameArgument,
    password_stdin: StdinOption = False,
    must_change: Annotated[
        bool, typer.Option("--must-change", help="It has to be changed at the next sign-in.")
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Give somebody another password. All their sessions end."""
    site = _site(config, data_dir)
    accounts = _accounts(site)
    known = accounts.named(name)
    accounts.change(known.id, password=_password(from_stdin=password_stdin), must_change=must_change)
    _note(site, "password_replaced", known)
    messages().print(f"{known.name} has another password; all sessions ended", markup=False)


@app.command()
def remove(name: NameArgument, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Delete an account, and end its sessions. What it did stays in the audit log."""
    site = _site(config, data_dir)
    accounts = _accounts(site)
    removed = accounts.remove(accounts.named(name).id)
    _note(site, "user_removed", removed)
    messages().print(f"{removed.name} cannot sign in any more", markup=False)


def _password(*, from_stdin: bool) -> str:
    """A password from standard input, or from the terminal, where it is asked for twice and not shown.

    Raises:
        ConfigError: there is no terminal, or the two are not the same.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask for the password at; use --password-stdin")
    first = getpass.getpass("Password: ")
    if getpass.getpass("The same once more: ") != first:
        raise ConfigError("the two passwords are not the same")
    return first


def _site(config: Path | None, data_dir: Path | None) -> "Site":
    from sightline.wiring import open_site

    return open_site(config, data_dir)


def _accounts(site: "Site") -> "Accounts":
    from sightline.pipeline.accounts import Accounts

    return Accounts(site.database)


def _know_venues(site: "Site") -> None:
    """Those of the site file are in the database, too, so that they can be given to somebody."""
    from sightline.live_wiring import import_cameras

    import_cameras(site)


def _note(site: "Site", action: str, about: "StoredAccount", **facts: object) -> None:
    from sightline.pipeline.audit_log import COMMAND_LINE, AuditLog

    AuditLog(site.database).note(COMMAND_LINE, action, subject=f"user={about.id}", facts=facts)


def _facts(account: "StoredAccount") -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role.value,
        "venues": None if account.role is Role.ADMINISTRATOR else list(account.venues),
        "must_change": account.must_change,
        "created_at": account.created_at.isoformat(),
        "disabled_at": account.disabled_at.isoformat() if account.disabled_at else None,
    }
