"""The API's directory: who one is, users and tokens."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from server.desk import directory, staffing, tokens
from server.desk.desk import Desk
from server.desk.directory import NewUser
from server.desk.identity import Session
from server.desk.passwords import Passwords
from server.desk.staffing import UserChange
from server.desk.tokens import NewToken, TokenChange
from server.domain.user import User
from server.endpoints.bodies import created, id_in_path, json, no_content, once, page_of, read_json
from server.endpoints.conversations import Nothing
from server.endpoints.cursors import Cursors

AGENT_RIGHTS = ("converse", "claim", "contacts")
MANAGER_RIGHTS = (*AGENT_RIGHTS, "assign", "feed", "reports", "settings", "directory")


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    password: str


class Directory:
    def __init__(self, desk: Desk, passwords: Passwords, cursors: Cursors) -> None:
        self._desk = desk
        self._cursors = cursors
        self._passwords = passwords

    async def me(self, _request: Request, session: Session) -> Response:
        user = session.user
        account, email = await directory.about(self._desk, user)
        return json(
            {
                "user": {"id": user.id, "name": user.name, "role": user.role, "email": email},
                "account": {"id": user.account, "name": account},
                "rights": _rights(user),
            }
        )

    async def users(self, request: Request, session: Session) -> Response:
        user = session.user
        return await page_of(
            request, self._cursors, user, "users", lambda after, limit: directory.list_users(self._desk, user, after, limit)
        )

    async def user(self, request: Request, session: Session) -> Response:
        return json(await directory.get_user(self._desk, session.user, id_in_path(request)))

    async def add_user(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewUser)
        key = await once(request, session)
        return created(request, await directory.add_user(self._desk, self._passwords, session.user, new, key))

    async def change_user(self, request: Request, session: Session) -> Response:
        change = await read_json(request, UserChange)
        key = await once(request, session)
        user = id_in_path(request)
        return json(await staffing.change_user(self._desk, self._passwords, session.user, user, change, key))

    async def remove_user(self, request: Request, session: Session) -> Response:
        """Disables: what the user wrote and did keeps its name, and what waits for the user is public."""
        change = UserChange(disabled=True, conversations="public")
        key = await once(request, session)
        await staffing.change_user(self._desk, self._passwords, session.user, id_in_path(request), change, key)
        return no_content()

    async def sign_out(self, request: Request, session: Session) -> Response:
        await read_json(request, Nothing)
        await staffing.sign_out(self._desk, session.user, id_in_path(request))
        return no_content()

    async def set_password(self, request: Request, session: Session) -> Response:
        change = UserChange(password=(await read_json(request, NewPassword)).password)
        key = await once(request, session)
        await staffing.change_user(self._desk, self._passwords, session.user, id_in_path(request), change, key)
        return no_content()

    async def tokens(self, request: Request, session: Session) -> Response:
        user = session.user
        return await page_of(
            request, self._cursors, user, "tokens", lambda after, limit: tokens.list_tokens(self._desk, user, after, limit)
        )

    async def token(self, request: Request, session: Session) -> Response:
        return json(await tokens.get_token(self._desk, session.user, id_in_path(request)))

    async def add_token(self, request: Request, session: Session) -> Response:
        new = await read_json(request, NewToken)
        return created(request, await tokens.add_token(self._desk, session.user, new, await once(request, session)))

    async def change_token(self, request: Request, session: Session) -> Response:
        change = await read_json(request, TokenChange)
        key = await once(request, session)
        return json(await tokens.change_token(self._desk, session.user, id_in_path(request), change, key))

    async def remove_token(self, request: Request, session: Session) -> Response:
        await tokens.remove_token(self._desk, session.user, id_in_path(request), await once(request, session))
        return no_content()


def _rights(user: User) -> tuple[str, ...]:
    return MANAGER_RIGHTS if user.manages else AGENT_RIGHTS
