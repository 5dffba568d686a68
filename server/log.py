"""The log: one JSON object a line on standard error, or readable lines in a terminal. No bodies, no secrets."""

import logging
import logging.config
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from server.exhaustion import heed, heed_where_nobody_catches

HIDDEN = frozenset(
    "body text raw payload password token secret signature authorization cookie credentials secret_key api_key "
    "auth_token session csrf database_url redis_url headers query".split()
)
get_logger = structlog.stdlib.get_logger


def configure_log(level: str, *, readable: bool | None = None) -> None:
    """Sets up structlog and the standard library's loggers alike; `readable` None asks whether stderr is a terminal."""
    heed_where_nobody_catches()
    if readable is None:
        readable = sys.stderr.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    renderer: Processor = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": shared,
                }
            },
            "filters": {"memory": {"()": _HeedsMemory}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["memory"]}},
            # At debug, libraries print headers, frames and parameters: tokens and texts. That level is for our own lines.
            "root": {"handlers": ["stderr"], "level": "INFO" if level == "debug" else level.upper()},
            "loggers": {
                **{room: {"level": level.upper()} for room in ("server", "channels", "web")},
                # At info these print whole addresses, and an address may hold a token.
                "httpx2": {"level": "WARNING"},
                "httpcore2": {"level": "WARNING"},
                "uvicorn.access": {"level": "WARNING"},
                "asyncio": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[
            _heed_memory,
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _HeedsMemory(logging.Filter):
    """What libraries, the loop and `channels` catch and go on from they log; so it is here that want of memory is noticed, wherever it was
    met."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            heed(record.exc_info[1])
        return True


def _heed_memory(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The same of our own lines, whatever their level."""
    match event.get("exc_info"):
        case BaseException() as error:
            heed(error)
        case True:
            heed(sys.exception())
    return event


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces what must not be read in a log.

    PostgreSQL repeats the refused row in the DETAIL line of its errors, so those lines of a traceback go as well.
    """
    for key in event:
        if key.lower() in HIDDEN:
            event[key] = "[hidden]"
    trace = event.get("exception")
    if isinstance(trace, str) and "DETAIL:" in trace:
        event["exception"] = "\n".join("DETAIL: [hidden]" if line.startswith("DETAIL:") else line for line in trace.splitlines())
    return event
