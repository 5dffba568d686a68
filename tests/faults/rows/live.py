"""What happens between a commit and the tabs while nothing is broken, and while Redis or a web process is."""

from tests.faults.load_run import under_load
from tests.faults.row import Result, Row
from tests.faults.stage import Stage


async def nothing(stage: Stage) -> Result:
    async with under_load(stage) as run:
        result = await run.end()
    result.clean()
    assert result.verdict is not None
    result.most("p99_s", result.verdict.share(0.99), 0.5 if stage.size.short else 0.1)
    return result


ROWS = [Row("1", "none (baseline)", nothing, engines=("sqlite", "postgresql"))]
