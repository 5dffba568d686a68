"""What data needs that has gone back to an earlier moment, by a backup or because commits are gone: every tab begins anew, and no text
leaves twice."""

import secrets

NEW_EPOCH = "update {schema}epoch set value = '{epoch}'"
DOUBTED = """update {schema}messages set state = 'sending', next_at = null, asked_at = null, lease_until = 1,
        handed_at = coalesce(send_at, created_at)
    where direction = 'outbound' and lease_until is null and ((state in ('queued', 'sending') and next_at <= {now})
        or (state = 'scheduled' and send_at <= {now}))"""
"""What was to leave at that moment has most likely left since: it is as if a sender had died with it in its hands, so that it becomes
`unconfirmed` and is not sent a second time."""


def statements(now: int, schema: str = "") -> list[str]:
    """`now` in µs UTC; `schema` with its dot, where a name alone is not enough, as it is for triggers."""
    looked_in = [f"set search_path = {schema.removesuffix('.')}"] if schema else []
    return [*looked_in, NEW_EPOCH.format(schema=schema, epoch=secrets.token_hex(8)), DOUBTED.format(schema=schema, now=now)]
