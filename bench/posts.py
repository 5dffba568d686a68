"""Posts requests that were made beforehand to a server that is measured; `posts.c` does it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.machine import SERVERS_CORE, Failed, Server, core_seconds


@dataclass(frozen=True, slots=True)
class Round:
    """What came within its seconds. `busy` are shares of these seconds: the server's, the generator's, what else had the server's core."""

    texts: int
    seconds: float
    p50: float
    p99: float
    worst: float
    server_busy: float
    generator_busy: float
    others: float


class Posts:
    """The generator; see `posts.c`. Counts what was acknowledged in all its runs."""

    def __init__(self, program: Path, server: Server, connections: int, requests: Path, *, again: bool) -> None:
        command = [str(program), str(server.port), str(connections), str(requests), *(["again"] if again else [])]
        self._server = server
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.acknowledged = 0

    def run(self, seconds: float) -> Round:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        server, core = self._server.cpu_seconds(), core_seconds(SERVERS_CORE)
        self._process.stdin.write(f"run {seconds}\n")
        words = self._process.stdout.readline().split()
        server, core = self._server.cpu_seconds() - server, core_seconds(SERVERS_CORE) - core
        if not words:
            raise Failed("the generator ended")
        fine, wrong, in_time, took, worked, p50, p99, worst, left = map(float, words)
        if wrong or not left:
            raise Failed(f"{wrong:.0f} were not answered with 2xx, {left:.0f} requests were left")
        self.acknowledged += int(fine)
        return Round(int(in_time), took, p50, p99, worst, server / took, worked / took, max(0.0, core - server) / took)

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
