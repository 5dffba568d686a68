"""What every test can ask for: see `tests/fixtures/`."""

import os
import sys
import threading

import pytest

# In the order in which they import each other.
pytest_plugins = [
    "tests.fixtures.clocks",
    "tests.fixtures.databases",
    "tests.fixtures.settings",
    "tests.fixtures.forks",
    "tests.fixtures.processes",
    "tests.fixtures.redis_server",
    "tests.fixtures.redis_many",
    "tests.fixtures.figures",
    "tests.fixtures.logged",
    "tests.fixtures.office",
    "tests.fixtures.broken_off",
    "tests.fixtures.served",
    "tests.fixtures.carrier_api",
    "tests.fixtures.carrier_media",
    "tests.fixtures.buckets",
    "tests.fixtures.receiver",
    "tests.fixtures.centre",
    "tests.fixtures.twilio_api",
    "tests.fixtures.reading_back",
    "tests.fixtures.integrator",
    "tests.fixtures.house",
    "tests.fixtures.browser",
]

ALONE = (
    "tests/browser/test_long_day.py",
    "tests/browser/test_speed.py",
    "tests/desk/test_identity.py",
    "tests/faults/",
    "tests/whole/test_claims.py",
    "tests/whole/test_story.py::test_a_text_reaches_its_owner",
    "tests/whole/test_timer.py",
)
"""What measures time, or loads the machine: these run while nothing else does."""
TOGETHER = (
    "tests/faults/test_catching_up.py",
    "tests/faults/test_commits_out_of_order.py",
    "tests/faults/test_enough.py",
    "tests/faults/test_failpoints.py",
    "tests/faults/test_full_disk.py",
    "tests/faults/test_killed_sender.py::test_a_sender_killed_anywhere",
    "tests/faults/test_killed_sender.py::test_a_sender_that_was_frozen",
    "tests/faults/test_ledger.py",
    "tests/faults/test_lost_answers.py",
    "tests/faults/test_reconnect.py",
    "tests/faults/test_repeated_webhooks.py",
    "tests/faults/test_restored.py",
    "tests/faults/test_rights.py",
    "tests/faults/test_scheduled.py::test_what_fell_due",
    "tests/faults/test_sending.py",
    "tests/faults/test_timers.py::test_what_fell_due",
    "tests/faults/test_webhooks.py",
)
"""What of these measures nothing."""
LONGEST = ("tests/whole/", "tests/browser/", "tests/faults/", "tests/operate/")
"""Rooms whose modules take long: they come first, so that at the end of the run no worker waits for another's last one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    for item in items:
        if item.nodeid.startswith(ALONE) and not item.nodeid.startswith(TOGETHER):
            item.add_marker(pytest.mark.alone)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which anything was skipped has failed: a test that does not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """A database that nobody closed has threads that would keep this process for ever: the run fails instead, and names them."""
    left = [thread.name for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]
    if left and not hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.write(f"SQLite databases that nobody closed: {len(left)} threads\n")
        sys.stderr.flush()
        os._exit(1)
