"""The wheel: what it leaves out is missing on every machine but a developer's."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.house.tree import ROOT

FOR_DEVELOPERS = {"package.json", "package-lock.json", "tsconfig.json", ".gitignore", ".npmrc", "vendor.py", "vendor.lock.json"}


def tracked() -> list[str]:
    """With vendored files, which a browser needs as well."""
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "server", "channels", "web"]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_everything_that_runs_is_in_the_wheel(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    wanted = [path for path in tracked() if (ROOT / path).is_file() and Path(path).name not in FOR_DEVELOPERS]
    for path in [*wanted, "pyproject.toml"]:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)
    words = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(tmp_path), "."]
    built = subprocess.run(words, cwd=tree, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    assert [path for path in wanted if path not in packed] == []
    assert {path.split("/")[0] for path in packed if ".dist-info/" not in path} == {"server", "channels", "web"}
