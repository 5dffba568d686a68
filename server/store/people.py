"""Users of an account, found by id or by the address that they sign in with."""

from dataclasses import dataclass, field

from server.domain.user import Role, User
from server.store.accounts import Account
from server.store.database import Row, Transaction, stored_text


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the directory keeps it. `password` is an argon2 hash; `disabled_at` in µs UTC or None."""

    user: User
    email: str
    password: str = field(repr=False)
    created_at: int
    disabled_at: int | None

    @property
    def works(self) -> bool:
        return self.disabled_at is None


async def add_account(tx: Transaction, account: Account) -> None:
    await tx.run(
        """insert into accounts (id, name, public_minutes, opt_out_text, default_did, position, created_at)
           values (:id, :name, :public_minutes, :opt_out_text, :default_did, 0, :now)""",
        id=account.id,
        name=account.name,
        public_minutes=account.public_minutes,
        opt_out_text=account.opt_out_text,
        default_did=account.default_did,
        now=tx.now,
    )


async def account_name(tx: Transaction, account: str) -> str:
    row = await tx.one("select name from accounts where id = :account", account=account)
    assert row is not None, "a user's account is there"
    name: str = row["name"]
    return name


async def add(tx: Transaction, person: Person) -> None:
    """Raises `Conflict` when somebody has this email."""
    await tx.run(
        """insert into users (id, account, email, name, role, password, created_at, disabled_at)
           values (:id, :account, :email, :name, :role, :password, :created_at, :disabled_at)""",
        account=person.user.account,
        created_at=person.created_at,
        **_changeable(person),
    )


async def save(tx: Transaction, person: Person) -> None:
    """Writes everything that can change. Raises `Conflict` when somebody else has this email."""
    await tx.run(
        """update users set email = :email, name = :name, role = :role, password = :password, disabled_at = :disabled_at
           where id = :id""",
        **_changeable(person),
    )


async def by_email(tx: Transaction, email: str) -> Person | None:
    """`email` as `folded` makes it."""
    row = await tx.one("select * from users where email = :email", email=email)
    return _person_of(row) if row else None


async def get(tx: Transaction, account: str, id: str) -> Person | None:
    row = await tx.one("select * from users where id = :id and account = :account", id=id, account=account)
    return _person_of(row) if row else None


async def lock(tx: Transaction, account: str, id: str) -> Person | None:
    """One user of the account, held to the end of the transaction.

    Whoever locks conversations too locks them before. An update that changes nothing: unlike `for update` it does not stop others from
    writing rows that refer to the user.
    """
    row = await tx.one("update users set name = name where id = :id and account = :account returning *", id=id, account=account)
    return _person_of(row) if row else None


async def page(tx: Transaction, account: str, after: str, limit: int) -> list[Person]:
    """The account's users by id, disabled ones too, those after the id `after`."""
    rows = await tx.all(
        "select * from users where account = :account and id > :after order by id limit :limit",
        account=account,
        after=after,
        limit=limit,
    )
    return [_person_of(row) for row in rows]


async def set_heir(tx: Transaction, id: str, heir: str | None) -> None:
    """Who owns a disabled user's conversations from now on, None for nobody."""
    await tx.run("update users set heir = :heir where id = :id", id=id, heir=heir)


async def heir(tx: Transaction, id: str) -> str | None:
    row = await tx.one("select heir from users where id = :id", id=id)
    found: str | None = row["heir"] if row else None
    return found


async def other_managers(tx: Transaction, account: str, id: str) -> int:
    """How many managers would be left without this user."""
    row = await tx.one(
        "select count(*) as left_over from users where account = :account and role = 'manager' and disabled_at is null and id <> :id",
        account=account,
        id=id,
    )
    assert row is not None
    count: int = row["left_over"]
    return count


def folded(email: str) -> str:
    """Two spellings of one address are one user."""
    return stored_text(email).strip().casefold()


def _changeable(person: Person) -> dict[str, object]:
    return {
        "id": person.user.id,
        "email": person.email,
        "name": person.user.name,
        "role": person.user.role.value,
        "password": person.password,
        "disabled_at": person.disabled_at,
    }


def _person_of(row: Row) -> Person:
    return Person(
        user=User(row["id"], row["account"], row["name"], Role(row["role"])),
        email=row["email"],
        password=row["password"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )
