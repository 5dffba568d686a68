"""A file is whole or not there, and only its id says where: in a folder and in a bucket alike."""

import os
from pathlib import Path

import httpx2
import pytest

from server.ids import new_id
from server.store.database import Unavailable
from server.store.files import Files, Stored, open_files
from tests.fixtures.buckets import BUCKET


async def content(stored: Stored | None) -> bytes:
    assert stored is not None
    whole = b"".join([chunk async for chunk in stored.chunks])
    assert len(whole) == stored.size
    return whole


class TestBoth:
    @pytest.fixture(params=["folder", "bucket"])
    def url(self, request: pytest.FixtureRequest, tmp_path: Path) -> str:
        if request.param == "folder":
            return f"file://{tmp_path}/my%20media"
        url: str = request.getfixturevalue("bucket_url")
        return url

    @pytest.fixture
    def files(self, url: str) -> Files:
        return open_files(url)

    async def test_a_file_is_kept_with_its_thumbnail_and_goes_with_it(self, files: Files) -> None:
        id, other = new_id(0), new_id(0)
        await files.write(id, b"whole", b"small")
        await files.write(other, b"another", None)
        assert await content(await files.read(id)) == b"whole"
        assert await content(await files.read(id, thumbnail=True)) == b"small"
        assert await files.read(other, thumbnail=True) is None
        await files.remove(id)
        assert await files.read(id) is None
        assert await files.read(id, thumbnail=True) is None
        assert await content(await files.read(other)) == b"another"

    async def test_what_is_there_can_be_listed(self, files: Files) -> None:
        assert await files.ids() == set()
        id, other = new_id(0), new_id(0)
        await files.write(id, b"whole", b"small")
        await files.write(other, b"another", None)
        assert await files.ids() == {id, other}

    async def test_what_is_not_there_is_none_and_may_be_removed(self, files: Files) -> None:
        assert await files.read(new_id(0)) is None
        await files.remove(new_id(0))

    async def test_another_process_with_the_same_setting_has_the_same_files(self, files: Files, url: str) -> None:
        id = new_id(0)
        await files.write(id, b"whole", None)
        assert await content(await open_files(url).read(id)) == b"whole"

    async def test_the_same_id_again_replaces_what_was_there(self, files: Files) -> None:
        id = new_id(0)
        await files.write(id, b"first", b"one")
        await files.write(id, b"second and longer", b"two")
        assert await content(await files.read(id)) == b"second and longer"
        assert await content(await files.read(id, thumbnail=True)) == b"two"

    async def test_a_large_file_comes_in_pieces_and_is_the_same(self, files: Files) -> None:
        id, large = new_id(0), os.urandom(5_000_000)
        await files.write(id, large, None)
        stored = await files.read(id)
        assert stored is not None
        pieces = [chunk async for chunk in stored.chunks]
        assert b"".join(pieces) == large
        assert len(pieces) > 1

    async def test_a_file_that_nobody_reads_to_its_end_leaves_nothing_open(self, files: Files) -> None:
        id = new_id(0)
        await files.write(id, os.urandom(1_000_000), None)
        unread, begun = await files.read(id), await files.read(id)
        assert unread is not None
        assert begun is not None
        assert await anext(begun.chunks)
        await begun.chunks.aclose()  # type: ignore[attr-defined]


async def test_in_a_folder_nobody_else_on_the_machine_may_look_and_no_draft_is_left(tmp_path: Path) -> None:
    files, id = open_files(f"file://{tmp_path}/my%20media"), new_id(0)
    await files.write(id, b"whole", b"small")
    folder = tmp_path / "my media"
    [kept, small] = sorted(path for path in folder.rglob("*") if path.is_file())
    assert (kept.name, small.name) == (id, f"{id}.thumbnail")
    assert os.stat(kept).st_mode & 0o077 == 0
    assert os.stat(folder).st_mode & 0o077 == 0


async def test_half_a_file_that_a_crash_left_in_a_folder_is_removed_too(tmp_path: Path) -> None:
    files, id = open_files(f"file://{tmp_path}"), new_id(0)
    await files.write(id, b"whole", None)
    [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
    kept.rename(kept.with_name(f"{id}.part"))
    await files.remove(id)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_folder_that_cannot_be_written_is_said_to_be_unavailable(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("in the way")
    with pytest.raises(Unavailable) as why:
        await open_files(f"file://{tmp_path}/media").write(new_id(0), b"whole", None)
    assert str(tmp_path) not in str(why.value)


async def test_in_a_bucket_everything_is_under_the_prefix(bucket_url: str, s3: str) -> None:
    id = new_id(0)
    await open_files(bucket_url).write(id, b"whole", b"small")
    prefix = bucket_url.partition("?")[0].removeprefix(f"s3://{BUCKET}/").replace("%20", " ")
    listed = httpx2.get(f"{s3}/{BUCKET}", params={"list-type": "2", "prefix": prefix}, trust_env=False).text
    assert f"<Key>{prefix}/{id[-2:]}/{id}</Key>" in listed
    assert f"<Key>{prefix}/{id[-2:]}/{id}.thumbnail</Key>" in listed


async def test_a_bucket_that_is_not_there_or_does_not_answer_is_unavailable_and_tells_no_key(bucket_url: str) -> None:
    missing = bucket_url.replace(f"//{BUCKET}/", "//no-such-bucket/")
    dead = bucket_url.rpartition("endpoint=")[0] + "endpoint=http://127.0.0.1:9"
    for url in (missing, dead):
        with pytest.raises(Unavailable) as why:
            await open_files(url).write(new_id(0), b"whole", None)
        assert "planted" not in f"{why.value!r} {why.value.__cause__!r}".lower()
    with pytest.raises(Unavailable):
        await open_files(dead).read(new_id(0))
