"""The modules of a page as one script, made when the process starts; the modules themselves stay what is written and served.

Each module becomes a function of its own, in the order in which they need each other; what a page loads on demand, by
`import("./x.js")`, becomes a script of its own that takes what it shares from the first one. This takes what our modules use and
no more: named exports, `import {…} from`, a default import of a package or of JSON, no cycles. Anything else raises `Unjoinable`.
Comments and indentation stay behind (a template's too: htm drops it anyway). A source map leads back to the modules.
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

JOINED: Final = "js/joined"
_COMMENT: Final = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)$", re.MULTILINE | re.DOTALL)
_TYPES: Final = re.compile(r"/\*\* @[^\n]*?\*/ ?")
_IMPORT: Final = re.compile(r'^import\s+(?:\{([^}]*)\}|(\w+))\s+from\s+"([^"]+)"(?:\s+with\s*\{[^}]*\})?;[ \t]*$', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export\s+(?:async\s+)?(?:function\*?|class|const)\s+(\w+)", re.MULTILINE)
_DEMAND: Final = re.compile(r'\bimport\("([^"]+)"\)')
_REFUSED: Final = re.compile(r"^(?:import|export)\b[^\n]*", re.MULTILINE)
_DIGITS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Unjoinable(Exception):
    """A module is written in a way that joining does not know; the words say where and what."""


@dataclass(frozen=True, slots=True)
class Script:
    """`packages` are the bare specifiers that it imports; `fault` says why it only throws."""

    name: str
    body: str
    map: str
    packages: tuple[str, ...]
    fault: str | None = None


@dataclass(slots=True)
class _Module:
    name: str
    lines: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    demands: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


def joined_name(entry: str) -> str:
    """Where the script of this module stands: `js/pages/feed.js` is `js/joined/pages-feed.js`."""
    return f"{JOINED}/{entry.removeprefix('js/').replace('/', '-')}"


def join(entry: str, read: Callable[[str], str]) -> Iterator[Script]:
    """The script of a page, then those that it loads on demand; one of these that cannot be joined throws when it is loaded.

    `read` gives a file of `static/` by its name and raises KeyError where there is none.
    """
    found: dict[str, _Module] = {}

    def module(name: str) -> _Module:
        if name not in found:
            try:
                found[name] = _parse(name, read(name))
            except KeyError:
                raise Unjoinable(f"there is no {name}") from None
        return found[name]

    order = _order(entry, module)
    shared = frozenset(order)
    yield _script(entry, [module(name) for name in order], None, shared)
    waiting, made = [name for each in order for name in module(each).demands], {*shared}
    while waiting:
        name = waiting.pop(0)
        if name in made:
            continue
        made.add(name)
        try:
            own = [module(each) for each in _order(name, module) if each not in shared]
        except Unjoinable as fault:
            yield Script(joined_name(name), f"throw new Error({json.dumps(str(fault))});\n", "{}", (), str(fault))
            continue
        waiting += [demand for each in own for demand in each.demands]
        yield _script(name, own, entry, shared)


def _parse(name: str, text: str) -> _Module:
    module = _Module(name)
    if name.endswith(".json"):
        module.lines, module.numbers, module.exports = [f"const value = {json.dumps(json.loads(text))};"], [0], ["default: value"]
        return module
    # What is cut out leaves its line ends, so that lines keep their numbers.
    text = _TYPES.sub("", _COMMENT.sub(lambda cut: "\n" * cut[0].count("\n"), text))

    def imported(cut: re.Match[str]) -> str:
        target = _resolve(name, cut[3])
        (module.needs if target.startswith("js/") or target.endswith(".json") else module.packages).append(target)
        names = ", ".join(each.strip().replace(" as ", ": ") for each in (cut[1] or f"default as {cut[2]}").split(",") if each.strip())
        return f"const {{ {names} }} = modules[{json.dumps(target)}];" + "\n" * cut[0].count("\n")

    def demanded(cut: re.Match[str]) -> str:
        target = _resolve(name, cut[1])
        module.demands.append(target)
        return f'demand("{target}")'

    text = _IMPORT.sub(imported, text)
    module.exports = _EXPORT.findall(text)
    text = _EXPORT.sub(lambda cut: cut[0].removeprefix("export").lstrip(), text)
    if refused := _REFUSED.search(text):
        raise Unjoinable(f"{name}: {refused[0]}")
    text = _DEMAND.sub(demanded, text).replace("import.meta.url", f'new URL("{posixpath.relpath(name, JOINED)}", import.meta.url).href')
    for number, line in enumerate(text.split("\n")):
        if line.strip():
            module.lines.append(line.strip())
            module.numbers.append(number)
    return module


def _resolve(name: str, specifier: str) -> str:
    if not specifier.startswith("."):
        return specifier
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier))


def _order(entry: str, module: Callable[[str], _Module]) -> list[str]:
    """The module and all that it imports, each after what it needs; raises `Unjoinable` for a cycle."""
    order: dict[str, None] = {}

    def visit(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            raise Unjoinable("modules that import each other: " + " -> ".join([*way[way.index(name) :], name]))
        if name not in order:
            for need in module(name).needs:
                visit(need, (*way, name))
            order[name] = None

    visit(entry, ())
    return list(order)


def _script(entry: str, own: list[_Module], base: str | None, shared: frozenset[str]) -> Script:
    name = joined_name(entry)
    packages = tuple(dict.fromkeys(package for module in own for package in module.packages))
    out: list[tuple[str, int, int]] = []

    def say(line: str, source: int = -1, number: int = 0) -> None:
        out.append((line, source, number))

    for at, package in enumerate(packages):
        say(f'import * as package{at} from "{package}";')
    if base is None:
        say("export const modules = {};")
    else:
        say(f'import {{ modules }} from "./{posixpath.basename(joined_name(base))}";')
    for at, package in enumerate(packages):
        say(f'modules["{package}"] = package{at};')
    for source, module in enumerate(own):
        say(f'modules["{module.name}"] ??= (function {re.sub(r"[^a-z0-9]", "_", module.name)}() {{')
        for line, number in zip(module.lines, module.numbers, strict=True):
            say(_demands(line, shared), source, number)
        say(f"return {{ {', '.join(module.exports)} }};")
        say("})();")
    if base is not None:
        say(f'export const {{ {", ".join(own[-1].exports)} }} = modules["{entry}"];')
    say(f"//# sourceMappingURL={posixpath.basename(name)}.map")
    body = "\n".join(line for line, _, _ in out) + "\n"
    sources = [posixpath.relpath(module.name, JOINED) for module in own]
    mappings = _mappings([(source, number) for _, source, number in out])
    source_map = {"version": 3, "sources": sources, "names": [], "mappings": mappings}
    return Script(name, body, json.dumps(source_map, separators=(",", ":")), packages)


def _demands(line: str, shared: frozenset[str]) -> str:
    """What is loaded on demand: another script, or at once what is in the page's script already."""

    def way(cut: re.Match[str]) -> str:
        if cut[1] in shared:
            return f'Promise.resolve(modules["{cut[1]}"])'
        return f'import("./{posixpath.basename(joined_name(cut[1]))}")'

    return re.sub(r'\bdemand\("([^"]+)"\)', way, line)


def _mappings(lines: list[tuple[int, int]]) -> str:
    """Base64 VLQ of a source map, whole lines: (source, its line) or source -1, from zero, for each line."""
    last_source = last_number = 0
    said = []
    for source, number in lines:
        if source < 0:
            said.append("")
            continue
        said.append("A" + _vlq(source - last_source) + _vlq(number - last_number) + "A")
        last_source, last_number = source, number
    return ";".join(said)


def _vlq(number: int) -> str:
    rest = -number * 2 + 1 if number < 0 else number * 2
    digits = ""
    while True:
        digit, rest = rest & 31, rest >> 5
        digits += _DIGITS[digit | (32 if rest else 0)]
        if not rest:
            return digits
