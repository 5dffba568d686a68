"""Years of an office, made up a part at a time: rows for every table that grows, as the desk would have left them.

A few contacts write most of the texts, most texts are answered by the owner, one in thirty waits for ever. The same each time.
Instants are µs UTC, rising from text to text; ids sort by them as the product's own do.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from server.ids import new_id

ACCOUNT, CARRIER = "01growthaccount00000000000", "01growthcarrier00000000000"
USERS, DIDS = 60, 12
STEP_US = 10_500_000
"""Between two texts: three million in a year."""
NEW_OF = 11
"""One exchange in so many is with somebody new."""
WAITS, PUBLIC = 0.03, 0.5
KEEPS_ROWS = 20_000

FIRST = """Maria James Wei Fatima Noah Emma Liam Olivia Ana Ben Dana Mia Émile Zoë Søren José Ivan Olga Yuki Aarav Priya Chen Li Omar
Leila Lucas Hugo Nina Karl Anna Peter Paul Sara Laura Tom Tim Kate Jane John Mary Ahmed Ali Igor Eva Max Leo Ida Otto Rosa Luis"""
FIRST_NAMES = FIRST.split()
COMMON = """hello hi my order is late where are the flowers please call me back tomorrow about our booking thank you very much monday
tuesday price delivery address green window repair appointment change yes no can we meet at three the parts have arrived invoice refund
when will it be ready great see you then sorry running minutes car battery tyres insurance claim number photo attached is there"""
WORDS = COMMON.split()
_SYLLABLES = (
    "ba be bi bo da de di do fa fe ga ge ka ke ki ko la le li lo ma me mi mo na ne ni no ra re ri ro sa se ta te ti to va ve".split()
)

Row = tuple[object, ...]
Tables = dict[str, list[Row]]

COLUMNS = {
    "accounts": "id name public_minutes opt_out_text position created_at",
    "users": "id account email name role password created_at",
    "carriers": "id account kind name credentials options created_at",
    "dids": "id account number carrier capabilities label created_at",
    "contacts": "id account name ready_at tags fields created_at updated_at",
    "contact_phones": "account number contact kind place",
    "conversations": """id account contact phone seq owner did last_message waiting_since clock_start public_since claimed_seq closed_at
        settled_seq texted_at active_at""",
    "participants": "conversation user_id part read_seq",
    "messages": """conversation seq id account kind direction body media did user_id client_id state encoding segments created_at attempt
        carrier_ref sent_at""",
    "events": "account position conversation seq type at reach pool audience body",
    "inbox": "carrier carrier_ref received_at message sender recipient",
    "receipts": "id carrier carrier_ref state opted_out received_at applied_at",
    "waits": "conversation since account did public_at ended_at ended_by how",
    "consent": "id account number kind source at",
    "opt_outs": "account number at source",
}


@dataclass(slots=True)
class _Talk:
    """A conversation so far; `waits` µs, `number` of those ever made."""

    number: int
    id: str
    contact: str
    phone: str
    owner: str
    did: str
    seq: int = 0
    last: int = 0
    at: int = 0
    waits: int | None = None
    public: bool = False


@dataclass
class Years:
    """`part` gives the rows of the next texts; `standing` the conversations as they are after them, all anew."""

    start: int
    talks: list[_Talk] = field(default_factory=list)
    texts: int = 0
    position: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def __post_init__(self) -> None:
        rare = ["".join(self.chance.choices(_SYLLABLES, k=self.chance.randint(2, 4))) for _ in range(8_000)]
        self._surnames = ["".join(self.chance.choices(_SYLLABLES, k=self.chance.randint(2, 3))).title() for _ in range(5_000)]
        self._words = WORDS * 60 + rare
        self._users = [_id(self.start, n) for n in range(USERS)]
        self._dids = [_id(self.start, 1_000 + n) for n in range(DIDS)]

    def people(self) -> Tables:
        """What is there before the first text."""
        at = self.start
        return {
            "accounts": [(ACCOUNT, "Growth", 20, "Reply STOP to unsubscribe.", 0, at)],
            "users": [
                (id, ACCOUNT, f"u{n}@example.com", f"User {n}", "agent" if n else "manager", "", at) for n, id in enumerate(self._users)
            ],
            "carriers": [(CARRIER, ACCOUNT, "sandbox", "Sandbox", "", "{}", at)],
            "dids": [(id, ACCOUNT, f"+1202555{n:04}", CARRIER, '["sms"]', f"Line {n}", at) for n, id in enumerate(self._dids)],
        }

    def parts(self, up_to: int) -> Iterator[Tables]:
        """Rows until there are so many texts, some ten thousand at a time."""
        while self.texts < up_to:
            rows: Tables = defaultdict(list)
            while self.texts < up_to and len(rows["messages"]) < KEEPS_ROWS:
                self._exchange(rows, up_to)
            yield rows

    def standing(self) -> Iterator[Tables]:
        for first in range(0, len(self.talks), KEEPS_ROWS):
            rows: Tables = defaultdict(list)
            for talk in self.talks[first : first + KEEPS_ROWS]:
                self._stand(rows, talk)
            yield rows

    @property
    def now(self) -> int:
        return self.start + self.texts * STEP_US

    def _stand(self, rows: Tables, t: _Talk) -> None:
        waits, public = t.waits, t.at if t.public else None
        # Whoever does not wait in public has a day left.
        clock = self.start + 3_000_000 * STEP_US + 86_400_000_000 + t.number if waits is not None and not t.public else None
        closed = t.at if waits is None and t.number % 10 < 7 else None
        rows["conversations"].append(
            (t.id, ACCOUNT, t.contact, t.phone, t.seq, t.owner, t.did, t.last, waits, clock, public, 0, closed, t.seq, t.at, t.at)
        )
        if waits is not None:
            rows["waits"].append((t.id, waits, ACCOUNT, t.did, public, None, None, None))
        rows["participants"].append((t.id, t.owner, "owner", t.seq))
        if (other := self._users[t.number % USERS]) != t.owner:
            rows["participants"].append((t.id, other, "subscriber", max(0, t.seq - t.number % 4)))

    def _exchange(self, rows: Tables, up_to: int) -> None:
        talk = self._somebody(rows)
        waits = self.chance.random() < WAITS
        for inbound in (True,) if waits or self.texts + 1 >= up_to else (True, False):
            self._text(rows, talk, inbound)

    def _somebody(self, rows: Tables) -> _Talk:
        number, chance = len(self.talks), self.chance
        if number and chance.random() > 2 / NEW_OF:
            # Whoever wrote lately writes again, and some always do.
            back = int(number * chance.random() ** 3) if chance.random() < 0.8 else number - 1 - int(number * chance.random() ** 6)
            return self.talks[number - 1 - min(back, number - 1)]
        at = self.now
        contact, phone = _id(at, number, "c"), f"+1{3_000_000_000 + (number * 7_919_993) % 6_000_000_000}"
        name = f"{FIRST_NAMES[int(len(FIRST_NAMES) * chance.random() ** 2)]} {chance.choice(self._surnames)}"
        fields = json.dumps(
            {"city": chance.choice(self._surnames), "email": f"{name.split()[1].lower()}{number}@example.com"}, separators=(",", ":")
        )
        tags = f'["tag{int(40 * chance.random() ** 3)}"]' if chance.random() < 0.3 else "[]"
        rows["contacts"].append((contact, ACCOUNT, name, at if number % 5 == 0 else None, tags, fields, at, at))
        rows["contact_phones"].append((ACCOUNT, phone, contact, "mobile", 0))
        if number % 100 == 0:
            rows["opt_outs"].append((ACCOUNT, phone, at, "keyword"))
            rows["consent"].append((_id(at, number, "k"), ACCOUNT, phone, "opted_out", "keyword", at))
        talk = _Talk(
            number, _id(at, number, "t"), contact, phone, self._users[int(USERS * chance.random() ** 2)], chance.choice(self._dids)
        )
        self.talks.append(talk)
        return talk

    def _text(self, rows: Tables, t: _Talk, inbound: bool) -> None:
        at, number = self.now, self.texts
        self.texts += 1
        t.seq, t.at, t.last = t.seq + 1, at, t.seq + 1
        id, ref = _id(at, number, "m"), f"SM{number:032x}"
        body = " ".join(self.chance.choices(self._words, k=self.chance.randint(3, 18)))
        user = None if inbound else t.owner
        state = "received" if inbound else "failed" if number % 200 == 0 else "delivered"
        direction = "inbound" if inbound else "outbound"
        rows["messages"].append(
            (
                t.id,
                t.seq,
                id,
                ACCOUNT,
                "message",
                direction,
                body,
                "[]",
                t.did,
                user,
                None,
                state,
                "GSM-7",
                1,
                at,
                0,
                ref,
                None if inbound else at,
            )
        )
        self._event(rows, t, "message.received" if inbound else "message.queued", at, id, body)
        if inbound:
            rows["inbox"].append((CARRIER, ref, at, id, t.phone, "+12025550000"))
            if t.waits is None:
                t.waits, t.public = at, self.chance.random() < PUBLIC
            return
        rows["receipts"].append((_id(at, number, "r"), CARRIER, ref, state, 0, at, at))
        t.seq += 1
        self._event(rows, t, "message.delivered", at, id, body)
        if t.waits is not None:
            rows["waits"].append((t.id, t.waits, ACCOUNT, t.did, t.waits if t.public else None, at, t.owner, "answered"))
        t.waits, t.public = None, False

    def _event(self, rows: Tables, t: _Talk, type: str, at: int, message: str, body: str) -> None:
        self.position += 1
        data = {"id": message, "conversation": t.id, "body": body, "contact": {"id": t.contact, "phone": t.phone}, "did": t.did}
        whole = {
            "type": type,
            "position": self.position,
            "conversation": t.id,
            "seq": t.seq,
            "at": at,
            "data": data,
            "actor": {"id": t.owner},
        }
        rows["events"].append((ACCOUNT, self.position, t.id, t.seq, type, at, "participants", 0, f'["{t.owner}"]', json.dumps(whole)))


def _id(at: int, number: int, kind: str = "a") -> str:
    return f"{new_id(at)[:10]}{kind}{number:015}"
