"""Seeds the demo: accounts, people, numbers, contacts, conversations in every state. Kept from one run to the next."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from server.demo.history import DAYS, tell_history
from server.demo.people import (
    AGENTS,
    BROKEN,
    CAMPAIGNS,
    CONTACTS,
    EMAIL,
    LATER,
    MANAGER,
    NOTE,
    OWN,
    REPLIES,
    SAVED_REPLIES,
    SUPPORT,
    THREADS,
    WAITING,
    ZONES,
    name_of,
    phone_of,
)
from server.demo.picture import plan
from server.demo.story import DAY_US, MINUTE_US, Story
from server.desk import attend, claim, contacts, dids, directory, lines, live_filters, notes, saved_replies, send, settings, settle
from server.desk.desk import Desk
from server.domain.user import Role, User
from server.parts import Parts
from server.settings import PREFIX, SettingsError
from server.store import people
from server.store.accounts import every_account
from server.store.database import Transaction

PUBLIC_MINUTES = 1


async def seed_demo(parts: Parts) -> list[tuple[str, str]]:
    """Seeds an empty database and turns the network's dials; (who, path of the link that signs in) of everybody.

    Moves the database's clock back while it writes history. Raises `SettingsError` for a database with other accounts, and for one
    whose texts could leave this machine.
    """
    found = await parts.desk.read(every_account)
    if found and await parts.desk.read(lambda tx: people.by_email(tx, EMAIL)) is None:
        raise SettingsError([f"{PREFIX}VAR, {PREFIX}DATABASE_URL: this database is not the demo's; the demo lets in whoever clicks"])
    if found and found[0].default_did is None:
        raise SettingsError([f"{PREFIX}VAR: the demo's data is half made; remove {parts.settings.var} to begin anew"])
    if real := await parts.desk.read(_real_carriers):
        raise SettingsError([f"{PREFIX}VAR: the demo has a real carrier now ({', '.join(real)}); it starts only with the sandbox"])
    if not found:
        try:
            await _seed(parts)
        finally:
            parts.db.shift_us = 0
    dials = parts.network.dials
    dials.replies = True
    dials.refused.add(BROKEN)
    dials.lines = {phone_of(number): lines for number, lines in enumerate(REPLIES)}
    roles = [(MANAGER, "manager"), *((name, "agent") for name in AGENTS)]
    return [(f"{name}, {role}", f"/demo/in/{name.lower()}") for name, role in roles]


async def _real_carriers(tx: Transaction) -> list[str]:
    return [row["kind"] for row in await tx.all("select distinct kind from carriers where kind <> 'sandbox' order by kind")]


async def _seed(parts: Parts) -> None:
    desk = parts.desk
    end = parts.clock.now()
    parts.db.shift_us = -(DAYS + 2) * DAY_US
    account, manager, _ = await directory.create_account(parts.db, "Acme", f"{MANAGER}@acme.example", secrets.token_urlsafe(24))
    mia = User(manager, account, MANAGER, Role.MANAGER)
    agents = dict(zip(AGENTS, await asyncio.gather(*(_agent(parts, mia, name) for name in AGENTS)), strict=True))
    sandbox = _id(await lines.add_carrier(desk, mia, lines.NewCarrier(kind="sandbox", name="Sandbox", credentials={})))
    support = ""
    for number, label, user in ((SUPPORT, "Support", None), (OWN, "Ben", agents["Ben"].id), (BROKEN, "Fails on purpose", None)):
        new = dids.NewDid(number=number, carrier=sandbox, capabilities=["sms"], label=label, user=user)
        made = await dids.add_did(desk, mia, replace(new, capabilities=["sms", "mms"]) if number == SUPPORT else new)
        support = support or _id(made)
    connection = await parts.connections.get(sandbox)
    assert connection is not None
    story = Story(parts, connection)
    await _contacts(desk, mia)
    for phone in await tell_history(story, agents, end):
        id = await story.conversation(phone)
        await asyncio.gather(*(attend.read(desk, agent, id, 1_000) for agent in agents.values()))
    for shortcut, body in SAVED_REPLIES:
        await saved_replies.add_reply(desk, mia, saved_replies.NewSavedReply(shortcut, body, shared=True))
    for name, conditions in CAMPAIGNS:
        await live_filters.add_live_filter(desk, mia, live_filters.NewLiveFilter(name, list(conditions)))
    parts.db.shift_us = -30 * 60 * MINUTE_US
    await settings.change_settings(desk, mia, settings.Changes(sms_public_minutes=None))
    for place, (name, told) in enumerate(THREADS):
        await _tell(story, agents, place, agents[name], told)
    parts.db.shift_us = -2 * 60 * MINUTE_US
    await settings.change_settings(desk, mia, settings.Changes(sms_public_minutes=PUBLIC_MINUTES))
    await _waiting(story, agents["Ana"], len(THREADS))
    await settings.change_settings(desk, mia, settings.Changes(default_did=support))


async def _agent(parts: Parts, mia: User, name: str) -> User:
    new = directory.NewUser(email=f"{name.lower()}@acme.example", name=name, role=Role.AGENT, password=secrets.token_urlsafe(24))
    return User(_id(await directory.add_user(parts.desk, parts.identity.passwords, mia, new)), mia.account, name, Role.AGENT)


async def _contacts(desk: Desk, mia: User) -> None:
    async def add(number: int) -> None:
        name = name_of(number)
        new = contacts.NewContact(
            name=name,
            phones=[contacts.PhoneBody(number=phone_of(number))],
            ready=number % 3 == 0,
            tags=[tag for tag, every in (("spring", 4), ("vip", 9), ("newsletter", 5)) if number % every == 0],
            timezone=ZONES[number % len(ZONES)],
            fields={"email": f"{name.lower().replace(' ', '.')}@example.com"} if number % 2 == 0 else {},
        )
        await contacts.add_contact(desk, mia, new)

    await asyncio.gather(*map(add, range(CONTACTS)))


async def _tell(story: Story, agents: dict[str, User], number: int, agent: User, told: Sequence[str]) -> None:
    desk, phone = story.parts.desk, phone_of(number)
    deeds: dict[str, Callable[[str], Awaitable[object]]] = {
        "settled": lambda id: settle.no_reply_needed(desk, agent, id),
        "closed": lambda id: settle.close(desk, agent, id),
        "snoozed": lambda id: settle.snooze(desk, agent, id, story.now() + 7 * DAY_US),
        "subscribed": lambda id: attend.follow(desk, agents["Ana"], id, None),
        "noted": lambda id: notes.write_note(desk, agents["Dana"], id, NOTE, [agents["Ana"].id]),
    }
    for line in told:
        story.go_to(min(story.now() + (11 + 3 * number) * MINUTE_US, story.parts.clock.now() - 2 * 60 * MINUTE_US))
        if line.startswith("<"):
            await story.text_in(phone, line[1:], OWN if agent.name == "Ben" else SUPPORT)
            await story.carry()
        elif line.startswith(">"):
            await story.text_out(phone, line[1:], agent)
        elif line.startswith("["):
            await story.text_out(phone, line[1:], agent, picture=plan())
        elif line == "failed":
            await story.text_out(phone, "Shall I book it for you?", agent, refused="The phone is switched off or out of coverage.")
        else:
            await deeds[line](await story.conversation(phone))
    if told[0].startswith("<") and len(told) > 1:
        await attend.read(desk, agent, await story.conversation(phone), 1_000)


async def _waiting(story: Story, ana: User, first: int) -> None:
    """Texts of just now: one in Ben's hands with its clock running, one in Ana's, the others in the pool."""
    db = story.parts.db
    for number, body in enumerate(WAITING, first):
        db.shift_us = -MINUTE_US * (len(WAITING) + first - number) + 40_000_000
        await story.text_in(phone_of(number), body, SUPPORT)
    db.shift_us = 0
    await story.text_in(phone_of(first + len(WAITING)), "Hi Ben, are you there?", OWN)
    taken = await claim.take_next(story.parts.desk, ana)
    assert taken is not None
    wei = await story.conversation(phone_of(1))
    await send.send(story.parts.desk, ana, wei, send.Draft(LATER, "demo-later", send_at=story.now() + 20 * 60 * MINUTE_US))


def _id(made: object) -> str:
    id: str = made.id  # type: ignore[attr-defined]
    return id
