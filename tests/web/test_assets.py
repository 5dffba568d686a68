import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from server.domain.segments import BASIC, EXTENSION
from web.assets import IMMUTABLE, ROOM, Assets
from web.filters import initials
from web.render import Renderer
from web.vendor import differences

assets = Assets()


def test_the_same_files_have_the_same_address_and_a_changed_file_another(tmp_path: Path) -> None:
    room = tmp_path / "web"
    shutil.copytree(ROOM, room, ignore=shutil.ignore_patterns("node_modules"))
    assert Assets(room).version == assets.version
    (room / "static" / "js" / "words.js").write_text("export const changed = 1;\n")
    assert Assets(room).version != assets.version


def test_a_current_address_may_be_kept_for_ever_and_an_old_one_not() -> None:
    _, name = assets.url("js/store.js").split("/static/")[1].split("/", 1)
    now = assets.find(f"{assets.version}/{name}")
    old = assets.find(f"0123456789ab/{name}")
    assert now is not None
    assert old is not None
    assert now.answer("")[1]["cache-control"] == IMMUTABLE
    assert old.answer("")[1]["cache-control"] == "no-cache"


def test_no_address_leads_out_of_the_folder() -> None:
    for path in (
        "../assets.py",
        f"{assets.version}/../../assets.py",
        f"{assets.version}/",
        assets.version,
        f"{assets.version}//etc/passwd",
    ):
        assert assets.find(path) is None


def test_text_is_sent_packed_only_to_those_who_take_it() -> None:
    asset = assets.find(f"{assets.version}/js/store.js")
    assert asset is not None
    body, headers = asset.answer("br, gzip")
    plain, bare = asset.answer("")
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in bare
    assert len(body) < len(plain)
    assert bare["content-type"] == "text/javascript; charset=utf-8"


def test_the_import_map_names_every_bare_specifier_of_our_modules() -> None:
    named = set(json.loads(assets.importmap())["imports"])
    used = {
        found
        for path in (ROOM / "static" / "js").rglob("*.js")
        for found in re.findall(r'^import [^;]*?from "([^".][^"]*)"', path.read_text(), re.MULTILINE)
    }
    assert used
    assert used <= named


def test_the_policy_allows_the_import_map_by_its_hash_and_nothing_unsafe() -> None:
    html = Renderer(assets).page(
        "live.html",
        user={"id": "u", "name": "Ana", "role": "agent"},
        csrf="t",
        account={"id": "a", "name": "A"},
        sandbox=False,
        boot={},
        place={"title": "SMS", "current": "sms", "skip": "Skip"},
    )
    inline = re.findall(r'<script type="importmap">(.*?)</script>', html)
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in assets.policy()
    assert "unsafe" not in assets.policy()
    assert "require-trusted-types-for 'script'" in assets.policy()


def test_each_page_preloads_its_script_and_the_packages_in_it_and_no_more() -> None:
    handset = {url.rsplit("/", 1)[1] for url in assets.preloads("js/handset.js")}
    assert {"handset.js", "preact.mjs", "hooks.mjs", "htm.mjs"} <= handset
    assert not handset & {"dashboard.js", "uPlot.esm.js"}
    dashboard = {url.rsplit("/", 1)[1] for url in assets.preloads("js/dashboard.js")}
    assert {"dashboard.js", "signals-core.mjs"} <= dashboard
    assert {url.rsplit("/", 1)[1] for url in assets.preloads("js/dashboard.js", "js/parts/talk.js")} == dashboard | {"parts-talk.js"}


def test_vendored_files_are_as_the_lock_says(tmp_path: Path) -> None:
    assert differences() == []
    room = tmp_path / "web"
    shutil.copytree(ROOM, room, ignore=shutil.ignore_patterns("node_modules"))
    next((room / "static" / "vendor").glob("preact@*/preact.mjs")).write_text("changed")
    checked = subprocess.run([sys.executable, room / "vendor.py", "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "preact.mjs" in checked.stderr


def test_no_module_writes_markup_or_runs_text() -> None:
    refused = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|\beval\(|new Function|DOMParser")
    assert [path.name for path in (ROOM / "static" / "js").rglob("*.js") if refused.search(path.read_text())] == []


def test_the_store_and_the_socket_know_no_page() -> None:
    for name in ("store", "socket", "record", "lists", "loads", "watches", "acts", "api", "clock", "alerts", "order", "segments", "words"):
        text = (ROOM / "static" / "js" / f"{name}.js").read_text()
        assert not re.search(r"\b(document|window|location|sessionStorage|localStorage|navigator)\.", text), name
        assert not re.search(r'from "(?:preact|@preact|htm)', text), name


def test_browser_and_server_count_with_one_table() -> None:
    table = json.loads((ROOM / "static" / "data" / "gsm7.json").read_text())
    assert set(table["basic"]) == set(BASIC)
    assert set(table["extension"]) == set(EXTENSION)


def test_initials_are_at_most_two_letters() -> None:
    assert [initials(name) for name in ("Maria de la Garcia", "+1555", "åsa", "")] == ["MG", "#", "Å", "#"]


def test_a_class_is_shaped_by_one_sheet_of_its_layer() -> None:
    """Two sheets would shape each other's parts, by their order."""
    shaped: dict[tuple[str, str], set[str]] = {}
    for sheet in (ROOM / "static" / "css").glob("*.css"):
        for layer, rules in re.findall(r"^@layer (\w+) \{\n(.*?)^\}", sheet.read_text(), re.DOTALL | re.MULTILINE):
            for name in re.findall(r"^  (\.[a-z][\w-]*)(?: \{|, )", rules, re.MULTILINE):
                shaped.setdefault((layer, name), set()).add(sheet.name)
    assert {key: sheets for key, sheets in shaped.items() if len(sheets) > 1} == {}
