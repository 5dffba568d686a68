"""What can be seen of an installation without asking anybody: versions, rights of files, room, limits, time zones, the last backup."""

import datetime
import os
import platform
import re
import resource
import shutil
import sqlite3
import zoneinfo
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource

from server.operate import sqlite_file
from server.operate.backup import LAST, folder_of, is_sqlite
from server.operate.finding import Finding, failed, ok, warning
from server.settings import PREFIX, SECRET_KEY_FILE, Settings, is_loopback, unknown_variables
from server.versions import version_faults

FREE_BYTES, LITTLE_BYTES = 1024**3, 100 * 1024**2
FILES = 4_096
BACKUP_DAYS = 7
PASSWORD = re.compile(r"://[^/?@]*:[^/?]+@|[?&]\w*password=[^&]")
"""In a URL: before its host, or among its options."""
ZONES = ("America/New_York", "America/Indiana/Indianapolis", "America/Adak", "Pacific/Honolulu", "America/Puerto_Rico")


def look_machine(settings: Settings) -> list[Finding]:
    return [_versions(), _settings(settings), _rights(settings), *_room(settings), _files(), _zones()]


def _versions() -> Finding:
    says = f"Partyline {version('partyline')}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    faults = version_faults()
    return failed("versions", "; ".join(faults), "Install Partyline anew, with its own environment.") if faults else ok("versions", says)


def _settings(settings: Settings) -> Finding:
    unknown = unknown_variables()
    if unknown:
        return warning("settings", f"no setting is called {', '.join(unknown)}", "Look at the spelling: what is unknown has no effect.")
    public = not is_loopback(settings.host)
    if settings.secure and public and not settings.trusted_proxies:
        says = f"{PREFIX}HOST {settings.host} is reached from outside, and {PREFIX}TRUSTED_PROXIES is empty"
        return warning("settings", says, "Name the proxy's address, or all callers share its limits of sign-in; or listen on 127.0.0.1.")
    if public and not settings.secure:
        says = f"{PREFIX}HOST {settings.host} is reached from outside, and {PREFIX}BASE_URL is {settings.base_url}"
        return warning("settings", says, f"Set {PREFIX}BASE_URL to the public https address, or listen on 127.0.0.1.")
    return ok("settings", f"public address {settings.base_url}, listening on {settings.host} port {settings.port}")


def _rights(settings: Settings) -> Finding:
    """Who else may read what is kept."""
    places = [settings.var, settings.var / SECRET_KEY_FILE]
    if is_sqlite(settings):
        places.append(sqlite_file.path_of(settings.database_url))
    open_to_others = [str(place) for place in places[:2] if place.exists() and place.stat().st_mode & 0o077]
    environment = Path(".env")
    if environment.exists() and environment.stat().st_mode & 0o077 and _has_secrets(environment):
        open_to_others.append(str(environment.absolute()))
    foreign = [str(place) for place in places if place.exists() and place.stat().st_uid != os.geteuid()]
    if open_to_others:
        return failed("secrets", f"others may read {', '.join(open_to_others)}", f"chmod go= {' '.join(open_to_others)}")
    if foreign:
        return failed("secrets", f"{', '.join(foreign)} is another user's", "Run every command as the user that Partyline runs as.")
    return ok("secrets", f"only their owner may read {settings.var}")


def _has_secrets(environment: Path) -> bool:
    secret = {f"{PREFIX}{name}".lower() for name, setting in Settings.model_fields.items() if setting.annotation is SecretStr}
    said = DotEnvSettingsSource(Settings, env_file=environment).env_vars
    return any(value and (name in secret or PASSWORD.search(value)) for name, value in said.items())


def _room(settings: Settings) -> Iterator[Finding]:
    places = {settings.var, folder_of(settings) or settings.var}
    if is_sqlite(settings):
        places.add(sqlite_file.path_of(settings.database_url).parent)
    seen = set[int]()
    for place in sorted(places):
        there = next(folder for folder in (place, *place.parents) if folder.exists())
        device = there.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(there).free
        says = f"{free / 1024**3:.1f} GiB free where {place} is"
        do = "Make room: without it carriers and people are answered 503."
        if free < LITTLE_BYTES:
            yield failed("disk", says, do)
        elif free < FREE_BYTES:
            yield warning("disk", says, do)
        else:
            yield ok("disk", says)


def _files() -> Finding:
    """Each tab is an open file."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < FILES:
        return warning("open files", f"a process may open {most} files, and every tab is one", "Raise it: LimitNOFILE=65536 in the unit.")
    return ok("open files", f"a process may open {'any number of' if most == resource.RLIM_INFINITY else most} files")


def _zones() -> Finding:
    """Quiet hours go by them."""
    try:
        for name in ZONES:
            zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError) as error:
        return failed("time zones", f"there is no time zone {error}", "Install the package tzdata: quiet hours go by it.")
    return ok("time zones", "the data of time zones is there")


def look_backup(settings: Settings, oldest_us: int | None, now_us: int) -> Finding:
    """`oldest_us` is when the database was made."""
    try:
        made = datetime.datetime.fromisoformat((settings.var / LAST).read_text().strip())
    except (OSError, ValueError):
        days = 0.0 if oldest_us is None else (now_us - oldest_us) / 86_400_000_000
        if days < 1:
            return ok("backup", "none was made yet; the data is younger than a day")
        return warning("backup", "none was ever made from this VAR", "Run `partyline backup FILE` every night.")
    days = now_us / 86_400_000_000 - made.timestamp() / 86_400
    if days > BACKUP_DAYS:
        return warning("backup", f"the last one was made {days:.0f} days ago", "Run `partyline backup FILE` every night.")
    return ok("backup", f"the last one was made at {made.isoformat(timespec='minutes')}")
