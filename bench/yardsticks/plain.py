"""What one writes first: Starlette and uvicorn, a list of sockets for each room, and `await send_text` to each of them.

python plain.py PORT REDIS_PORT
"""

import asyncio
import contextlib
import sys
from collections import defaultdict
from collections.abc import AsyncIterator

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


def build(redis_port: int) -> Starlette:
    rooms: dict[str, set[WebSocket]] = defaultdict(set)
    pubsub = Redis(port=redis_port).pubsub()

    async def join(socket: WebSocket) -> None:
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            for name in (await socket.receive_text()).split():
                rooms[name].add(socket)
            await socket.send_text("ready")
            while True:
                await socket.receive_text()

    async def carry() -> None:
        await pubsub.psubscribe("room:*")
        async for message in pubsub.listen():
            if message["type"] == "pmessage":
                text = message["data"].decode()
                for socket in list(rooms[message["channel"].decode()]):
                    await socket.send_text(text)

    @contextlib.asynccontextmanager
    async def alive(_: Starlette) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            carrying = tasks.create_task(carry())
            yield
            carrying.cancel()

    return Starlette(routes=[WebSocketRoute("/", join)], lifespan=alive)


if __name__ == "__main__":
    port, redis_port = map(int, sys.argv[1:])
    uvicorn.run(build(redis_port), host="127.0.0.1", port=port, log_level="warning", backlog=2048, ws_per_message_deflate=False)
