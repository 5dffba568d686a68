"""How many segments a text is billed as."""

from starlette.requests import Request
from starlette.responses import Response

from server.desk.identity import Session
from server.domain.segments import count
from server.endpoints.bodies import json


async def segments(request: Request, _session: Session) -> Response:
    return json(count(request.query_params.get("body", "")))
