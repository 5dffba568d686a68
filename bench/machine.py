"""Processes of a benchmark, each on its core: the server that is measured has one for itself, everything else shares the other."""

import contextlib
import os
import platform
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from server.embedded import find_redis

HERE = Path(__file__).parent
SERVERS_CORE, OTHERS_CORE = 0, 1
START_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Flood:
    """What one flood brought. `busy` are the shares of its seconds that each was at work; `others` is what else had the server's core."""

    events: int
    deliveries: int
    seconds: float
    server_busy: float
    generator_busy: float
    redis_busy: float
    others: float

    @property
    def rate(self) -> float:
        return self.deliveries / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Of the server's processor time: what it would do if nothing but itself held it up."""
        return self.rate / max(self.server_busy, 1 / TICKS)


class Failed(Exception):
    """A benchmark that did not measure what it says."""


def settle() -> None:
    """This process keeps off the server's core, and so do those it starts."""
    os.sched_setaffinity(0, {OTHERS_CORE})


def about_this_machine() -> str:
    """Day, commit, processor, and what is installed of what is measured."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    said = [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", f"commit {_first_line('git', 'rev-parse', '--short', 'HEAD')}"]
    said += [
        f"{os.cpu_count()} cores {model or platform.machine()}",
        f"Linux {platform.release()}",
        f"node {_first_line('node', '--version')}",
    ]
    return ", ".join([*said, f"Redis {'.'.join(map(str, find_redis().version))}"])


def _first_line(*words: str) -> str:
    try:
        return subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "?"


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def compiled(source: Path, into: Path) -> Path:
    program = into / source.stem
    subprocess.run([shutil.which("cc") or "cc", "-O2", "-o", program, source], check=True)
    return program


class Server:
    """A process that listens on `port`."""

    def __init__(self, words: Sequence[str | Path], port: int, core: int, environment: Mapping[str, str] | None = None) -> None:
        self.port = port
        command = ["taskset", "-c", str(core), *map(str, words)]
        self._process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, cwd=HERE.parent, stdout=subprocess.DEVNULL)
        self._wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def rss_kib(self) -> int:
        """Of the process and those it started."""
        return sum(_rss_kib(pid) for pid in _family(self.pid))

    def cpu_seconds(self) -> float:
        return sum(_cpu_seconds(pid) for pid in _family(self.pid))

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise Failed(f"{self._process.args!r} ended with {self._process.returncode}")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
        self.stop()
        raise Failed(f"{self._process.args!r} does not listen")


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """An empty one."""
    port = free_port()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": folder, "logfile": folder / "redis.log"}
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    server = Server([find_redis().path, *words], port, OTHERS_CORE)
    try:
        yield server
    finally:
        server.stop()


class Load:
    """The generator; see `load.c`."""

    def __init__(self, program: Path, server: Server, redis: Server, publishing_port: int) -> None:
        self.server = server
        self._redis = redis
        command = [str(program), str(server.port), str(publishing_port)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, command: str) -> list[float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(command + "\n")
        line = self._process.stdout.readline()
        if not line:
            raise Failed(f"the generator ended at: {command}")
        return [float(word) for word in line.split()]

    def open(self, tabs: int, at_once: int) -> float:
        """Opens the next ones; the seconds it took. Raises `Failed` where one was refused."""
        seconds, refused = self.ask(f"open {tabs} {at_once}")
        if refused:
            raise Failed(f"{refused:.0f} tabs were refused")
        return seconds

    def flood(self, seconds: float, window: int) -> Flood:
        """Raises `Failed` where anything that was published did not arrive once at everybody whom it concerns, or a tab was lost."""
        before = self._used()
        events, deliveries, expected, took, own, lost, strange, uneven, wrong = self.ask(f"flood {seconds} {window}")
        server, redis, core = (now - then for now, then in zip(self._used(), before, strict=True))
        if deliveries != expected or lost or strange or uneven or wrong:
            raise Failed(
                f"{deliveries:.0f} deliveries of {expected:.0f}, {lost:.0f} tabs lost, {strange:.0f} frames of a strange length, "
                f"{uneven:.0f} tabs that got more or less than theirs, {wrong:.0f} of those read whole that got others"
            )
        busy = [each / took for each in (server, own, redis, max(0.0, core - server))]
        return Flood(int(events), int(deliveries), took, *busy)

    def _used(self) -> tuple[float, float, float]:
        """Seconds so far: the server's, those of Redis, and the server's core by whomever."""
        return self.server.cpu_seconds(), self._redis.cpu_seconds(), core_seconds(SERVERS_CORE)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            found.extend(int(child) for child in Path(f"/proc/{each}/task/{each}/children").read_text().split())
    return found


def _rss_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


def _cpu_seconds(pid: int) -> float:
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def core_seconds(core: int) -> float:
    """That it was at work, for us, for others or for another machine on the same hardware."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *fields = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _waiting, irq, softirq, steal = map(int, fields[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS
    return 0.0
