"""Accounts with their settings, and the DIDs as sending and receiving need them."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from server.domain.quiet_hours import QuietHours
from server.domain.user import Role, User
from server.store.database import Row, Transaction, batch


@dataclass(frozen=True, slots=True)
class Account:
    """`public_minutes` None means never. `opt_out_text` is added to the first text to a contact.

    `stop_answer`, `start_answer` and `help_answer` None: our own words. So many unanswered conversations may a user own who claims
    another one: `claim_limit`, None for any number. `timezone` is an IANA name; without `quiet_hours` texts leave at any hour.
    """

    id: str
    name: str
    public_minutes: int | None
    opt_out_text: str
    default_did: str | None
    stop_answer: str | None = None
    start_answer: str | None = None
    help_answer: str | None = None
    claim_limit: int | None = None
    timezone: str = "UTC"
    quiet_hours: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Did:
    """A phone number of ours; `carrier` is a connection's id, `kind` that connection's.

    `user` is whose caller ID it is, None when it is the account's or that user is disabled. `rate` is how many segments may leave over
    it in a second, None for any number.
    """

    id: str
    account: str
    number: str
    carrier: str
    kind: str
    user: User | None
    label: str
    capabilities: tuple[str, ...]
    rate: int | None = None


async def accounts(tx: Transaction, ids: Iterable[str]) -> dict[str, Account]:
    rows = await tx.all(
        "select * from accounts where id in (select value ->> 'id' from json_each(:ids))",
        ids=batch({"id": id} for id in set(ids)),
    )
    return {row["id"]: _account_of(row) for row in rows}


async def lock(tx: Transaction, id: str) -> Account:
    """An account as it is now, held to the end of the transaction. Whoever locks other rows too locks them before, and is alone
    in the transaction: it is the last that everybody locks."""
    row = await tx.one("update accounts set name = name where id = :id returning *", id=id)
    assert row is not None, "a user's account is there"
    return _account_of(row)


async def every_account(tx: Transaction) -> list[Account]:
    return [_account_of(row) for row in await tx.all("select * from accounts order by id")]


async def save_settings(tx: Transaction, account: Account) -> None:
    await tx.run(
        """update accounts set public_minutes = :public_minutes, opt_out_text = :opt_out_text, default_did = :default_did,
                  stop_answer = :stop_answer, start_answer = :start_answer, help_answer = :help_answer, claim_limit = :claim_limit,
                  timezone = :timezone, quiet_hours = :quiet_hours
           where id = :id""",
        id=account.id,
        public_minutes=account.public_minutes,
        opt_out_text=account.opt_out_text,
        default_did=account.default_did,
        stop_answer=account.stop_answer,
        start_answer=account.start_answer,
        help_answer=account.help_answer,
        claim_limit=account.claim_limit,
        timezone=account.timezone,
        quiet_hours=msgspec.json.encode(account.quiet_hours).decode() if account.quiet_hours else None,
    )


async def dids_by_number(tx: Transaction, numbers: Iterable[str]) -> dict[str, Did]:
    rows = await tx.all(
        f"{_DIDS} where d.number in (select value ->> 'number' from json_each(:numbers))",
        numbers=batch({"number": number} for number in set(numbers)),
    )
    return {row["number"]: _did_of(row) for row in rows}


async def dids_by_id(tx: Transaction, ids: Iterable[str]) -> dict[str, Did]:
    rows = await tx.all(f"{_DIDS} where d.id in (select value ->> 'id' from json_each(:ids))", ids=batch({"id": id} for id in set(ids)))
    return {row["id"]: _did_of(row) for row in rows}


async def dids_of(tx: Transaction, account: str) -> list[Did]:
    return [_did_of(row) for row in await tx.all(f"{_DIDS} where d.account = :account order by d.id", account=account)]


async def users(tx: Transaction, ids: Iterable[str]) -> dict[str, User]:
    """Users by id, disabled ones too: what they wrote still shows their name."""
    rows = await tx.all(
        "select id, account, name, role from users where id in (select value ->> 'id' from json_each(:ids))",
        ids=batch({"id": id} for id in set(ids)),
    )
    return {row["id"]: User(row["id"], row["account"], row["name"], Role(row["role"])) for row in rows}


async def working_user(tx: Transaction, account: str, id: str) -> User | None:
    """A user of the account who is not disabled, and stays so to the end of the transaction.

    Whoever locks conversations too locks them before. An update that changes nothing: see `people.lock`.
    """
    row = await tx.one(
        """update users set name = name where id = :id and account = :account and disabled_at is null
           returning id, account, name, role""",
        id=id,
        account=account,
    )
    return User(row["id"], row["account"], row["name"], Role(row["role"])) if row else None


_DIDS = """select d.*, k.kind, u.name as user_name, u.role as user_role from dids d
    join carriers k on k.id = d.carrier left join users u on u.id = d.user_id and u.disabled_at is null"""


def _did_of(row: Row) -> Did:
    user = None
    if row["user_name"] is not None:
        user = User(row["user_id"], row["account"], row["user_name"], Role(row["user_role"]))
    return Did(
        id=row["id"],
        account=row["account"],
        number=row["number"],
        carrier=row["carrier"],
        kind=row["kind"],
        user=user,
        label=row["label"],
        capabilities=tuple(msgspec.json.decode(row["capabilities"])),
        rate=row["rate"],
    )


def _account_of(row: Row) -> Account:
    return Account(
        id=row["id"],
        name=row["name"],
        public_minutes=row["public_minutes"],
        opt_out_text=row["opt_out_text"],
        default_did=row["default_did"],
        stop_answer=row["stop_answer"],
        start_answer=row["start_answer"],
        help_answer=row["help_answer"],
        claim_limit=row["claim_limit"],
        timezone=row["timezone"],
        quiet_hours=msgspec.json.decode(row["quiet_hours"], type=QuietHours) if row["quiet_hours"] else None,
    )
