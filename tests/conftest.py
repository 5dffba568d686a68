"""What every test can ask for: see `tests/fixtures/`."""

pytest_plugins = [
    "tests.fixtures.clocks",
    "tests.fixtures.databases",
    "tests.fixtures.redis_server",
    "tests.fixtures.settings",
]
