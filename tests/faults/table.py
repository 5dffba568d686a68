"""The one table of a run, in Markdown."""

from collections.abc import Sequence

from tests.faults.row import Result, Row

COLUMNS = (
    "row fault engine seed events deliveries lost doubled reordered leaked unequal"
    " p50_ms p95_ms p99_ms max_ms current_s took_s verdict figures"
).split()


def table(results: Sequence[tuple[Row, Result]]) -> str:
    heads = [name.replace("_", " ") for name in COLUMNS]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cells(row, result))} |" for row, result in results]
    broken = [f"- {row.number} {row.name} ({result.engine}): {what}" for row, result in results for what in result.broken]
    says = ["Broken:", "", *broken] if broken else ["Every promise was kept." if results else "Nothing was played."]
    return "\n".join([*lines, "", *says, ""])


def _cells(row: Row, result: Result) -> list[str]:
    cells = [row.number, row.name, result.engine, str(result.seed)]
    verdict = result.verdict
    if verdict is None:
        cells += [""] * 11
    else:
        counts = (verdict.events, verdict.deliveries, verdict.lost, verdict.doubled, verdict.reordered, verdict.leaked, verdict.unequal)
        cells += [str(count) for count in counts]
        cells += [f"{1000 * verdict.share(share):.0f}" for share in (0.5, 0.95, 0.99, 1.0)]
    cells.append("" if result.current is None else f"{result.current:.1f}")
    cells.append(f"{result.took:.0f}")
    cells.append("broken" if result.broken else "kept")
    cells.append(", ".join(f"{name} {value}" for name, value in result.figures.items()))
    return cells
