"""The process that keeps the embedded Redis: `python -m server.keeper VAR BINARY`.

It belongs to no role. Every role holds a shared lock on `redis.users`; the kernel frees it however the role ends, and
when the keeper gets the exclusive lock nobody is left, so it stops Redis and itself. The exclusive lock on
`redis.keeper` says that there is one keeper. It lives in a session of its own, so that Ctrl-C does not reach it.
Only the standard library is imported: it must be there within a tenth of a second.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

SOCKET = "redis.sock"
USERS = "redis.users"
KEEPER = "redis.keeper"
ALLOWED = "default on nopass ~* &* +@all -@scripting -@dangerous +info +shutdown"
"""Whoever gets at the socket can run no script, read no configuration and write no file (redis.io, Redis ACL)."""
TICK_SECONDS = 0.25
STOP_SECONDS = 1.0
STEADY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 2.0
PR_SET_PDEATHSIG = 1


def main(var: Path, binary: str) -> None:
    """Returns at once if another keeper is there; otherwise goes on in the background until nobody needs Redis."""
    os.chdir(var)  # from here on relative names, since a path to a socket may have 107 bytes at most
    os.umask(0o077)
    lock = take_lock(KEEPER)
    if lock is None or os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, _leave)
    end_orphan()
    # A role that starts now waits for `users`, then wants a keeper of its own: so the keeper's lock is freed first.
    with keep(binary):
        link_of(var).unlink(missing_ok=True)
        lock.close()


def keep(binary: str) -> IO[bytes]:
    """Starts Redis and starts it again when it dies; stops it when the last role is gone, and returns their lock."""
    pause = 0.0
    while True:
        started = time.monotonic()
        child = start_redis(binary)
        try:
            while child.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(TICK_SECONDS)
                if users := take_lock(USERS):
                    return users
        finally:
            stop(child)
        steady = time.monotonic() - started > STEADY_SECONDS
        pause = 0.0 if steady else min(LONGEST_PAUSE_SECONDS, pause * 2 + 0.1)
        select.select([], [], [], pause)


def start_redis(binary: str) -> subprocess.Popen[bytes]:
    Path(SOCKET).unlink(missing_ok=True)
    options = {"port": "0", "unixsocket": SOCKET, "unixsocketperm": "700", "save": "", "appendonly": "no"}
    words = [word for name, value in options.items() for word in (f"--{name}", value)] + ["--user", *ALLOWED.split()]
    return subprocess.Popen([binary, *words], stdin=subprocess.DEVNULL, preexec_fn=_die_with(os.getpid()))


def stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    Path(SOCKET).unlink(missing_ok=True)


def end_orphan() -> None:
    """Where a child outlives a killed parent (not on Linux), the old server still sits on the socket: stop it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.settimeout(STOP_SECONDS)
        line.connect(SOCKET)
        line.sendall(b"SHUTDOWN NOSAVE\r\n")
        line.recv(1)


def link_of(var: Path) -> Path:
    """The link to VAR through which its socket is reached where VAR's own path is too long for one."""
    digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"partyline-{os.getuid()}-{digest}"


def take_lock(name: str) -> IO[bytes] | None:
    """The exclusive lock, held until the file is closed; None when anybody else holds one."""
    file = open(name, "ab")  # noqa: SIM115 - the open file is the lock
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _die_with(keeper: int) -> Callable[[], None] | None:
    """On Linux the kernel kills Redis with its keeper, even when that one is killed with -9."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def between_fork_and_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:  # it died before the line above
            os._exit(1)

    return between_fork_and_exec


def _leave(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
