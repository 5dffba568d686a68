"""What a disabled user owned is given up, whoever acts at the same time (PRODUCT rule 16)."""

import pytest

from server.desk import claim, directory
from server.desk.desk import Desk
from server.desk.directory import UserChange, change_user
from server.desk.passwords import Passwords
from server.desk.sweep import sweep
from server.desk.tokens import NewToken, add_token
from server.desk.work import Work
from server.domain.errors import NotFound
from server.domain.user import User
from server.store import accounts
from tests.fixtures.meanwhile import meanwhile
from tests.fixtures.office import MARIA, SALES, WEI, Office

on_postgres = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


async def owners(office: Office) -> list[str | None]:
    return [row["owner"] for row in await office.all("select owner from conversations order by phone")]


async def test_what_a_disabled_user_owned_is_public_and_has_no_owner(office: Office, passwords: Passwords) -> None:
    await office.text("Hi", to=SALES)
    await office.text("Hi", sender=WEI)
    await claim.claim(office.desk, office.ana, await office.conversation(WEI))
    before = len(office.events)
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True))
    assert await owners(office) == [None, office.ana.id]
    assert office.types(before) == ["conversation.public", "user.updated"]
    told = office.events[before]
    assert (told["data"]["reason"], told["data"]["conversation"]["owner"], told["actor"]["id"]) == ("user_disabled", None, office.mia.id)


async def test_disabling_gives_up_a_few_conversations_and_the_timer_the_rest(
    office: Office, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory, "MOST_AT_ONCE", 1)
    for phone in (MARIA, WEI):
        await office.text("Hi", sender=phone, to=SALES)
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True))
    assert sorted(await owners(office), key=str) == sorted([None, office.ben.id], key=str)
    assert office.woken[-1] == "timer"
    await sweep(office.desk)
    assert await owners(office) == [None, None]


@on_postgres
async def test_whom_another_process_hands_work_while_he_is_disabled_owns_nothing_in_the_end(
    office: Office, second_desk: Desk, passwords: Passwords
) -> None:
    await office.text("Hi")
    id = await office.conversation()

    async def hand_over(work: Work) -> None:
        await work.load([id])
        assert await accounts.working_user(work.tx, office.account, office.ben.id) is not None
        await work.tx.run("update conversations set owner = :owner where id = :id", owner=office.ben.id, id=id)

    async def disable() -> object:
        return await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True))

    await meanwhile(second_desk, hand_over, disable)
    await sweep(office.desk)
    assert await owners(office) == [None]


@on_postgres
async def test_a_token_is_not_made_for_whom_another_process_disables(office: Office, second_desk: Desk) -> None:
    async def disable(work: Work) -> None:
        await work.tx.run("update users set disabled_at = 1 where id = :id", id=office.ben.id)

    outcome = await meanwhile(second_desk, disable, lambda: add_token(office.desk, office.mia, NewToken("dialer", office.ben.id)))
    assert isinstance(outcome, NotFound)
    assert await office.all("select id from tokens") == []


async def test_another_accounts_user_keeps_what_that_user_owns(office: Office, passwords: Passwords) -> None:
    _, boss, _ = await directory.create_account(office.desk.db, "Other", "boss@other.example", "correct horse")
    await office.text("Hi", to=SALES)
    stranger = await user(office, boss)
    with pytest.raises(NotFound):
        await change_user(office.desk, passwords, stranger, office.ben.id, UserChange(disabled=True))
    assert await owners(office) == [office.ben.id]


async def user(office: Office, id: str) -> User:
    return (await office.desk.read(lambda tx: accounts.users(tx, [id])))[id]
