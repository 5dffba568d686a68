"""The log: one JSON object a line, and nothing in it that must not be read."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog

from server.log import configure_log, get_logger


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    output = io.StringIO()
    with redirect_stderr(output):
        configure_log("info", readable=False)
        yield output
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_its_level_and_time(written: io.StringIO) -> None:
    get_logger("desk").info("text.received", conversation="c1", lateness_ms=3)
    [line] = lines(written)
    assert line["timestamp"] != ""
    assert {**line, "timestamp": ""} == {
        "event": "text.received",
        "conversation": "c1",
        "lateness_ms": 3,
        "level": "info",
        "logger": "desk",
        "timestamp": "",
    }


@pytest.mark.parametrize("key", ["body", "Authorization", "password", "token", "credentials", "secret_key"])
def test_what_is_secret_is_hidden_by_its_name(key: str, written: io.StringIO) -> None:
    get_logger("desk").warning("refused", **{key: "planted"})
    assert "planted" not in written.getvalue()
    assert lines(written)[0][key] == "[hidden]"


def test_the_refused_row_that_postgresql_repeats_is_hidden(written: io.StringIO) -> None:
    said = 'new row violates check constraint "x"\nDETAIL:  Failing row contains (1, planted text).'
    try:
        raise RuntimeError(said)
    except RuntimeError:
        get_logger("store").exception("write.failed")
        logging.getLogger("asyncpg").exception("write failed")
    assert len(lines(written)) == 2
    assert "violates check constraint" in written.getvalue()
    assert "planted" not in written.getvalue()


def test_lines_of_libraries_have_the_same_shape_and_addresses_are_left_out(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)
    logging.getLogger("uvicorn.access").info("GET /hooks/kannel/1?token=planted")
    logging.getLogger("httpx2").info("HTTP Request: POST https://x/?token=planted")
    get_logger("desk").debug("not asked for")
    [line] = lines(written)
    assert (line["event"], line["level"], line["logger"]) == ("Started server process [1]", "info", "uvicorn.error")


def test_debug_is_for_our_own_lines_since_libraries_print_headers_and_frames(written: io.StringIO) -> None:
    with redirect_stderr(written):
        configure_log("debug", readable=False)
        for library in ("uvicorn.error", "websockets", "aiosqlite", "multipart", "redis", ""):
            logging.getLogger(library).debug("< authorization: Bearer planted")
        get_logger("server.desk").debug("text.received")
        get_logger("channels.bus").debug("bus.open")
        configure_log("info", readable=False)
        get_logger("server.desk").debug("not asked for any more")
    assert [line["event"] for line in lines(written)] == ["text.received", "bus.open"]


def test_in_a_terminal_the_lines_are_readable() -> None:
    output = io.StringIO()
    with redirect_stderr(output):
        configure_log("info", readable=True)
        get_logger("desk").info("text.received", body="planted")
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    assert "text.received" in output.getvalue()
    assert "planted" not in output.getvalue()
