"""The files of this repository, as git knows them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files(*suffixes: str) -> list[Path]:
    """Tracked files and those about to be, without what others wrote (vendored code, data); all of them without suffixes."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [ROOT / name for name in names if "/vendor/" not in name]
    return sorted(path for path in found if path.is_file() and (not suffixes or path.suffix in suffixes))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(path: Path) -> str:
    """Nothing for a picture or another file that is no text."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""
