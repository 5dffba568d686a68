"""The embedded Redis. Roles are real processes here, since it is their death that matters."""

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server import keeper
from server.embedded import LOG, RedisFailed, RedisMissing, embedded_redis, find_redis
from tests.fixtures.waiting import until, wait_until

ROLE = """
import asyncio, sys
from pathlib import Path
from server.embedded import embedded_redis

print("here", flush=True)
sys.stdin.readline()

async def main():
    async with embedded_redis(Path(sys.argv[1])) as redis:
        print(redis.url, flush=True)
        await redis.watch()

asyncio.run(main())
"""


class Role:
    """A process that uses the embedded Redis of one VAR, from `go` until it is killed."""

    def __init__(self, var: Path) -> None:
        words = [sys.executable, "-c", ROLE, str(var)]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    def said(self) -> str:
        return self._output.readline().strip()

    def go(self) -> None:
        self._input.write("go\n")
        self._input.flush()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="partyline-") as folder:
        yield Path(folder)
        wait_until(lambda: pid_of("keeper", Path(folder)) is None)


@contextlib.contextmanager
def roles(var: Path, count: int) -> Iterator[list[Role]]:
    with contextlib.ExitStack() as ends:
        started = []
        for _ in range(count):
            started.append(Role(var))
            ends.callback(started[-1].kill)
        assert {role.said() for role in started} == {"here"}
        for role in started:
            role.go()
        assert {role.said() for role in started} == {f"unix://{var}/redis.sock"}
        yield started


def ask(var: Path, command: str) -> str:
    """The answer of the server of this VAR to one inline command, or nothing."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(1)
        line.connect(str(var / keeper.SOCKET))
        line.sendall(command.encode() + b"\r\n")
        return line.recv(65536).decode()
    return ""


def run_id(var: Path) -> str:
    return next((line for line in ask(var, "INFO server").splitlines() if line.startswith("run_id:")), "")


def answers(var: Path) -> bool:
    return ask(var, "PING") == "+PONG\r\n"


def pids_of(what: str, var: Path) -> list[int]:
    """The processes that run in this VAR: its keeper, or its server."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_keeper = b"server.keeper" in (folder / "cmdline").read_bytes().split(b"\0")
            if (folder / "cwd").samefile(var) and is_keeper == (what == "keeper"):
                found.append(int(folder.name))
    return found


def pid_of(what: str, var: Path) -> int | None:
    return next(iter(pids_of(what, var)), None)


def is_alive(pid: int) -> bool:
    """A process that ended and that nobody has asked about has no command line any more."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    return False


def kill(what: str, var: Path) -> int:
    pid = pid_of(what, var)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_two_roles_share_one_server(var: Path) -> None:
    with roles(var, 2) as (first, _):
        one = run_id(var)
        assert one
        first.kill()
        assert is_locked(var / keeper.USERS, fcntl.LOCK_EX)
        assert run_id(var) == one


def test_roles_started_at_the_same_instant_share_one_server(var: Path) -> None:
    with roles(var, 6):
        assert len(pids_of("redis", var)) == 1
        assert len(pids_of("keeper", var)) == 1


@pytest.mark.alone
def test_the_server_ends_within_two_seconds_of_the_last_role_being_killed(var: Path) -> None:
    with roles(var, 2) as started:
        [server] = pids_of("redis", var)
        started[0].kill()
        assert answers(var)
        started[1].kill()
        wait_until(lambda: not is_alive(server), within=2)
        wait_until(lambda: pid_of("keeper", var) is None, within=1)
        assert not (var / keeper.SOCKET).exists()


@pytest.mark.alone
def test_a_killed_server_is_back_within_a_second(var: Path) -> None:
    with roles(var, 1):
        before = run_id(var)
        kill("redis", var)
        wait_until(lambda: run_id(var) not in ("", before), within=1)


@pytest.mark.alone
def test_a_killed_keeper_takes_its_server_along_and_a_role_starts_both_again(var: Path) -> None:
    with roles(var, 2):
        [server] = pids_of("redis", var)
        killed = kill("keeper", var)
        wait_until(lambda: pid_of("keeper", var) not in (None, killed) and answers(var), within=2)
        assert not is_alive(server)
        assert pid_of("redis", var) != server


@pytest.mark.alone
def test_keeper_and_server_killed_together_are_back_within_two_seconds(var: Path) -> None:
    with roles(var, 1):
        before = run_id(var)
        kill("keeper", var)
        with contextlib.suppress(AssertionError):
            kill("redis", var)
        wait_until(lambda: run_id(var) not in ("", before), within=2)


async def test_a_socket_left_by_a_crash_is_cleaned(var: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(var / keeper.SOCKET))
    async with embedded_redis(var) as redis:
        assert await redis.answers()


async def test_ensure_starts_the_server_again_at_any_time(var: Path) -> None:
    async with embedded_redis(var) as redis:
        kill("keeper", var)
        await until(lambda: not answers(var))
        await redis.ensure()
        assert await redis.answers()


async def test_a_role_that_comes_while_the_keeper_leaves_waits_and_gets_a_new_server(var: Path) -> None:
    async with embedded_redis(var):
        before = run_id(var)
        server = pid_of("redis", var)
        assert server
        os.kill(server, signal.SIGSTOP)  # so that stopping it takes the keeper its whole patience
    await until(lambda: is_locked(var / keeper.USERS, fcntl.LOCK_SH))
    async with embedded_redis(var):
        assert run_id(var) not in ("", before)


def is_locked(path: Path, against: int) -> bool:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, against | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


async def test_a_server_that_hangs_is_left_to_its_keeper(var: Path) -> None:
    async with embedded_redis(var) as redis:
        server, owner = pid_of("redis", var), pid_of("keeper", var)
        assert server
        os.kill(server, signal.SIGSTOP)
        try:
            assert not await redis.answers()
            await redis.mend()
        finally:
            os.kill(server, signal.SIGCONT)
        assert await redis.answers()
        assert (pids_of("redis", var), pids_of("keeper", var)) == ([server], [owner])


async def test_nobody_else_can_reach_the_socket_and_nothing_is_written(var: Path) -> None:
    async with embedded_redis(var):
        assert (var / keeper.SOCKET).stat().st_mode & 0o077 == 0
        assert ask(var, "SET a b") == "+OK\r\n"
        assert "tcp_port:0" in ask(var, "INFO server")
        assert "aof_enabled:0" in ask(var, "INFO persistence")
    await until(lambda: pid_of("redis", var) is None)
    assert sorted(path.name for path in var.iterdir()) == [keeper.KEEPER, LOG, keeper.USERS]


@pytest.mark.parametrize("command", ["EVAL 1 0", "CONFIG GET dir", "FLUSHALL", "KEYS *", "REPLICAOF 127.0.0.1 1", "MODULE LIST", "SAVE"])
async def test_whoever_gets_at_the_socket_can_do_no_more_than_partyline_does(command: str, var: Path) -> None:
    async with embedded_redis(var):
        assert ask(var, command).startswith("-NOPERM")


@pytest.fixture
async def deep_var(var: Path) -> AsyncIterator[Path]:
    deep = var / ("a-long-name-" * 8) / "and more"
    deep.mkdir(parents=True)
    yield deep
    await until(lambda: pid_of("keeper", deep) is None)


async def test_a_path_too_long_for_a_socket_still_works(deep_var: Path) -> None:
    async with embedded_redis(deep_var) as redis:
        assert len(os.fsencode(redis.socket)) < 107 < len(os.fsencode(deep_var / keeper.SOCKET))
        assert await redis.answers()
    await until(lambda: not redis.socket.parent.is_symlink())


async def test_a_link_that_somebody_else_laid_is_not_followed(deep_var: Path) -> None:
    link = keeper.link_of(deep_var)
    link.symlink_to("/tmp")
    try:
        with pytest.raises(RedisFailed, match="not ours"):
            async with embedded_redis(deep_var):
                pass
    finally:
        link.unlink()


def test_a_machine_without_redis_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.0.16 sha=00000000:0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(RedisMissing, match="older than 7"):
        find_redis()
