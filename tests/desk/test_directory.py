"""What a disabled user owned is given up, whoever acts at the same time (PRODUCT rule 16)."""

import pytest

from server.desk import claim, directory, settle, staffing
from server.desk.desk import Desk
from server.desk.passwords import Passwords
from server.desk.staffing import HandOver, UserChange, change_user
from server.desk.sweep import sweep
from server.desk.tokens import NewToken, add_token
from server.desk.work import Work
from server.domain.errors import Invalid, NotFound
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
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True, conversations="public"))
    assert await owners(office) == [None, office.ana.id]
    assert office.types(before) == ["conversation.public", "user.updated"]
    told = office.events[before]
    assert (told["data"]["reason"], told["data"]["conversation"]["owner"], told["actor"]["id"]) == ("user_disabled", None, office.mia.id)


async def test_disabling_gives_up_a_few_conversations_and_the_timer_the_rest(
    office: Office, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffing, "MOST_AT_ONCE", 1)
    for phone in (MARIA, WEI):
        await office.text("Hi", sender=phone, to=SALES)
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True, conversations="public"))
    assert sorted(await owners(office), key=str) == sorted([None, office.ben.id], key=str)
    assert office.woken[-1] == "timer"
    await sweep(office.desk)
    assert await owners(office) == [None, None]


async def test_what_a_user_owned_goes_to_whom_the_manager_names_and_the_timer_does_its_part(
    office: Office, passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staffing, "MOST_AT_ONCE", 2)
    for number in range(4):
        await office.text("Hi", sender=f"+1202555016{number}", to=SALES)
        office.later(seconds=1)
    await settle.close(office.desk, office.ben, await office.conversation("+12025550160"))
    await settle.snooze(office.desk, office.ben, await office.conversation("+12025550161"), 4_000_000_000_000_000)
    before = len(office.events)
    hand_over = UserChange(disabled=True, conversations=HandOver(office.dana.id))
    await change_user(office.desk, passwords, office.mia, office.ben.id, hand_over)
    assert sorted(await owners(office), key=str) == sorted([office.ben.id] * 2 + [office.dana.id] * 2)
    await sweep(office.desk)
    assert await owners(office) == [office.dana.id] * 4
    told = [event for event in office.events[before:] if event["type"] == "conversation.transferred"]
    assert {(event["data"]["reason"], event["data"]["user"]["name"]) for event in told} == {("user_disabled", "Dana")}
    assert all(office.ben.id not in {user["id"] for user in event["data"]["conversation"]["subscribers"]} for event in told)
    assert [row["snoozed_until"] is None for row in await office.all("select * from conversations order by phone")] == [
        True,
        False,
        True,
        True,
    ]
    waiting = "waiting_since is not null and snoozed_until is null"
    clocks = await office.all(f"select clock_start, waiting_since from conversations where {waiting}")
    assert len(clocks) == 2
    assert all(row["clock_start"] > row["waiting_since"] for row in clocks), "the clock starts anew"


async def test_who_is_disabled_too_inherits_nothing(office: Office, passwords: Passwords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staffing, "MOST_AT_ONCE", 0)
    await office.text("Hi", to=SALES)
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True, conversations=HandOver(office.dana.id)))
    await change_user(office.desk, passwords, office.mia, office.dana.id, UserChange(disabled=True))
    await sweep(office.desk)
    assert await owners(office) == [None]


async def test_the_choice_must_be_made_where_there_is_something_to_choose(office: Office, passwords: Passwords) -> None:
    await office.text("Hi", to=SALES)
    id = await office.conversation()
    for wrong, refusal in (
        (UserChange(disabled=True), Invalid),
        (UserChange(disabled=True, conversations=HandOver(office.ben.id)), NotFound),
        (UserChange(disabled=True, conversations=HandOver("0" * 26)), NotFound),
    ):
        with pytest.raises(refusal):
            await change_user(office.desk, passwords, office.mia, office.ben.id, wrong)
    assert await owners(office) == [office.ben.id]
    await settle.close(office.desk, office.ben, id)
    await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True))
    assert await owners(office) == [None]


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
        return await change_user(office.desk, passwords, office.mia, office.ben.id, UserChange(disabled=True, conversations="public"))

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
        await change_user(office.desk, passwords, stranger, office.ben.id, UserChange(disabled=True, conversations="public"))
    assert await owners(office) == [office.ben.id]


async def user(office: Office, id: str) -> User:
    return (await office.desk.read(lambda tx: accounts.users(tx, [id])))[id]
