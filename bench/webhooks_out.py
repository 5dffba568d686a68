"""Events posted in a second to a receiver that takes its time: everything one after another, and contact by contact.

    python -m bench.webhooks_out [--engine postgresql] [--events 600] [--contacts 60] [--away 100]

Texts of so many contacts are in when the clock starts. The receiver, on loopback and without TLS, answers each post after `--away`
milliseconds. The rows say what went out until `--seconds` were over, or everything was there; what came is checked: each event once,
each contact's in order.
"""

import argparse
import asyncio
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from server import notifier
from server.carriers.carrier import InboundText
from server.clock import SystemClock
from server.desk.notify import hold
from server.desk.receive import receive_texts
from server.desk.webhooks import NewWebhook, add_webhook, change_webhook, remove_webhook
from server.desk.webhooks import WebhookChange as Change
from server.domain.webhook import Order
from server.public_http import open_public_client
from server.schema import migrated_database
from server.settings import Settings, prepare_var
from tests.fixtures.carrier_api import CarrierApi, answers
from tests.fixtures.carrier_media import another_host
from tests.fixtures.databases import PostgresCluster
from tests.fixtures.office import SUPPORT, Office, build_office


def misplaced(api: CarrierApi) -> int:
    """Events that came behind a later one of their contact, and those that came twice."""
    last: defaultdict[str, int] = defaultdict(int)
    wrong = 0
    for seen in api.seen:
        event = msgspec.json.decode(seen.body)["data"]
        data = event["data"]
        contact = (data.get("contact") or data["conversation"]["contact"])["id"]
        wrong += event["position"] <= last[contact]
        last[contact] = max(last[contact], event["position"])
    return wrong


async def posted(office: Office, api: CarrierApi, order: Order, asked: argparse.Namespace) -> str:
    """A webhook of its own with all that comes in from now on; a line of the table."""
    made = await add_webhook(office.desk, office.mia, NewWebhook(f"{api.url}/in", order=order))
    assert not isinstance(made, msgspec.Raw)
    await change_webhook(office.desk, office.mia, made.id, Change(enabled=False))
    before = len(office.events)
    for number in range(asked.events):
        phone = f"+1202555{number % asked.contacts:04}"
        text = InboundText(f"{order}-{number}", phone, SUPPORT, f"Text {number}")
        await receive_texts(office.desk, office.connection, [text], SystemClock().now())
    await change_webhook(office.desk, office.mia, made.id, Change(enabled=True))
    api.seen.clear()
    wanted, stop, began = len(office.events) - before, asyncio.Event(), time.perf_counter()
    asyncio.get_running_loop().call_later(asked.seconds, stop.set)
    async with open_public_client([urlsplit(api.url).netloc], one_name=True) as http:
        while not stop.is_set() and (found := await hold(office.desk, 1)):
            await notifier.serve(office.desk, SystemClock(), found[0], http, stop)
    took = time.perf_counter() - began
    assert not misplaced(api), "out of order, or twice"
    assert stop.is_set() or len(api.seen) == wanted, "lost"
    await remove_webhook(office.desk, office.mia, made.id)
    return f"{order:8} {len(api.seen):6} of {wanted:6} events in {took:5.1f} s: {len(api.seen) / took:6.0f} a second"


async def measure(url: str, settings: Settings, asked: argparse.Namespace) -> None:
    async with migrated_database(url) as (db, _), another_host() as api, asyncio.TaskGroup() as tasks:
        taken = answers(204, b"")

        async def answer(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(asked.away / 1000)
            await taken(writer)

        api.answer = answer
        settings = settings.model_copy(update={"inside_addresses": (urlsplit(api.url).netloc,)})
        office = await build_office(db, settings)
        office.desk = replace(office.desk, settings=settings)
        tasks.create_task(office.desk.writer.run())
        print(f"{asked.engine}, {asked.contacts} contacts, a receiver {asked.away} ms away")
        for order in Order:
            print(await posted(office, api, order, asked))
        office.desk.writer.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures outbound webhooks.")
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    for name, default in (("events", 600), ("contacts", 60), ("away", 100), ("seconds", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="partyline-bench-") as folder, ExitStack() as ends:
        settings = prepare_var(Settings(_env_file=None, var=Path(folder) / "var"))
        url = settings.database_url
        if asked.engine == "postgresql":
            cluster = PostgresCluster()
            ends.callback(cluster.stop)
            cluster.start()
            url = cluster.url(cluster.create())
        asyncio.run(measure(url, settings, asked))


if __name__ == "__main__":
    main()
