import re

import pytest
from jinja2 import UndefinedError

from web.render import Renderer

USER = {"id": "u1", "name": "Ana Ruiz", "role": "agent"}
ACCOUNT = {"id": "a1", "name": "Demo"}
PLACE = {"title": "SMS", "current": "sms", "skip": "Skip to conversations"}
EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

renderer = Renderer()


def page(**more: object) -> str:
    context: dict[str, object] = {
        "user": USER,
        "csrf": "token",
        "account": ACCOUNT,
        "sandbox": True,
        "boot": {"user": USER},
        "place": PLACE,
    }
    return renderer.page("live.html", **{**context, **more})


def test_a_page_that_lacks_a_name_is_not_rendered() -> None:
    with pytest.raises(UndefinedError):
        renderer.page("live.html", user=USER)


def test_hidden_inputs_are_written_type_name_value() -> None:
    html = renderer.page("login.html", csrf="t0ken", error=None, email="", next="/sms/c1")
    assert re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', html) == [("csrf", "t0ken"), ("next", "/sms/c1")]
    assert 'name="email"' in html
    assert 'name="password"' in html


def test_a_failed_sign_in_says_so_and_keeps_the_address() -> None:
    html = renderer.page("login.html", csrf="t", error="Email or password is wrong.", email="ana@example.com", next="/sms")
    assert re.search(r'role="alert"[^>]*>.*Email or password is wrong\.</p>', html)
    assert 'value="ana@example.com"' in html


def test_what_people_are_called_is_text_wherever_it_stands() -> None:
    html = page(user={**USER, "name": EVIL}, boot={"user": {**USER, "name": EVIL}})
    assert "<img" not in html
    assert "<script>alert" not in html


def test_a_page_carries_the_token_and_what_the_modules_start_from() -> None:
    html = page()
    assert '<meta name="csrf-token" content="token">' in html
    assert '<script type="application/json" id="boot">{"user": {"id": "u1", "name": "Ana Ruiz", "role": "agent"}}</script>' in html


def test_every_page_has_one_language_one_skip_link_and_names_no_other_origin() -> None:
    pages = [
        page(),
        page(user={**USER, "role": "manager"}),
        renderer.page("sandbox.html", user=USER, csrf="t", account=ACCOUNT, sandbox=True, boot={}),
        renderer.page("error.html", user=USER, csrf="t", sandbox=False, status=404, title="Not here", detail="It is gone.", ref=None),
    ]
    for html in pages:
        assert html.startswith('<!doctype html>\n<html lang="en"')
        assert html.count('class="skip"') == 1
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', html)


def test_a_page_fetches_at_once_what_it_will_load_on_demand() -> None:
    assert "js/joined/parts-talk.js" in page(boot={"user": USER, "conversation": "c1"})
    assert "js/joined/parts-talk.js" not in page()
    for title, script in (
        ("Pool", "parts-pool"),
        ("Live", "pages-feed"),
        ("Settings", "pages-settings"),
        ("Response times", "pages-times"),
    ):
        assert f'modulepreload" href="/static/{renderer.assets.version}/js/joined/{script}.js"' in page(place={**PLACE, "title": title})


def test_the_sandbox_link_is_there_only_with_the_sandbox() -> None:
    assert 'href="/sandbox"' in page()
    assert 'href="/sandbox"' not in page(sandbox=False)


def test_an_error_page_shows_its_reference_and_one_way_on() -> None:
    given: dict[str, object] = {"csrf": "", "sandbox": False, "status": 500, "title": "Oh", "detail": "It broke.", "ref": "r-1"}
    signed_out = renderer.page("error.html", user=None, **given)
    assert "<code>r-1</code>" in signed_out
    assert 'href="/login"' in signed_out
    assert 'href="/sms"' in renderer.page("error.html", user=USER, **given)
