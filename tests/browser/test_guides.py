"""The pictures of the README and of the guides can be taken anew from the demo."""

import asyncio
import sys
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs/pictures"


async def test_every_picture_is_taken_anew_from_the_demo(tmp_path: Path) -> None:
    """`make pictures`, into a folder of its own; it finds its way by what the pages say."""
    process = await asyncio.create_subprocess_exec(sys.executable, PICTURES / "take.py", tmp_path, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in PICTURES.glob("*.png")}
