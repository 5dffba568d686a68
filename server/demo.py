"""The demo account: a manager, three agents, two numbers on the sandbox, forty contacts, and some days of conversations in every state."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

from server.carriers.carrier import Connection, InboundText, Receipt, SendResult
from server.desk import attend, claim, contacts, directory, lines, send, settings, settle
from server.desk.dispatch import lease, record
from server.desk.receipts import apply_receipts
from server.desk.receive import receive_texts
from server.domain.message import MessageState
from server.domain.user import Role, User
from server.parts import Parts
from server.settings import PREFIX, SettingsError
from server.store import conversations, people
from server.store.accounts import every_account
from server.store.database import Transaction

MANAGER, AGENTS = "Mia", ("Ana", "Ben", "Dana")
SUPPORT, OWN = "+12025550100", "+12025550101"
PUBLIC_MINUTES = 1
EMAIL = f"{MANAGER.lower()}@acme.example"
MINUTE_US = 60_000_000
FIRST_NAMES = "Maria Wei Omar Emma Noah Fatima Lucas Priya James Ingrid Sofia Ethan Aisha Kofi Nadia Liam Olivia Chidi Pavel Grace".split()
LAST_NAMES = (
    "Garcia Chen Haddad Novak Rossi Hassan Martin Kaya Olsen Petrov Mensah Reyes Walker Tanaka Silva Khan Moreau Okafor Berg Lopez".split()
)

THREADS: Sequence[tuple[str, Sequence[str]]] = (
    # Who answers, then the lines: < from the contact, > from the agent; a word alone is a deed.
    (
        "Ana",
        ("<Hi, can I move my appointment to Thursday?", ">Of course. Would 3 pm suit you?", "<Yes, Thursday at 3 works for me", "settled"),
    ),
    ("Ana", ("<What time do you open on Saturday?", ">We are open from 9 to 2 on Saturdays.", "<Perfect, thank you 🙏", "settled")),
    ("Ben", (">Hello, this is Ben from Acme. Your order is ready to be picked up.", "<Great, I will come by this afternoon", "settled")),
    ("Dana", ("<I never received the confirmation email", ">I have just sent it again. Did it arrive?", "<Got it now, thanks", "settled")),
    (
        "Ana",
        (
            "<Could you explain how the refund works?",
            ">Happy to. We refund the whole amount to the card that you paid with, which takes three to five working days after the "
            "parcel has reached us. You will get a text from us once it is on its way, and another one as soon as the bank has "
            "confirmed it. If you would rather have a voucher, tell us before Friday and we will send you the code at once.",
            "<That is clear, thanks",
            "settled",
        ),
    ),
    ("Ben", ("<How much is the deposit?", ">It is €50, paid when you book 🙂", "failed")),
    ("Dana", ("<STOP",)),
    ("Ana", (">Hello, this is Ana from Acme. Shall I hold the room for you?", "<No thanks, we found another one", "closed")),
    ("Ben", ("<Please call me after 5 pm, I am driving", "snoozed")),
    ("Dana", ("<Is my parcel on its way?", ">It left this morning.", "subscribed", "<Thank you both", "settled")),
)
WAITING = (
    "Is there parking nearby?",
    "Can you send the quote again please?",
    "I would like to change my booking",
    "Do you deliver to Oak Street?",
)


async def seed_demo(parts: Parts) -> list[tuple[str, str]]:
    """Seeds an empty database; (who, path of the link that signs in) of everybody.

    Moves the database's clock back while it writes history. Raises `SettingsError` for a database with other accounts.
    """
    found = await parts.desk.read(every_account)
    if found and await parts.desk.read(lambda tx: people.by_email(tx, EMAIL)) is None:
        raise SettingsError([f"{PREFIX}VAR, {PREFIX}DATABASE_URL: this database is not the demo's; the demo lets in whoever clicks"])
    if found and found[0].default_did is None:
        raise SettingsError([f"{PREFIX}VAR: the demo's data is half made; remove {parts.settings.var} to begin anew"])
    if not found:
        try:
            await _seed(parts)
        finally:
            parts.db.shift_us = 0
    roles = [(MANAGER, "manager"), *((name, "agent") for name in AGENTS)]
    return [(f"{name}, {role}", f"/demo/in/{name.lower()}") for name, role in roles]


async def _seed(parts: Parts) -> None:
    desk = parts.desk
    parts.db.shift_us = -3 * 24 * 60 * MINUTE_US
    account, manager, _ = await directory.create_account(parts.db, "Acme", f"{MANAGER}@acme.example", secrets.token_urlsafe(24))
    mia = User(manager, account, MANAGER, Role.MANAGER)
    users = {MANAGER: mia}
    for name in AGENTS:
        new = directory.NewUser(email=f"{name.lower()}@acme.example", name=name, role=Role.AGENT, password=secrets.token_urlsafe(24))
        made = await directory.add_user(desk, parts.identity.passwords, mia, new)
        users[name] = User(_id(made), account, name, Role.AGENT)
    sandbox = _id(await lines.add_carrier(desk, mia, lines.NewCarrier(kind="sandbox", name="Sandbox", credentials={})))
    made_dids: list[str] = []
    for number, label, user in ((SUPPORT, "Support", None), (OWN, "Ben", users["Ben"].id)):
        did = lines.NewDid(number=number, carrier=sandbox, capabilities=["sms", "mms"], label=label, user=user)
        made_dids.append(_id(await lines.add_did(desk, mia, did)))
    await settings.change_settings(desk, mia, settings.Changes(sms_public_minutes=None))
    connection = await parts.connections.get(sandbox)
    assert connection is not None
    story = _Story(parts, connection, users)
    await story.contacts()
    for place, (name, told) in enumerate(THREADS):
        await story.tell(place, users[name], told)
    await settings.change_settings(desk, mia, settings.Changes(sms_public_minutes=PUBLIC_MINUTES))
    await story.waiting(len(THREADS))
    await settings.change_settings(desk, mia, settings.Changes(default_did=made_dids[0]))


class _Story:
    """Lets the demo's people text each other, some minutes of the database's clock apart."""

    def __init__(self, parts: Parts, connection: Connection, people: dict[str, User]) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._connection = connection
        self._people = people
        self._texts = 0

    async def contacts(self) -> None:
        for number in range(40):
            name = f"{FIRST_NAMES[number % 20]} {LAST_NAMES[(number * 7 + number // 20) % 20]}"
            phones = [contacts.PhoneBody(number=_phone(number))]
            new = contacts.NewContact(name=name, phones=phones, ready=number % 3 == 0, tags=["spring"] if number % 4 == 0 else [])
            await contacts.add_contact(self._desk, self._people[MANAGER], new)

    async def tell(self, number: int, agent: User, told: Sequence[str]) -> None:
        deeds: dict[str, Callable[[str], Awaitable[object]]] = {
            "settled": lambda id: settle.no_reply_needed(self._desk, agent, id),
            "closed": lambda id: settle.close(self._desk, agent, id),
            "snoozed": lambda id: settle.snooze(self._desk, agent, id, self._now() + 7 * 24 * 60 * MINUTE_US),
            "subscribed": lambda id: attend.follow(self._desk, self._people["Ana"], id, None),
            "failed": self._fail,
        }
        phone = _phone(number)
        for line in told:
            self._later(minutes=11 + 3 * number)
            if line.startswith("<"):
                await self._inbound(phone, line[1:], OWN if agent.name == "Ben" else SUPPORT)
            elif line.startswith(">"):
                await self._outbound(phone, line[1:], agent)
            else:
                await deeds[line](await self._conversation(phone))
        if told[0].startswith("<") and len(told) > 1:
            await attend.read(self._desk, agent, await self._conversation(phone), 1_000)

    async def waiting(self, first: int) -> None:
        """Texts of just now: one in Ben's hands with its clock running, the others in the pool."""
        for number, body in enumerate(WAITING, first):
            self._parts.db.shift_us = -MINUTE_US * (len(WAITING) + first - number) + 40_000_000
            await self._inbound(_phone(number), body, SUPPORT)
        self._parts.db.shift_us = 0
        await self._inbound(_phone(first + len(WAITING)), "Hi Ben, are you there?", OWN)
        taken = await claim.take_next(self._desk, self._people["Ana"])
        assert taken is not None

    async def _inbound(self, phone: str, body: str, did: str) -> None:
        self._texts += 1
        text = InboundText(f"demo-{self._texts}", phone, did, body)
        await receive_texts(self._desk, self._connection, [text], self._now())

    async def _outbound(self, phone: str, body: str, agent: User) -> None:
        self._texts += 1
        await send.start(self._desk, agent, send.Draft(body, f"demo-{self._texts}"), to=phone)
        for leased in await lease(self._desk):
            await record(self._desk, leased, SendResult("accepted", f"demo-{leased.message}"))
            await apply_receipts(self._desk, self._connection, [Receipt(None, leased.text.token, MessageState.DELIVERED)])

    async def _fail(self, conversation: str) -> None:
        agent = self._people["Ben"]
        await send.send(self._desk, agent, conversation, send.Draft("Shall I book it for you?", "demo-failed", 1_000))
        for leased in await lease(self._desk):
            says = "The phone is switched off or out of coverage."
            await record(self._desk, leased, SendResult("rejected", code="30003", says=says))

    async def _conversation(self, phone: str) -> str:
        key = (self._connection.account, phone)

        async def read(tx: Transaction) -> str:
            return (await conversations.by_phone(tx, [key]))[key]

        return await self._desk.read(read)

    def _now(self) -> int:
        return self._parts.clock.now() + self._parts.db.shift_us

    def _later(self, minutes: float) -> None:
        self._parts.db.shift_us = min(self._parts.db.shift_us + round(minutes * MINUTE_US), -2 * 60 * MINUTE_US)


def _phone(number: int) -> str:
    """Numbers that are kept for stories: +1 202 555 0100 to 0199."""
    return f"+120255501{10 + number:02}"


def _id(made: object) -> str:
    id: str = made.id  # type: ignore[attr-defined]
    return id
