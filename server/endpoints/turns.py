"""A burst that comes in one turn of the event loop is taken in over several: what else runs there has its turn between them."""

import asyncio
from collections import deque


class Turns:
    """At most `most` callers go on in one turn of the loop, first come, first served."""

    def __init__(self, most: int) -> None:
        self._most = self._left = most
        self._waiting = deque[asyncio.Future[None]]()

    async def mine(self) -> None:
        """Returns when it is the caller's turn."""
        if self._left:
            self._take()
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _take(self) -> None:
        if self._left == self._most:
            asyncio.get_running_loop().call_soon(self._next)
        self._left -= 1

    def _next(self) -> None:
        self._left = self._most
        while self._waiting and self._left:
            turn = self._waiting.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)
