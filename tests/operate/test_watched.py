"""A timer or sender process tells how it is at a port of its own, to this machine and to the networks that may ask."""

import socket

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from tests.fixtures.processes import Partyline


def ask(port: int, path: str, host: str = "127.0.0.1") -> httpx2.Response:
    return httpx2.get(f"http://127.0.0.1:{port}{path}", headers={"host": host}, trust_env=False)


def test_processes_without_pages_are_watched_at_ports_of_their_own(partyline: Partyline) -> None:
    for running in [partyline.begin(role, METRICS_PORT="0") for role in ("timer", "sender")]:
        running.wait_for("metrics.listening")
        port = running.event("metrics.listening")["port"]
        assert (ask(port, "/healthz").json(), ask(port, "/readyz").json()["database"]) == ({"status": "ok"}, "ok")
        told = {each.name: each.value for family in text_string_to_metric_families(ask(port, "/metrics").text) for each in family.samples}
        assert (told["partyline_database_up"], told["partyline_timer_late_seconds"]) == (1, 0)
        assert {"partyline_loop_late_seconds_count", "partyline_commit_failures_total", "process_open_fds"} <= told.keys()
        assert ask(port, "/metrics").headers["x-content-type-options"] == "nosniff"
        refused = ask(port, "/metrics", host="evil.example")
        assert (refused.status_code, refused.json()["code"]) == (400, "host")
        proxied = httpx2.get(f"http://127.0.0.1:{port}/metrics", headers={"x-forwarded-for": "203.0.113.9"}, trust_env=False)
        assert (proxied.status_code, proxied.json()["code"]) == (403, "forbidden")
        assert {ask(port, path).status_code for path in ("/", "/login", "/api/v1/me", "/ws")} == {404}
        assert running.stop() == 0


def test_a_port_that_is_taken_ends_the_process_and_is_named(partyline: Partyline) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = partyline.call("timer", METRICS_PORT=str(taken.getsockname()[1]))
    assert answer.returncode == 2
    assert "PARTYLINE_METRICS_PORT" in answer.stderr
