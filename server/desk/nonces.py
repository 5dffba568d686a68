"""A word that a carrier uses once comes with one request and its repeats: whoever has seen it cannot say something else with it."""

from collections.abc import Sequence

from server.carriers.nonce import Nonce
from server.desk.desk import Desk
from server.desk.work import Work
from server.store import nonces
from server.store.nonces import NonceRow

KEPT_US = 400 * 86_400_000_000
"""Nothing in such a signature ends by itself, so a word that is forgotten could be used again. A carrier's repeats need minutes; what is
kept longer is against whoever saw it, until the account's token has been changed, which the guide asks for once a year."""
AT_ONCE = 500
SPENT = "a nonce that came with something else before"


async def spend(work: Work, claims: Sequence[tuple[str, Nonce | None]]) -> list[bool]:
    """Spends what each request came with over its connection (an id), in the transaction of what it says. False where the word had come
    with something else, and nothing but the word vouches for it."""
    rows: dict[nonces.Key, NonceRow] = {}
    for carrier, nonce in claims:
        if nonce is not None:
            rows.setdefault((carrier, nonce.value), NonceRow(carrier=carrier, nonce=nonce.value, digest=nonce.digest))
    if not rows:
        return [True] * len(claims)
    first = await nonces.spend(work.tx, rows)
    return [nonce is None or not nonce.alone or first[carrier, nonce.value] == nonce.digest for carrier, nonce in claims]


async def prune_nonces(desk: Desk) -> int:
    """Forgets at most AT_ONCE that came KEPT_US ago; returns how many. Where there is none it only looks."""
    if not await desk.read(lambda tx: nonces.any_older(tx, tx.now - KEPT_US)):
        return 0

    async def prune(work: Work) -> int:
        return await nonces.prune(work.tx, work.now - KEPT_US, AT_ONCE)

    return await desk.change(prune)
