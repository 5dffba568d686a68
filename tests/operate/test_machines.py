"""What docs/operate and the Procfile say about many processes, tried with real ones: nginx in front, honcho to start them."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2

from server.settings import PREFIX
from tests.fixtures.centre import BASE_URL, HOST
from tests.fixtures.nginx import nginx_before
from tests.fixtures.processes import ROOT, Partyline
from tests.fixtures.waiting import wait_until

HANDSHAKE = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


async def test_behind_the_documented_nginx_calls_and_handshakes_come_through_whichever_process_dies(partyline: Partyline) -> None:
    webs = [partyline.begin("web", TRUSTED_PROXIES="127.0.0.1", BASE_URL=BASE_URL) for _ in range(2)]
    await asyncio.gather(*(asyncio.to_thread(web.wait_until_ready) for web in webs))
    with nginx_before([web.port for web in webs]) as nginx:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{nginx.port}", headers={"host": HOST}, trust_env=False) as client:
            assert (await client.get("/ws")).status_code == 426, "no handshake"
            assert (await client.get("/ws", headers=HANDSHAKE)).status_code == 401, "a handshake of nobody"
            assert (await client.get("/metrics")).status_code == 403
            assert "partyline-now" in (await client.get("/api/v1/me")).headers, "browsers set their countdowns by it"
            webs[0].kill()
            assert {(await client.get("/login")).status_code for _ in range(10)} == {200}
            webs[1].kill()
            down = await client.get("/api/v1/me")
            assert down.status_code == 502
            assert "partyline-now" not in down.headers


def test_honcho_starts_any_number_of_each_role_from_the_procfile_and_stops_them(tmp_path: Path, redis_url: str) -> None:
    port = two_free_ports()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", PREFIX + "VAR": str(tmp_path / "var")}
    environment |= {PREFIX + "REDIS_URL": redis_url, "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-m", "honcho", "start", "-f", str(ROOT / "Procfile"), "-p", str(port), "-c", "web=2,timer=1,sender=1"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output, env=environment, cwd=ROOT)
        try:
            wait_until(lambda: log.read_text().count('"roles.started"') == 4, within=45)
            # A role has started before it listens.
            wait_until(lambda: log.read_text().count('"web.listening"') == 2)
            said = log.read_text()
            assert {role for role in ("web", "timer", "sender") if f'"roles": ["{role}"]' in said.replace("'", '"')} == {
                "web",
                "timer",
                "sender",
            }
            assert [httpx2.get(f"http://127.0.0.1:{port + number}/healthz", trust_env=False).status_code for number in (0, 1)] == [200, 200]
            process.send_signal(signal.SIGTERM)
            process.wait(15)
        finally:
            process.kill()
            process.wait()
    assert log.read_text().count('"roles.stopped"') == 4


def two_free_ports() -> int:
    """The lower of two neighbours, since honcho counts up; below those that the kernel gives to whoever asks for any."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one, socket.socket() as other:
            try:
                one.bind(("127.0.0.1", port))
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
