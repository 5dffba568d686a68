"""What stands around the routes, from the outside in: headers, the boundary, how many, limits.

Who X-Forwarded-For is believed from is the server's own setting, in `roles.py`.
"""

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ExceptionHandler

from server.crowd import Crowds
from server.endpoints.crowding import Crowding
from server.endpoints.errors import Boundary, Faults
from server.endpoints.headers import SafeHeaders
from server.endpoints.limits import BODY_SECONDS, CONTACTS_BYTES, HOOK_BYTES, MEDIA_BYTES, Limits, Most
from server.settings import Settings


def middleware(
    settings: Settings, faults: Faults, crowds: Crowds, now: Callable[[], int], body_seconds: float = BODY_SECONDS
) -> list[Middleware]:
    """For Starlette, together with `handlers`."""
    return [
        Middleware(SafeHeaders, secure=settings.secure, now=now),
        Middleware(Boundary, faults=faults),
        Middleware(Crowding, crowds=crowds),
        Middleware(
            Limits,
            origin=settings.base_url,
            below={
                "/hooks/": Most(HOOK_BYTES),
                "/api/v1/media": Most(MEDIA_BYTES),
                "/api/v1/contacts/import": Most(CONTACTS_BYTES, patience=20),
            },
            seconds=body_seconds,
        ),
    ]


def handlers(faults: Faults) -> dict[type[Exception], ExceptionHandler]:
    """Starlette would answer what its router does not find in plain text."""
    return {HTTPException: faults.of_router}
