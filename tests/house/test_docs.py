"""What an operator can set or call is written down where an operator looks."""

import re
from pathlib import Path

import pytest

from server.cli import main
from server.endpoints.openapi import OPERATIONS
from server.settings import PREFIX, Settings
from tests.house.tree import ROOT, files, name, text

SETTINGS = [PREFIX + field.upper() for field in Settings.model_fields]


def verbs() -> list[str]:
    return re.findall(r"^([a-z]+):.*##", text(ROOT / "Makefile"), re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", ".env.example"])
def test_every_setting_is_documented(page: str) -> None:
    said = set(re.findall(r"PARTYLINE_[A-Z_]+", text(ROOT / page)))
    said |= {word.replace("<KIND>", kind) for word in re.findall(r"PARTYLINE_CARRIER_<KIND>_URL", text(ROOT / page)) for kind in kinds()}
    assert [setting for setting in SETTINGS if setting not in said] == []


@pytest.mark.parametrize("page", ["README.md", ".env.example"])
def test_no_setting_is_documented_that_does_not_exist(page: str) -> None:
    said = re.findall(r"PARTYLINE_[A-Z_]+[A-Z]", text(ROOT / page).replace("PARTYLINE_CARRIER_<KIND>_URL", ""))
    assert [setting for setting in said if setting not in SETTINGS] == []


def kinds() -> list[str]:
    return [setting.removeprefix("PARTYLINE_CARRIER_").removesuffix("_URL") for setting in SETTINGS if "_CARRIER_" in setting]


def test_every_setting_has_a_description() -> None:
    assert [field for field, info in Settings.model_fields.items() if not info.description] == []


def test_every_command_and_every_verb_is_in_the_readme() -> None:
    readme = text(ROOT / "README.md")
    assert [command for command in main.commands if f"partyline {command}" not in readme] == []
    assert [verb for verb in verbs() if verb in ("run", "setup", "test", "check") and f"make {verb}" not in readme] == []


def test_the_procfile_runs_every_role() -> None:
    roles = dict(line.split(": ", 1) for line in text(ROOT / "Procfile").splitlines())
    assert {role: command.split()[-1] for role, command in roles.items()} == {"web": "web", "timer": "timer", "sender": "sender"}


def test_everything_that_doctor_looks_at_is_in_its_document_and_nothing_else() -> None:
    source = "".join(text(path) for path in (ROOT / "server/operate").glob("look_*.py"))
    looked = set(re.findall(r"""\b(?:ok|warning|failed)\)?\(\s*f?"(queue|[a-z ]+)[ "]""", source, re.IGNORECASE))
    cells = re.findall(r"^\| ([^|]+) \| ", text(ROOT / "docs/operate/doctor.md"), re.MULTILINE)
    said = {check.removesuffix(" …") for cell in cells for check in cell.split(", ") if check not in ("check", "---")}
    assert said == looked


def test_every_call_and_no_other_is_in_the_reference() -> None:
    described = {call.replace(" /api/v1/", " /") for call in OPERATIONS}
    written = re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", text(ROOT / "docs/reference/api.md"), re.MULTILINE)
    assert sorted(written) == sorted(described)


def test_every_link_and_picture_of_a_document_is_there() -> None:
    def lost(page: Path) -> list[str]:
        links = re.findall(r"\]\(([^)#\s]+)|<img src=\"([^\"]+)\"", text(page))
        return [link for found in links if (link := "".join(found)) and ":" not in link and not (page.parent / link).exists()]

    assert {name(page): lost(page) for page in files(".md") if lost(page)} == {}


def test_every_picture_is_shown_somewhere_and_taken_by_a_script() -> None:
    pages = "".join(text(page) for page in files(".md"))
    scripts = "".join(text(script) for script in (ROOT / "docs/pictures").glob("*.py"))
    pictures = [path for path in files(".png") if path.parent == ROOT / "docs/pictures"]
    assert len(pictures) > 2
    assert [name(path) for path in pictures if f"/{path.name}" not in pages or f'"{path.stem}"' not in scripts] == []
