"""The import rule, and that each of its contracts fails when it is broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
BREACHES = [
    ("layers", "server/settings.py", "import server.store.database"),
    ("layers", "server/domain/phone.py", "import server.store.accounts"),
    ("layers", "server/store/accounts.py", "import server.desk.writer"),
    ("layers", "server/store/accounts.py", "import server.carriers.carrier"),
    ("layers", "server/carriers/carrier.py", "import server.store.database"),
    ("layers", "server/desk/writer.py", "import server.parts"),
    ("layers", "server/endpoints/errors.py", "import server.live.endpoint"),
    ("layers", "server/endpoints/errors.py", "import server.parts"),
    ("layers", "server/live/endpoint.py", "import server.endpoints.guard"),
    ("layers", "server/parts.py", "import server.app"),
    ("layers", "server/timer.py", "import server.sender"),
    ("layers", "server/app.py", "import server.cli"),
    ("layers", "server/newcomer.py", "import server.settings"),
    ("channels", "channels/names.py", "import server.domain.events"),
    ("channels", "channels/names.py", "import web.render"),
    ("web", "web/render.py", "import server.domain.events"),
    ("web", "web/render.py", "import channels.names"),
    ("domain", "server/domain/clocks.py", "import server.clock"),
    ("domain", "server/domain/clocks.py", "import channels.names"),
    ("store-and-carriers", "server/store/accounts.py", "import channels.names"),
    ("store-and-carriers", "server/carriers/sandbox.py", "import web.render"),
    ("desk", "server/desk/writer.py", "import server.carriers.twilio"),
    ("desk", "server/desk/writer.py", "import web.render"),
    ("use-cases", "server/desk/claim.py", "import server.desk.send"),
    ("use-cases", "server/desk/send.py", "import server.desk.claim"),
    ("endpoints", "server/endpoints/errors.py", "import server.store.accounts"),
    ("endpoints", "server/endpoints/errors.py", "import server.carriers.twilio"),
    ("endpoints", "server/endpoints/errors.py", "import channels.bus"),
    ("live", "server/live/endpoint.py", "import server.store.accounts"),
    ("live", "server/live/endpoint.py", "import web.render"),
]


def lint(tree: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    words = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *(["--contract", contract] if contract else [])]
    return subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("server", "channels", "web"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("node_modules", "static", "templates", "__pycache__"))
    return tmp_path


def test_the_imports_keep_every_contract(tree: Path) -> None:
    answer = lint(tree)
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(("contract", "module", "line"), BREACHES)
def test_a_breach_of_the_contract_is_seen(contract: str, module: str, line: str, tree: Path) -> None:
    with (tree / module).open("a") as file:
        file.write(f"\n{line}  # the breach\n")
    answer = lint(tree, contract)
    assert answer.returncode == 1, answer.stdout
    assert f"{CONTRACTS[contract]} BROKEN" in answer.stdout


def test_every_contract_has_a_breach_that_shows_it() -> None:
    assert set(CONTRACTS) == {contract for contract, _, _ in BREACHES}
