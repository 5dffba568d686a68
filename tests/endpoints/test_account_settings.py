"""The settings of the API: for managers, field by field, at once."""

from tests.fixtures.integrator import OWN, Integrator

WRONG: list[tuple[dict[str, object], str, str]] = [
    ({"sms_public_minutes": -1}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": 10_081}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": "5"}, "invalid", "sms_public_minutes"),
    ({"sms_public_minutes": 1.5}, "invalid", "sms_public_minutes"),
    ({"opt_out_text": ""}, "invalid", "opt_out_text"),
    ({"name": "x"}, "unknown_field", "name"),
    ({"account_id": "x"}, "unknown_field", "account_id"),
]


async def test_settings_are_for_managers(integrator: Integrator) -> None:
    for answer in (await integrator.ana.get("/settings"), await integrator.ana.patch("/settings", {"sms_public_minutes": 1})):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (await integrator.mia.get("/settings")).json()["sms_public_minutes"] == 20


async def test_a_new_deadline_moves_what_waits_at_once(integrator: Integrator) -> None:
    id = await integrator.text(to=OWN)
    before = (await integrator.ben.get(f"/conversations/{id}")).json()
    changed = await integrator.mia.patch("/settings", {"sms_public_minutes": 5})
    assert (changed.status_code, changed.json()["sms_public_minutes"]) == (200, 5)
    after = (await integrator.ben.get(f"/conversations/{id}")).json()
    assert after["clock_start"] == before["clock_start"]
    assert after["public_at"] < before["public_at"]
    assert (await integrator.mia.patch("/settings", {"sms_public_minutes": None})).json()["sms_public_minutes"] is None
    assert (await integrator.ben.get(f"/conversations/{id}")).json()["public_at"] is None
    did = integrator.support
    assert (await integrator.mia.patch("/settings", {"default_did": did})).json() == {
        "sms_public_minutes": None,
        "opt_out_text": "Reply STOP to unsubscribe.",
        "default_did": did,
    }


async def test_a_wrong_setting_is_named_and_changes_nothing(integrator: Integrator) -> None:
    before = (await integrator.mia.get("/settings")).json()
    for change, code, field in WRONG:
        answer = await integrator.mia.patch("/settings", {"opt_out_text": "Text STOP to end.", **change})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field), change
    assert (await integrator.mia.get("/settings")).json() == before


async def test_the_ends_of_the_range_are_in_it(integrator: Integrator) -> None:
    for minutes in (0, 10_080):
        assert (await integrator.mia.patch("/settings", {"sms_public_minutes": minutes})).json()["sms_public_minutes"] == minutes
