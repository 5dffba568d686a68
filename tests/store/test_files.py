"""A file is whole or not there, and only its id says where."""

import os
from pathlib import Path

from server.ids import new_id
from server.store.files import Files


async def test_a_file_is_kept_with_its_thumbnail_and_goes_with_it(tmp_path: Path) -> None:
    files, id = Files(f"file://{tmp_path}/my%20media"), new_id(0)
    await files.write(id, b"whole", b"small")
    assert files.path(id).read_bytes() == b"whole"
    assert files.path(id, thumbnail=True).read_bytes() == b"small"
    assert files.path(id).is_relative_to(tmp_path / "my media")
    assert {path.name for path in files.path(id).parent.iterdir()} == {id, f"{id}.thumbnail"}, "no draft is left"
    await files.remove(id)
    assert list(files.path(id).parent.iterdir()) == []
    await files.remove(id)


async def test_nobody_else_on_the_machine_may_look(tmp_path: Path) -> None:
    files, id = Files(f"file://{tmp_path}/media"), new_id(0)
    await files.write(id, b"whole", None)
    assert os.stat(files.path(id)).st_mode & 0o077 == 0
    assert os.stat(tmp_path / "media").st_mode & 0o077 == 0


async def test_half_a_file_that_a_crash_left_is_removed_too(tmp_path: Path) -> None:
    files, id = Files(f"file://{tmp_path}"), new_id(0)
    files.path(id).parent.mkdir()
    files.path(id).with_name(f"{id}.part").write_bytes(b"hal")
    await files.remove(id)
    assert list(files.path(id).parent.iterdir()) == []
