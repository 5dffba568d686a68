"""An `Idempotency-Key` with what removes something: the repeat answers as the first did; and what is kept of a request."""

import hashlib

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


async def test_what_is_kept_of_a_request_is_no_hash_by_which_its_password_could_be_guessed(integrator: Integrator) -> None:
    path = f"/api/v1/users/{integrator.ben.id}/password"
    headers = {"content-type": "application/json", "idempotency-key": "k"}
    body = b'{"password":"correct horse staple"}'
    statuses = [(await integrator.mia.client.post(path, content=body, headers=headers)).status_code for _ in range(2)]
    assert statuses == [204, 204]
    [row] = await integrator.served.desk.read(lambda tx: tx.all("select fingerprint from idempotency"))
    assert row["fingerprint"] != hashlib.sha256(f"POST {path}\n".encode() + body).hexdigest()
    other = await integrator.mia.client.post(path, content=b'{"password":"battery horse staple"}', headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
