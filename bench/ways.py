"""The `web` role with another way in for carriers' texts, for comparison: `python -m bench.ways WAY`; everything else is the product's own.

nothing     answers without looking
verified    parses, verifies and reads, and stores nothing
alone       each request in a transaction of its own
"""

import sys

from starlette.types import Receive, Scope, Send

from server.carriers.twilio import Twilio
from server.cli import main
from server.desk import writer
from server.endpoints import hooks

ANSWER = Twilio().acknowledge()


async def answer(_hooks: hooks.Hooks, _scope: Scope, _receive: Receive, send: Send) -> None:
    headers = [(b"content-type", ANSWER.content_type.encode()), (b"content-length", str(len(ANSWER.body)).encode())]
    await send({"type": "http.response.start", "status": ANSWER.status, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER.body})


async def forget(*_: object) -> None:
    pass


def become(way: str) -> None:
    if way == "nothing":
        setattr(hooks.Hooks, "texts", answer)  # noqa: B010 - mypy takes no method for a variable
    elif way == "verified":
        setattr(hooks, "receive_texts", forget)  # noqa: B010
    elif way == "alone":
        writer.BATCH = 1
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    become(sys.argv.pop())
    main(["web"], prog_name="partyline")
