"""The installation at its public address, as browsers and carriers meet it: a call, a websocket with a session, carriers' webhooks."""

import asyncio
import hashlib
import json
import secrets
import time
from urllib.parse import urlsplit

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from server.ids import new_id
from server.operate.backup import opened
from server.operate.finding import Finding, failed, ok, warning
from server.operate.look_database import Database
from server.settings import Settings, is_loopback
from server.store import sessions
from server.store.database import Transaction, Unavailable

PATIENCE_SECONDS = 5.0
SESSION_US = 60_000_000
UNREACHED = "Is `partyline web` (or `serve`) running, and does the proxy lead to it? Some networks do not reach it from inside."
UPGRADE = "The proxy must hand on websockets: Upgrade, Connection, Origin and Cookie, and an idle time above 60 s."
WRITE = "Is there room on the disk, and does another program hold the database? Until then carriers and people are answered 503."
HOOK = "The proxy must hand on /hooks/ with body, query and Host as they come."
HEARD = {400, 403, 405, 415}
"""What an unsigned request is told by us. 404 is another installation's answer, or a proxy's."""


async def look_outside(settings: Settings, database: Database) -> list[Finding]:
    async with httpx2.AsyncClient(timeout=PATIENCE_SECONDS, follow_redirects=False) as http:
        public = await _public(http, settings)
        found = [public]
        if public.state == "failed":
            return found
        found.append(await _socket(settings, database))
        if database.hooks:
            found.append(await _hooks(http, settings, database.hooks))
        return found


async def _public(http: httpx2.AsyncClient, settings: Settings) -> Finding:
    try:
        answer = await http.get(f"{settings.base_url}/readyz")
    except httpx2.HTTPError as error:
        return failed("public address", f"{settings.base_url} cannot be reached: {type(error).__name__}", UNREACHED)
    try:
        status = answer.json()["status"]
    except (ValueError, KeyError, TypeError):
        return failed("public address", f"{settings.base_url} answers {answer.status_code}, and not as Partyline does", UNREACHED)
    if answer.status_code != 200:
        return failed("public address", f"{settings.base_url} answers, and is not ready: {status}", "Look at the web processes' log.")
    return ok("public address", f"{settings.base_url} is ready")


async def _socket(settings: Settings, database: Database) -> Finding:
    """With a session of a minute that nobody else knows, of a manager who notices nothing."""
    if database.manager is None:
        return warning("websocket", "not tried: there is nobody whose tab it could be", "Run `partyline init`.")
    cookie, user = secrets.token_urlsafe(32), database.manager
    name = "__Host-sid" if settings.secure else "sid"

    async def begin(tx: Transaction) -> str:
        id = new_id(tx.now)
        digest = hashlib.sha256(cookie.encode()).hexdigest()
        await sessions.add_session(tx, digest=digest, id=id, user=user, expires_at=tx.now + SESSION_US)
        return id

    try:
        async with opened(settings.database_url) as db:
            id = await db.write(begin)
            try:
                return await _tab(settings, f"{name}={cookie}", database.epoch)
            finally:
                await db.write(lambda tx: sessions.end_session(tx, id))
    except Unavailable as error:
        return failed("websocket", f"not tried, since nothing can be written: {error}", WRITE)


async def _tab(settings: Settings, cookie: str, epoch: str) -> Finding:
    address = urlsplit(settings.base_url)._replace(scheme="wss" if settings.secure else "ws", path="/ws").geturl()
    began = time.monotonic()
    try:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            connect(address, additional_headers={"Cookie": cookie, "Origin": settings.base_url}, proxy=None) as tab,
        ):
            hello = json.loads(await tab.recv())
            await tab.send(json.dumps({"op": "resume"}))
            while json.loads(await tab.recv()).get("op") != "ready":
                pass
    except InvalidStatus as error:
        return failed("websocket", f"{address} answers {error.response.status_code} instead of opening", UPGRADE)
    except (WebSocketException, OSError, TimeoutError, ValueError) as error:
        return failed("websocket", f"{address} does not open: {type(error).__name__}", UPGRADE)
    if hello.get("epoch") != epoch:
        return failed("websocket", f"at {address} is another installation, with another database", "Look at BASE_URL and DATABASE_URL.")
    return ok("websocket", f"opened and current after {1000 * (time.monotonic() - began):.0f} ms")


async def _hooks(http: httpx2.AsyncClient, settings: Settings, hooks: list[tuple[str, str]]) -> Finding:
    """One of each kind, with nothing in it: what counts is who refuses it."""
    lost = []
    for kind, id in dict(hooks).items():
        try:
            answer = await http.post(f"{settings.base_url}/hooks/{kind}/{id}", content=b"")
        except httpx2.HTTPError as error:
            lost.append(f"{kind} ({type(error).__name__})")
            continue
        if answer.status_code not in HEARD or answer.content:
            lost.append(f"{kind} ({answer.status_code})")
    if lost:
        return failed("webhooks", f"these carriers' webhooks do not get through: {', '.join(lost)}", HOOK)
    real = [kind for kind, _ in hooks if kind not in ("sandbox", "kannel", "generic")]
    if real and is_loopback(urlsplit(settings.base_url).hostname or ""):
        says = f"{', '.join(sorted(set(real)))} cannot reach {settings.base_url}, which is this machine alone"
        return failed("webhooks", says, "Set BASE_URL to the public https address, and give the carriers their new webhook addresses.")
    return ok("webhooks", "an unsigned webhook gets as far as us, and is refused")
