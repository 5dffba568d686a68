"""What every test can ask for: see `tests/fixtures/`."""

import pytest

# In the order in which they import each other.
pytest_plugins = [
    "tests.fixtures.clocks",
    "tests.fixtures.databases",
    "tests.fixtures.settings",
    "tests.fixtures.processes",
    "tests.fixtures.redis_server",
    "tests.fixtures.figures",
    "tests.fixtures.logged",
    "tests.fixtures.office",
    "tests.fixtures.served",
    "tests.fixtures.carrier_api",
    "tests.fixtures.carrier_media",
    "tests.fixtures.buckets",
    "tests.fixtures.receiver",
    "tests.fixtures.centre",
    "tests.fixtures.twilio_api",
    "tests.fixtures.integrator",
    "tests.fixtures.browser",
]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run in which anything was skipped has failed: a test that does not run proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
