"""The command line as an operator meets it: real processes, real signals."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from server.roles import USER_TIMEOUT_MS, listen
from server.settings import Settings
from tests.fixtures.processes import ROOT, Partyline
from tests.fixtures.waiting import wait_until

BROKEN = """
import asyncio
from server.cli import main
from server.live.live import Live

async def fail(self):
    await asyncio.sleep(0.5)
    raise RuntimeError("it broke")

Live._beat_for_ever = fail
main(["web"], prog_name="partyline")
"""
MANAGER = ("init", "--account", "Acme", "--email", "ada@example.com", "--password", "correct horse battery")


def is_healthy(address: str) -> bool:
    return httpx2.get(f"{address}/healthz").status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_cleanly_within_five_seconds(number: int, partyline: Partyline) -> None:
    running = partyline.start("serve")
    assert is_healthy(running.address)
    assert running.stop(number) == 0
    assert running.log()[-1]["event"] == "roles.stopped"
    assert [line for line in running.log() if line["level"] in ("error", "critical")] == []


def test_a_process_that_can_tell_tabs_nothing_any_more_ends(partyline: Partyline) -> None:
    """It would serve pages to which nothing comes; whoever supervises it begins another."""
    assert partyline.call("migrate").returncode == 0
    settings = {f"PARTYLINE_{name}": value for name, value in partyline.settings.items()}
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], env={**os.environ, **settings}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert "web.listening" in done.stderr
    assert "it broke" in done.stderr
    assert done.returncode == 1


def test_a_connection_that_never_ends_does_not_hold_up_the_stop(partyline: Partyline) -> None:
    running = partyline.start("serve")
    with socket.create_connection(("127.0.0.1", running.port)) as idle:
        idle.sendall(b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf")
        assert is_healthy(running.address)
        assert running.stop() == 0


def test_a_second_run_finds_its_data_again(partyline: Partyline) -> None:
    made = json.loads(partyline.call(*MANAGER, "--json").stdout)
    headers = {"Authorization": f"Bearer {made['token']}"}
    for _ in range(2):
        running = partyline.start("serve")
        me = httpx2.get(f"{running.address}/api/v1/me", headers=headers)
        assert me.status_code == 200, me.text
        assert me.json()["user"]["id"] == made["user"]
        running.stop()


def test_init_prints_json_alone_and_makes_one_manager(partyline: Partyline) -> None:
    answer = partyline.call(*MANAGER, "--json")
    assert answer.returncode == 0, answer.stderr
    made = json.loads(answer.stdout)
    assert set(made) == {"account", "user", "token"}
    with sqlite3.connect(partyline.var / "partyline.db") as database:
        assert database.execute("select id, account, role from users").fetchall() == [(made["user"], made["account"], "manager")]
    database.close()


def test_init_with_an_address_that_is_taken_says_so_without_a_traceback(partyline: Partyline) -> None:
    partyline.call(*MANAGER, "--json")
    answer = partyline.call(*MANAGER, "--json")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr


def test_migrate_says_what_it_applied_and_then_has_nothing_to_do(partyline: Partyline) -> None:
    assert partyline.call("migrate").stdout.startswith("applied spine\n")
    again = partyline.call("migrate")
    assert (again.returncode, again.stdout) == (0, "")


def test_the_roles_run_apart_and_share_one_embedded_redis(partyline: Partyline) -> None:
    apart = [partyline.start(role, REDIS_URL="") for role in ("timer", "web", "sender", "web")]
    assert len({running.port for running in (apart[1], apart[3])}) == 2
    assert all(is_healthy(running.address) for running in (apart[1], apart[3]))
    assert sorted(path.name for path in partyline.var.glob("redis.*")) == ["redis.keeper", "redis.log", "redis.sock", "redis.users"]
    assert (partyline.var / "redis.log").read_text().count("eady to accept connections") == 1
    assert [running.stop() for running in apart] == [0, 0, 0, 0]
    wait_until(lambda: not (partyline.var / "redis.sock").exists())


def test_the_embedded_redis_is_gone_after_the_only_process_is_killed(partyline: Partyline) -> None:
    running = partyline.start("serve", REDIS_URL="")
    assert (partyline.var / "redis.sock").exists()
    running.kill()
    wait_until(lambda: not (partyline.var / "redis.sock").exists())


def test_all_faults_of_the_settings_are_told_at_once_with_status_2(partyline: Partyline) -> None:
    answer = partyline.call("serve", PORT="none", BASE_URL="http://example.com", DATABASE_URL="oracle://x")
    assert answer.returncode == 2
    assert [line.split(":")[0] for line in answer.stderr.splitlines()] == ["PARTYLINE_DATABASE_URL", "PARTYLINE_BASE_URL", "PARTYLINE_PORT"]


def test_a_port_that_is_taken_is_told_with_status_2(partyline: Partyline) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = partyline.call("web", PORT=str(taken.getsockname()[1]))
    assert answer.returncode == 2
    assert "PARTYLINE_PORT" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_machine_without_redis_is_told_what_to_install_with_status_2(partyline: Partyline, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PATH"}
    environment |= {"PATH": str(tmp_path), "PARTYLINE_VAR": str(partyline.var), "PARTYLINE_PORT": "0"}
    words = [sys.executable, "-m", "server", "serve"]
    answer = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "redis-server" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_demo_is_for_this_machine_alone_whatever_is_set(partyline: Partyline) -> None:
    running = partyline.start("demo", HOST="0.0.0.0", BASE_URL="https://sms.example.com", LOG_LEVEL="info")
    assert running.event("web.listening")["host"] == "127.0.0.1"
    assert f"Partyline is at http://127.0.0.1:{running.port}" in running.output()
    assert running.stop(signal.SIGINT) == 0


def test_a_sign_in_link_of_the_demo_signs_in_with_one_click(partyline: Partyline) -> None:
    running = partyline.start("demo", LOG_LEVEL="info")
    wait_until(lambda: "Ctrl-C" in running.output(), within=10)
    links = [word for word in running.output().split() if "/demo/in/" in word]
    assert len(links) >= 4
    with httpx2.Client(follow_redirects=True) as browser:
        assert browser.get(links[0]).url.path == "/sms"


def test_the_kernel_gives_up_on_a_browser_that_does_not_acknowledge(settings: Settings) -> None:
    with listen(settings.model_copy(update={"port": 0})) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == USER_TIMEOUT_MS
