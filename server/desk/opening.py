"""What a page starts from before its live modules run: one read, one snapshot."""

import msgspec

from server.desk.desk import Desk
from server.desk.settings_shape import SettingsShape, settings_shape
from server.desk.shapes import (
    PreferencesShape,
    UserShape,
    instant,
    preferences_shape,
    user_shape,
)
from server.domain.errors import NotFound
from server.domain.user import User
from server.store import accounts, conversations, handset, preferences, webhooks
from server.store.database import Transaction


class AccountShape(msgspec.Struct, frozen=True):
    id: str
    name: str


class Opening(msgspec.Struct, frozen=True):
    """`now` is the database's clock; `sandbox` whether the account has simulated phones; `conversation` the one that was asked for;
    `webhooks_off` what a manager has to look at: the webhooks that were given up."""

    user: UserShape
    account: AccountShape
    settings: SettingsShape
    preferences: PreferencesShape
    sandbox: bool
    now: str
    conversation: str | None
    webhooks_off: list[str]


async def opening(desk: Desk, user: User, conversation: str | None = None) -> Opening:
    """Raises `NotFound` when the conversation is not there or another account's."""

    async def read(tx: Transaction) -> Opening:
        account = (await accounts.accounts(tx, [user.account]))[user.account]
        if conversation is not None:
            found = (await conversations.read(tx, [conversation])).threads.get(conversation)
            if found is None or found.conversation.account != user.account:
                raise NotFound
        return Opening(
            user=user_shape(user),
            account=AccountShape(account.id, account.name),
            settings=settings_shape(account),
            preferences=preferences_shape(await preferences.find(tx, user.id), tx.now),
            sandbox=await handset.has_sandbox(tx, user.account),
            now=instant(tx.now),
            conversation=conversation,
            webhooks_off=await webhooks.given_up(tx, user.account) if user.manages else [],
        )

    return await desk.read(read)
