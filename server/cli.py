"""The command `partyline`. What a command needs is imported by it alone, so that `--help` and `migrate` load no web server."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from server.domain.errors import Refused
from server.embedded import RedisFailed, RedisMissing
from server.log import configure_log, get_logger
from server.operate.archive import OperatorError
from server.settings import LogLevel, Settings, SettingsError, is_loopback, load_settings, unknown_variables
from server.store.database import Unavailable
from server.versions import version_faults

if TYPE_CHECKING:
    from server.operate.restore import Restored
    from server.parts import Parts

log = get_logger(__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="partyline")
def main() -> None:
    """Partyline: text messages of a contact centre, answered together."""


@main.command()
def serve() -> None:
    """Runs web, timer and sender in one process."""
    _run("web", "timer", "sender")


@main.command()
def web() -> None:
    """Runs the web role: pages, API, websocket and carrier webhooks."""
    _run("web")


@main.command()
def timer() -> None:
    """Runs the timer role: makes unanswered conversations public."""
    _run("timer")


@main.command()
def sender() -> None:
    """Runs the sender role: hands queued texts to the carriers."""
    _run("sender")


@main.command()
def migrate() -> None:
    """Brings the database's schema up to date."""
    with _faults():
        settings = _settings()
        for name in asyncio.run(_migrate(settings)):
            click.echo(f"applied {name}")


@main.command()
@click.option("--account", required=True, help="The account's name.")
@click.option("--email", required=True, help="Its first manager's e-mail address.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="That manager's password.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def init(account: str, email: str, password: str, as_json: bool) -> None:
    """Creates an account and its first manager, and prints their ids and an API token."""
    with _faults():
        made = asyncio.run(_init(_settings(), account, email, password))
    if as_json:
        click.echo(json.dumps(made))
    else:
        for name, value in made.items():
            click.echo(f"{name:<8} {value}")
        click.echo("The token is shown this once.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
def doctor(as_json: bool) -> None:
    """Looks at the machine, the database, Redis and the public address, and says what is wrong and what to do."""
    with _faults():
        from server.operate.doctor import examine, must_be_ours

        must_be_ours()
        found = asyncio.run(examine(_settings(default_level="error")))
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in found], indent=1))
    else:
        for finding in found:
            colour = {"ok": "green", "warning": "yellow", "failed": "red"}[finding.state]
            click.echo(f"{click.style(f'{finding.state:<8}', fg=colour)} {finding.check:<16} {finding.says}")
            if finding.do:
                click.echo(f"{'':<26}{finding.do}")
    if any(finding.state == "failed" for finding in found):
        sys.exit(2)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Writes the database and the attachments of this moment to FILE, while all goes on. A name in .gz or .tgz packs it."""
    with _faults():
        from server.operate.backup import make_backup

        made = asyncio.run(make_backup(_settings(default_level="warning"), file))
        click.echo(f"{file}: {_counted(made.rows)}, {sum(name.startswith('media/') for name in made.files)} attachments")
        if not made.media:
            click.echo(f"The attachments stay in {made.bucket} and are not in this file: keep that bucket's versions.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="Also where there is data: the backup takes its place.")
def restore(file: Path, force: bool) -> None:
    """Puts what `backup` wrote to FILE in the place of what is there. Every process must be stopped."""
    with _faults():
        from server.operate.restore import restore_backup

        settings = _settings(default_level="warning")
        done = asyncio.run(restore_backup(settings, file, force=force))
        click.echo(f"As it was at {done.manifest.made_at}: {_counted(done.manifest.rows)}, {done.attachments} attachments added")
        for name in done.migrations:
            click.echo(f"applied {name}")
        if done.kept:
            click.echo(f"What was there before is {done.kept}")
        if done.missing:
            place = settings.media_url.partition("?")[0]
            click.echo(f"{len(done.missing)} attachments of texts are not in {place}, such as {done.missing[0]}.")
            click.echo(f"Put them there {_origin(done)}.")
        if not done.key_fits:
            click.echo(
                "SECRET_KEY is not the backup's: put VAR/secret_key back, or enter carriers' credentials and webhooks' secrets anew."
            )


@main.command()
@click.option("--reset", is_flag=True, help="Throw the demo's data away first and begin anew.")
def demo(reset: bool) -> None:
    """Runs everything on this machine alone, with a demo account to try out."""
    with _faults():
        from server.demo.reset import reset_demo
        from server.demo.seed import seed_demo
        from server.roles import ROLES, run_roles

        settings = _on_loopback(_settings(default_level="warning"))
        if reset:
            asyncio.run(reset_demo(settings))
        links: list[tuple[str, str]] = []

        async def seed(parts: "Parts") -> None:
            links.extend(await seed_demo(parts))

        def ready(address: str) -> None:
            click.echo(f"\nPartyline is at {address}\n\nSign in as")
            for name, path in links:
                click.echo(f"  {name:<14} {address}{path}")
            click.echo(f"\nThe contacts' phones are at {address}/sandbox, for whoever is signed in.")
            click.echo("Open Ana in one window and Ben with the phones in a private one, and text in. A text left alone for a minute is")
            click.echo("in everybody's pool. No text leaves this machine. Ctrl-C stops it; `demo --reset` begins anew.\n")

        run_roles(settings, ROLES, seed=seed, ready=ready)


def _origin(done: "Restored") -> str:
    bucket = done.manifest.bucket
    return f"from {bucket}, where they were when the backup was made, or from its versions" if bucket else "from another copy"


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{rows[table]} {table}" for table in ("accounts", "contacts", "conversations", "messages"))


def _run(*roles: str) -> None:
    with _faults():
        from server.roles import ROLES, run_roles

        run_roles(_settings(), [role for role in ROLES if role in roles])


def _settings(default_level: LogLevel = "info") -> Settings:
    settings = load_settings()
    if "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": default_level})
    if faults := version_faults():
        raise SettingsError(faults)
    configure_log(settings.log_level)
    for name in unknown_variables():
        log.warning("settings.unknown", name=name)
    return settings


def _on_loopback(settings: Settings) -> Settings:
    """The demo lets in whoever clicks a link, so it is not for the network, whatever HOST and BASE_URL say."""
    host = settings.host if is_loopback(settings.host) else "127.0.0.1"
    return settings.model_copy(update={"host": host, "base_url": f"http://127.0.0.1:{settings.port}"})


async def _migrate(settings: Settings) -> list[str]:
    from server.schema import migrated_database

    async with migrated_database(settings.database_url) as (_, applied):
        return applied


async def _init(settings: Settings, account: str, email: str, password: str) -> dict[str, str]:
    from server.desk.directory import create_account
    from server.schema import migrated_database

    async with migrated_database(settings.database_url) as (db, _):
        made, user, token = await create_account(db, account, email, password)
    return {"account": made, "user": user, "token": token}


@contextlib.contextmanager
def _faults() -> Iterator[None]:
    """What the operator can mend ends the process with status 2 and a sentence, not with a traceback."""
    found: list[BaseException] = []
    try:
        yield
    except* (SettingsError, RedisMissing, RedisFailed, Unavailable, Refused, OperatorError) as group:
        found.extend(_leaves(group))
    for error in found:
        click.echo(str(error), err=True)
    if found:
        sys.exit(2)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


if __name__ == "__main__":
    main()
