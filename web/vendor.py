"""Copies the npm files that browsers get into static/vendor, and the icons into one sprite; `--check` compares.

After `npm ci --ignore-scripts`: `python web/vendor.py`. In CI, without npm: `python web/vendor.py --check`.
"""

import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Final

ROOM: Final = Path(__file__).parent
LOCK: Final = ROOM / "vendor.lock.json"

KEPT: Final = {
    "preact": (("preact", "dist/preact.mjs"), ("preact/hooks", "hooks/dist/hooks.mjs"), (None, "LICENSE")),
    "htm": (("htm", "dist/htm.mjs"), (None, "LICENSE")),
    "@preact/signals-core": (("@preact/signals-core", "dist/signals-core.mjs"), (None, "LICENSE")),
    "@preact/signals": (("@preact/signals", "dist/signals.mjs"), (None, "LICENSE")),
    "uplot": (("uplot", "dist/uPlot.esm.js"), (None, "LICENSE")),
}
ICONS: Final = """
archive arrow-down arrow-down-left arrow-left arrow-right-left arrow-up arrow-up-down arrow-up-right ban bell bell-off
calendar-clock check check-check chevron-down chevron-left chevron-right circle-alert circle-check clock coffee columns-3
copy download ellipsis external-link eye file-text hand history inbox key-round keyboard list-filter log-out mail menu
message-square moon panel-right paperclip pause pencil play plus printer refresh-cw rotate-ccw search send settings
sliders-horizontal smartphone sticky-note tag trash-2 undo-2 upload user user-minus user-plus users volume-2 wifi wifi-off x
zoom-out
"""


def version_of(package: str) -> str:
    """The exact version that package.json names."""
    manifest = json.loads((ROOM / "package.json").read_text())
    return str({**manifest["dependencies"], **manifest["devDependencies"]}[package])


def folder_of(package: str) -> str:
    """Where a package's files go, below static/."""
    return f"vendor/{package.removeprefix('@').replace('/', '-')}@{version_of(package)}"


def sprite(icons: Path) -> str:
    """One SVG with a symbol for each icon, its strokes inherited from CSS."""
    symbols = []
    for name in ICONS.split():
        drawn = re.search(r"<svg[^>]*>(.*)</svg>", (icons / f"{name}.svg").read_text(), re.DOTALL)
        assert drawn is not None, name
        shapes = re.sub(r"\s*\n\s*", "", drawn[1])
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def copy() -> None:
    """Writes static/vendor, static/icons.svg and the lock."""
    modules = ROOM / "node_modules"
    rows: list[dict[str, str | None]] = []
    for package, files in KEPT.items():
        for specifier, source in files:
            target = f"{folder_of(package)}/{Path(source).name}"
            rows.append(_write(target, (modules / package / source).read_bytes(), specifier))
    lucide = modules / "lucide-static"
    rows.append(_write(f"{folder_of('lucide-static')}/LICENSE", (lucide / "LICENSE").read_bytes(), None))
    rows.append(_write("icons.svg", sprite(lucide / "icons").encode(), None))
    LOCK.write_text(json.dumps({"files": rows}, indent=1) + "\n")


def differences() -> list[str]:
    """What of static/vendor and icons.svg is not as the lock says."""
    rows = json.loads(LOCK.read_text())["files"]
    known = {row["path"]: row["sha256"] for row in rows}
    static = ROOM / "static"
    there = [*(path for path in (static / "vendor").rglob("*") if path.is_file()), static / "icons.svg"]
    found = {path.relative_to(static).as_posix(): _digest(path.read_bytes()) for path in there if path.exists()}
    return sorted(path for path in known.keys() | found.keys() if known.get(path) != found.get(path))


def _write(target: str, body: bytes, specifier: str | None) -> dict[str, str | None]:
    path = ROOM / "static" / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return {"path": target, "sha256": _digest(body), "specifier": specifier}


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def main(arguments: list[str]) -> int:
    """Exit code: 1 when `--check` finds a difference."""
    if arguments == ["--check"]:
        wrong = differences()
        for path in wrong:
            sys.stderr.write(f"differs from vendor.lock.json: {path}\n")
        return 1 if wrong else 0
    copy()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
