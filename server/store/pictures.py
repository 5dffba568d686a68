"""Pictures are opened in a process of their own (`develop.py`): how large they are, and a small copy without what the camera wrote in."""

import asyncio
import sys
from pathlib import Path

import msgspec

from server.domain.media import MOST_PIXELS
from server.store import develop

AT_ONCE = 2
SECONDS = 15.0


class Broken(Exception):
    """No picture, whatever its first bytes say."""


class TooManyPixels(Exception):
    """More than MOST_PIXELS, or more than can be opened in 15 seconds."""


class Picture(msgspec.Struct, frozen=True):
    """`width` and `height` in pixels, as it is looked at; `thumbnail` is a WebP."""

    width: int
    height: int
    thumbnail: bytes


class _Size(msgspec.Struct):
    width: int
    height: int


class Studio:
    """One a process: no more than AT_ONCE pictures are open at a time."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._places = asyncio.Semaphore(AT_ONCE)
        self._seconds = seconds

    async def look(self, content: bytes) -> Picture:
        """Raises `Broken` and `TooManyPixels`."""
        async with self._places:
            status, said = await self._develop(content)
        if status == develop.BROKEN:
            raise Broken
        if status != 0:
            raise TooManyPixels
        line, _, thumbnail = said.partition(b"\n")
        size = msgspec.json.decode(line, type=_Size)
        return Picture(size.width, size.height, thumbnail)

    async def _develop(self, content: bytes) -> tuple[int, bytes]:
        """Its exit status, below zero where it had to be ended, and what it said."""
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", develop.__name__, str(MOST_PIXELS)),
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(self._seconds):
                said, _ = await program.communicate(content)
        except TimeoutError:
            return -1, b""
        finally:
            if program.returncode is None:
                program.kill()
                await program.wait()
        assert program.returncode is not None
        return program.returncode, said
