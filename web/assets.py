"""Static files under one versioned path, the import map and the content security policy.

Every file of `static/` is read once. The version is a fingerprint of all of them, so `/static/<version>/js/store.js`
never changes and relative imports between modules stay inside one version. A page's URLs come from `url()`.
The style sheets are one file for the browser, joined here in the order of SHEETS; so are the modules of each of PAGES (`web/joining.py`).
"""

import base64
import gzip
import hashlib
import json
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from web.joining import join, joined_name

ROOM: Final = Path(__file__).parent
IMMUTABLE: Final = "public, max-age=31536000, immutable"
SHEET: Final = "css/partyline.css"
SHEETS: Final = (
    "tokens base bar controls field switch filters table badge settings status numbers carriers webhooks feed report times menu desk page "
    "list thread pictures composer choose attachments contact contacts contact_form import pool toast notices tour handset door"
)
PAGES: Final = ("js/dashboard.js", "js/handset.js")
_TYPES: Final = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".map": "application/json",
    ".wav": "audio/wav",
}
_PACKED: Final = frozenset({".mjs", ".js", ".css", ".svg", ".json", ".map"})
# What a vendored module imports by itself.
_INNER: Final = re.compile(rb'\bfrom"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: its bytes and how to serve them."""

    body: bytes
    packed: bytes | None
    content_type: str
    current: bool

    def answer(self, accept_encoding: str) -> tuple[bytes, dict[str, str]]:
        """Body and headers for a request with this `Accept-Encoding` (empty when absent)."""
        headers = {
            "content-type": self.content_type,
            "cache-control": IMMUTABLE if self.current else "no-cache",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        if self.packed is None or "gzip" not in accept_encoding:
            return self.body, headers
        return self.packed, {**headers, "content-encoding": "gzip"}


class Assets:
    """The files of `static/`, read when made."""

    def __init__(self, room: Path = ROOM) -> None:
        static = room / "static"
        self._files: dict[str, Asset] = {}
        print_of_all = hashlib.sha256()
        for path in sorted(static.rglob("*")):
            if not path.is_file():
                continue
            name = path.relative_to(static).as_posix()
            body = path.read_bytes()
            print_of_all.update(f"{name}\0{hashlib.sha256(body).hexdigest()}\0".encode())
            self._files[name] = _asset(path.suffix, body)
        sheets = [static / "css" / f"{name}.css" for name in SHEETS.split()]
        self._files[SHEET] = _asset(".css", b"\n".join(path.read_bytes() for path in sheets))
        self.version: Final = print_of_all.hexdigest()[:12]
        vendored: list[dict[str, str]] = json.loads((room / "vendor.lock.json").read_text())["files"]
        self._vendored: Final = {row["specifier"]: row["path"] for row in vendored if row.get("specifier")}
        self._packages: dict[str, tuple[str, ...]] = {}
        for page in PAGES:
            for script in join(page, lambda name: self._files[name].body.decode()):
                self._files[script.name] = _asset(".js", script.body.encode())
                self._files[f"{script.name}.map"] = _asset(".map", script.map.encode())
                self._packages[script.name] = script.packages

    def url(self, name: str) -> str:
        """The versioned URL of a file of `static/`; KeyError when there is none."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    def find(self, path: str) -> Asset | None:
        """What `GET /static/{path}` answers: `<version>/<name>`; None is 404.

        Another version's URL (a tab opened before an upgrade) gets today's file, which must then not be kept.
        """
        version, _, name = path.partition("/")
        asset = self._files.get(name)
        if asset is None or version == self.version:
            return asset
        return Asset(asset.body, asset.packed, asset.content_type, current=False)

    def importmap(self) -> str:
        """The import map: bare specifiers of the vendored packages to their URLs."""
        imports = {name: self.url(path) for name, path in sorted(self._vendored.items())}
        return json.dumps({"imports": imports}, separators=(",", ":"))

    def script(self, page: str) -> str:
        """The URL of the one script of a page, one of PAGES."""
        return self.url(joined_name(page))

    def preloads(self, page: str, *demanded: str) -> list[str]:
        """URLs for `modulepreload`: the page's script, those that it will demand at once, and their packages, directly or not."""
        scripts = [joined_name(script) for script in (page, *demanded)]
        found: dict[str, None] = dict.fromkeys(scripts)
        waiting = [package for script in scripts for package in self._packages[script]]
        while waiting:
            name = self._vendored[waiting.pop(0)]
            if name not in found:
                found[name] = None
                # A comment may say `from "x"` as well; what is no package of ours is none.
                inner = [specifier.decode("utf-8", "replace") for specifier in _INNER.findall(self._files[name].body)]
                waiting += [specifier for specifier in inner if specifier in self._vendored]
        return [self.url(name) for name in found]

    def policy(self) -> str:
        """The Content-Security-Policy of every page; the import map is allowed by its hash."""
        digest = base64.b64encode(hashlib.sha256(self.importmap().encode()).digest()).decode()
        return (
            f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' data: blob:; "
            "media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
            "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )


@cache
def assets_of_the_product() -> Assets:
    """Read and joined once in a process."""
    return Assets()


def page_headers(assets: Assets) -> Mapping[str, str]:
    """Headers of every HTML page."""
    return {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": assets.policy(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }


def _asset(suffix: str, body: bytes) -> Asset:
    kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    if kind.startswith("text/") or suffix in _PACKED:
        kind += "; charset=utf-8"
    packed = gzip.compress(body, 9, mtime=0) if suffix in _PACKED else None
    return Asset(body, packed, kind, current=True)
