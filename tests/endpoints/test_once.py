"""An `Idempotency-Key` with what removes something: the repeat answers as the first did."""

import pytest

from tests.fixtures.integrator import MARIA, Integrator

CONDITIONS = [{"field": "ready", "op": "is", "value": True}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/contacts", {"name": "Maria", "phones": [{"number": MARIA}]}),
        ("/live-filters", {"name": "Ready", "conditions": CONDITIONS}),
        ("/tokens", {"name": "dialer"}),
        ("/carriers", {"kind": "sandbox", "name": "Second", "credentials": {}}),
        ("/dids", {"number": "+12025550177", "capabilities": ["sms"]}),
        ("/saved-replies", {"shortcut": "hi", "body": "Hello"}),
        ("/users", {"email": "eva@example.com", "name": "Eva", "role": "agent", "password": "correct horse battery"}),
    ],
)
async def test_what_was_removed_is_removed_for_whoever_asks_again_with_the_key(
    integrator: Integrator, path: str, body: dict[str, object]
) -> None:
    mia = integrator.mia
    more = {"/tokens": {"user": integrator.ana.id}, "/dids": {"carrier": integrator.carrier}}.get(path, {})
    made = await mia.post(path, {**body, **more})
    assert made.status_code == 201, made.text
    at = f"{path}/{made.json()['id']}"
    statuses = [(await mia.delete(at, idempotency_key="k")).status_code for _ in range(2)]
    assert statuses == [204, 204]
    other = await mia.delete(f"{path}/{'0' * 26}", idempotency_key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
