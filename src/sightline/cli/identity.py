"""`sightline identity`: the key of what is kept to know people again."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.options import ConfigOption, DataDirOption, JsonOption
from sightline.errors import ConfigError

app = typer.Typer(help="The key under which faces are sealed.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The key under which faces are sealed."""


@app.command("seal-again")
def seal_again(
    new_key: Annotated[
        str, typer.Option("--new-key", metavar="env:NAME|file:PATH", help="Where the new key is.")
    ],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Seal what is sealed under identity.key with a new key. Safe to repeat; stop `serve` first."""
    from sightline.cli.existing_site import existing_site
    from sightline.cli.serve import Part
    from sightline.cli.terminal import print_json
    from sightline.config.identity_key import IdentityKey, read_identity_key
    from sightline.config.references import Secret
    from sightline.pipeline.serving_lock import serving_lock
    from sightline.privacy_wiring import seal_again as seal_all_again

    site = existing_site(config, data_dir)
    try:
        reference = Secret.parse(new_key)
    except ValueError as error:
        raise ConfigError(f"--new-key: {error}") from None
    old = read_identity_key(site.settings.identity)
    new = IdentityKey.parse(reference.reveal(), named=reference.shown())
    with serving_lock(site.data_dir, [part.value for part in Part]):
        sealed = seal_all_again(site, old, new)
    setting = site.settings.identity.key.shown()
    if as_json:
        print_json({"sealed_again": sealed, "old_key_id": old.key_id, "new_key_id": new.key_id})
        return
    for what, number in sealed.items():
        typer.echo(f"{what}: {number} sealed again")
    if old.key_id == new.key_id:
        typer.echo(f"identity.key ({setting}) is the new key {new.key_id} already: nothing more to do.")
        return
    typer.echo(f"Everything is under the new key {new.key_id} now. Before the next start of `serve`:")
    typer.echo(f"  put the new key where {setting} is, or set identity.key: {reference.shown()}")
    typer.echo(f"Keep the old key {old.key_id} as long as a backup made under it may be put back.")
