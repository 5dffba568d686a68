"""What happened to contacts before events named them is found too, once the data is migrated."""

from server.store import events
from server.store.database import Database, Transaction
from server.store.migrate import known

CONTACT = "c" * 26


async def test_an_event_of_before_names_its_contact(db: Database) -> None:
    [past] = [migration for migration in known(db.engine) if migration.name.startswith("past_activity")]

    async def write(tx: Transaction) -> list[str]:
        await tx.run("insert into accounts (id, name, opt_out_text, position, created_at) values ('a', 'Acme', 'STOP', 0, 0)")
        for position, type, body in (
            (1, "contact.created", f'{{"type":"contact.created","data":{{"contact":{{"id":"{CONTACT}"}}}}}}'),
            (2, "settings.changed", '{"type":"settings.changed","data":{"settings":{}}}'),
        ):
            await tx.run(
                """insert into events (account, position, type, at, reach, pool, audience, body)
                   values ('a', :position, :type, 0, 'account', 0, '[]', :body)""",
                position=position,
                type=type,
                body=body,
            )
        assert await events.of_contact(tx, CONTACT, 10) == []
        await tx.run(past.sql.strip().removesuffix(";"))
        return await events.of_contact(tx, CONTACT, 10)

    [found] = await db.write(write)
    assert "contact.created" in found
