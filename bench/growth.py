"""How pages of the product keep their time while the data grows.

    python -m bench.growth load    --engine sqlite --folder /var/tmp/growth [--sizes 10000,100000,1000000,3000000]
    python -m bench.growth measure --engine sqlite --folder /var/tmp/growth [--pages "counts|report"]
    python -m bench.growth due     --engine sqlite --folder /var/tmp/growth --sizes 3000000

`load` makes a database for each size and lets searches find its words. `measure` reads each page through the use case behind it, as a
client's request does, with other words and places each time, one after another; p50 and p99 in ms. `due` lets a hundred thousand
conversations fall due at once, with texts coming in and agents claiming meanwhile.
"""

import argparse
import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from bench.growth_due import due
from bench.growth_ground import cluster, index, load
from bench.growth_pages import measure

SIZES = "10000,100000,1000000,3000000"
TABLES = ("messages", "events", "contacts", "conversations", "participants", "inbox", "receipts", "waits")


async def loaded(folder: Path, engine: str, sizes: list[int]) -> None:
    await load(folder, engine, sizes)
    for size in sizes:
        await index(folder, engine, size)


async def measured(only: str, folder: Path, engine: str, sizes: list[int]) -> None:
    found = {size: await measure(folder, engine, size, only) for size in sizes}
    rows = {size: json.loads((folder / f"{engine}-{size}.json").read_text())["rows"] for size in sizes}
    print(f"\n{engine} | {' | '.join(f'{size:,}' for size in sizes)}")
    print("---" + "|--:" * len(sizes))
    for table in TABLES:
        print(f"{table} | {' | '.join(f'{rows[size][table]:,}' for size in sizes)}")
    print(f"\n{engine}, p50 / p99, processor, ms | {' | '.join(f'{size:,}' for size in sizes)}")
    print("---" + "|--:" * len(sizes))
    for page in found[sizes[0]]:
        print(f"{page} | {' | '.join('{:.1f} / {:.1f}, {:.1f}'.format(*found[size][page]) for size in sizes)}")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("what", choices=["load", "measure", "due"])
    words.add_argument("--engine", choices=["sqlite", "postgresql"], required=True)
    words.add_argument("--folder", type=Path, required=True)
    words.add_argument("--sizes", default=SIZES)
    words.add_argument("--pages", default="", help="a regular expression: which pages to measure")
    asked = words.parse_args()
    folder: Path = asked.folder / asked.engine
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [int(size) for size in asked.sizes.split(",")]
    ways: dict[str, Callable[[Path, str, list[int]], Coroutine[Any, Any, None]]] = {
        "load": loaded,
        "measure": partial(measured, asked.pages),
        "due": due,
    }
    with cluster(folder) if asked.engine == "postgresql" else contextlib.nullcontext():
        asyncio.run(ways[asked.what](folder, asked.engine, sizes))


if __name__ == "__main__":
    main()
