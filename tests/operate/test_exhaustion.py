"""A process that finds no more memory ends, wherever that was met and whoever caught it; any other failure goes where it went."""

import subprocess
import sys
from pathlib import Path

import pytest

from server.exhaustion import STATUS

BEGINNING = """
import asyncio, logging, threading
import uvloop
from server.log import configure_log, get_logger

configure_log("error", readable=False)

def fail():
    raise {error}
"""
CAUGHT = """
try:
    fail()
except Exception as error:
    {caught}
"""
LOOP = """
async def main():
    {inside}
    await asyncio.sleep(0.05)
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""
PLACES = {
    "our own line": CAUGHT.format(caught='get_logger("server.x").error("x.failed", exc_info=True)'),
    "our own line, of no level that is shown": CAUGHT.format(caught='get_logger("server.x").warning("x.failed", exc_info=error)'),
    "a library's line": CAUGHT.format(caught='logging.getLogger("uvicorn.error").error("x", exc_info=error)'),
    "what became another failure": CAUGHT.format(
        caught="""try:
        raise OSError from error
    except OSError:
        get_logger("server.x").exception("x")"""
    ),
    "one of several": CAUGHT.format(caught='get_logger("server.x").error("x", exc_info=ExceptionGroup("all", [OSError(), error]))'),
    "a callback of the loop": LOOP.format(inside="asyncio.get_running_loop().call_soon(fail)"),
    "a task that nobody waits for": LOOP.format(
        inside="""asyncio.create_task(asyncio.to_thread(fail))
    await asyncio.sleep(0.05)
    import gc; gc.collect()"""
    ),
    "a thread": "thread = threading.Thread(target=fail); thread.start(); thread.join()",
    "what Python only prints": """
class Falls:
    def __del__(self):
        fail()
Falls()
""",
}


@pytest.mark.parametrize("place", PLACES)
def test_want_of_memory_ends_the_process_and_nothing_else_does(place: str) -> None:
    for error, status in (("MemoryError", STATUS), ("ValueError('x')", 0)):
        script = BEGINNING.format(error=error) + PLACES[place] + "\nprint('went on')"
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, done.stdout) == (status, "" if status else "went on\n"), done.stderr
        assert ("memory.exhausted" in done.stderr) == bool(status)
