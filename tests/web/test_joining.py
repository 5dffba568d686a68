"""The modules of a page as one script: the same program, few requests, few bytes."""

import json
import subprocess
from pathlib import Path

import pytest

from web.assets import PAGES, ROOM, Assets
from web.joining import Script, Unjoinable, join

MOST_SCRIPTS = 12
MOST_BYTES = 60 * 1024

ROOM_OF_MODULES = {
    "js/start.js": """/** What it is: import("./nothing.js"), and `marks`. */
import {
  counted,
  next as following,
} from "./parts/counter.js";
import table from "../data/table.json" with { type: "json" };

// A line of words.
export const out = [];
export async function start() {
  /** @type {import("./parts/counter.js").Counter} */
  const before = /** @type {number} */ (counted.n);
  const { Page } = await import("./pages/late.js");
  const same = (await import("./parts/counter.js")).counted === counted;
  const words = `outer ${before === 0 ? `inner // kept` : ""}`;
  return { words, before, after: following(), page: Page(), same, table: table.name };
}
""",
    "js/parts/counter.js": """export const counted = { n: 0 };
export function next() {
  return (counted.n += 1);
}
export const place = import.meta.url;
""",
    "js/parts/shared.js": "export class Shared {}\n",
    "js/pages/late.js": """import { counted, place } from "../parts/counter.js";
import { Shared } from "../parts/shared.js";

export function Page() {
  return [counted.n, place.split("/").slice(-2).join("/"), new Shared().constructor.name];
}
""",
    "data/table.json": '{"name": "a table"}',
}


def joined(**changed: str) -> list[Script]:
    room = ROOM_OF_MODULES | {f"js/{name}.js": text for name, text in changed.items()}
    return list(join("js/start.js", room.__getitem__))


def test_the_joined_modules_do_what_the_modules_do(tmp_path: Path) -> None:
    for script in joined():
        path = tmp_path / script.name.replace(".js", ".mjs")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script.body.replace('.js");', '.mjs");').replace('.js";', '.mjs";'))
    run = "import(process.argv[1]).then(async ({modules}) => console.log(JSON.stringify(await modules['js/start.js'].start())))"
    said = subprocess.run(
        ["node", "-e", run, str(tmp_path / "js/joined/start.mjs")], capture_output=True, text=True, check=False, timeout=10
    )
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == {
        "words": "outer inner // kept",
        "before": 0,
        "after": 1,
        "page": [1, "parts/counter.js", "Shared"],
        "same": True,
        "table": "a table",
    }


def test_comments_do_not_travel_and_the_map_leads_back_to_the_line(tmp_path: Path) -> None:
    script = joined()[0]
    assert "What it is" not in script.body
    assert "A line of words" not in script.body
    assert "@type" not in script.body
    (tmp_path / "map.json").write_text(script.map)
    line = script.body.split("\n").index("return (counted.n += 1);")
    look = f"""const {{ SourceMap }} = require("node:module");
      const found = new SourceMap(JSON.parse(require("node:fs").readFileSync("{tmp_path / "map.json"}", "utf8"))).findEntry({line}, 2);
      console.log(found.originalSource, found.originalLine)"""
    said = subprocess.run(["node", "-e", look], capture_output=True, text=True, check=True, timeout=10)
    assert said.stdout.split() == ["../parts/counter.js", "2"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('import { next } from "./parts/counter.js";\nimport { out } from "./circle.js";\n', "js/start.js -> js/circle.js -> js/start.js"),
        ("export default 1;\n", "export default"),
        ("export let changing = 1;\n", "export let"),
        ('import * as all from "./parts/counter.js";\n', r"import \*"),
        ('import { a } from "./nowhere.js";\n', "there is no js/nowhere.js"),
    ],
)
def test_what_joining_does_not_know_is_refused_in_words(text: str, why: str) -> None:
    start = 'import { a } from "./circle.js";\n' + ROOM_OF_MODULES["js/start.js"]
    circle = text.replace("./circle.js", "./start.js")
    with pytest.raises(Unjoinable, match=why):
        joined(start=start, circle=circle)


def test_a_fault_in_what_is_loaded_on_demand_leaves_the_page_alone() -> None:
    page, late = joined(**{"pages/late": "export default 1;\n"})
    assert page.fault is None
    assert late.fault
    assert late.body.startswith("throw new Error(")


@pytest.mark.parametrize("page", PAGES)
def test_all_modules_of_our_pages_can_be_joined(page: str, tmp_path: Path) -> None:
    for script in join(page, lambda name: (ROOM / "static" / name).read_text()):
        assert script.fault is None
        path = tmp_path / Path(script.name).with_suffix(".mjs").name
        path.write_text(script.body)
        checked = subprocess.run(["node", "--check", path], capture_output=True, text=True, check=False, timeout=10)
        assert checked.returncode == 0, f"{script.name}: {checked.stderr}"


def test_the_scripts_of_the_inbox_are_few_and_small() -> None:
    """UX 101. What is not needed before the first look is loaded on demand: see `parts/on_demand.js`."""
    assets = Assets()
    scripts = assets.preloads("js/dashboard.js")
    assert len(scripts) <= MOST_SCRIPTS
    sizes = {}
    for url in scripts:
        asset = assets.find(url.removeprefix("/static/"))
        assert asset is not None
        sizes[url.rpartition("/")[2]] = len(asset.answer("gzip")[0])
    assert sum(sizes.values()) <= MOST_BYTES, sizes
