"""A process that finds no more memory ends at once, as by `kill -9`, and whoever supervises it starts another (decision 026).

What met it may be half done: a commit whose answer is lost, an event of which some tabs were told. A process that is gone leaves that to
the database and to whoever repeats; one that goes on serves half.
"""

import os
import sys
import threading
from collections.abc import Awaitable
from typing import NoReturn, TypeVar

T = TypeVar("T")

STATUS = 3
SAID = b'{"event": "memory.exhausted", "level": "critical", "says": "This process ends. Give it more memory, or fewer tabs."}\n'


def end() -> NoReturn:
    """Made before it is needed: there is no memory for anything else."""
    os.write(2, SAID)
    os._exit(STATUS)


def heed(error: BaseException | None) -> None:
    """For whoever has caught something and would go on: does not return where it was memory that lacked, or where that led to it."""
    while error is not None:
        if isinstance(error, MemoryError):
            end()
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                heed(one)
        error = error.__cause__ or error.__context__


async def mortal(work: Awaitable[T]) -> T:
    """What the whole process stands on: where it ends from want of memory all do, before they are ended in order, which takes memory."""
    try:
        return await work
    except BaseException as error:
        heed(error)
        raise


def heed_where_nobody_catches() -> None:
    """Threads, and what Python itself would only print."""
    thread, unraisable = threading.excepthook, sys.unraisablehook

    def of_thread(failed: threading.ExceptHookArgs) -> None:
        heed(failed.exc_value)
        thread(failed)

    def of_nobody(failed: "sys.UnraisableHookArgs") -> None:
        heed(failed.exc_value)
        unraisable(failed)

    threading.excepthook, sys.unraisablehook = of_thread, of_nobody
