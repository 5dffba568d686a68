"""Where attachments are kept: a folder, or a bucket of S3 or its like. A file is whole or not there; its name is its random id alone."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from server.store.database import Unavailable

if TYPE_CHECKING:
    # There are no such names when it runs.
    from obstore import GetResult
    from obstore.store import S3Config

CHUNK_BYTES = 64 * 1024
BUCKET_PATIENCE = timedelta(seconds=10)
"""For one request with its repeats; the connection and each answer have less."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it is read: `size` in bytes, `chunks` to be read once."""

    size: int
    chunks: AsyncIterator[bytes]


class Files(Protocol):
    """Ids are ours (`server.ids`), so no name leads anywhere else. Every method raises `Unavailable`."""

    async def write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        """Durable when it returns; the same id again replaces it."""

    async def read(self, id: str, *, thumbnail: bool = False) -> Stored | None:
        """None where there is none."""

    async def remove(self, id: str) -> None:
        """Removes whatever there is of it, half a file too."""

    async def ids(self) -> set[str]:
        """Of every file that is there."""


def open_files(url: str) -> Files:
    """`url` is MEDIA_URL: `file:///folder`, or `s3://bucket/prefix?region=…&endpoint=…`."""
    return Bucket(url) if url.startswith("s3://") else Folder(Path(unquote(urlsplit(url).path)))


class Folder:
    """See `Files`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        try:
            await asyncio.to_thread(self._write, id, content, thumbnail)
        except OSError as error:
            raise Unavailable(f"An attachment cannot be kept: {error.strerror}.") from error

    async def read(self, id: str, *, thumbnail: bool = False) -> Stored | None:
        path = self._path(id, thumbnail=thumbnail)
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"An attachment cannot be read: {error.strerror}.") from error
        return Stored(size, _chunks(path))

    async def remove(self, id: str) -> None:
        try:
            await asyncio.to_thread(self._remove, id)
        except OSError as error:
            raise Unavailable(f"An attachment cannot be removed: {error.strerror}.") from error

    async def ids(self) -> set[str]:
        try:
            return await asyncio.to_thread(lambda: {path.name for path in self._folder.glob("??/*") if not path.suffix})
        except OSError as error:
            raise Unavailable(f"The attachments cannot be listed: {error.strerror}.") from error

    def _path(self, id: str, *, thumbnail: bool = False) -> Path:
        return self._folder / _name(id, thumbnail=thumbnail)

    def _write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        folder = self._path(id).parent
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if thumbnail is not None:
            _put(self._path(id, thumbnail=True), thumbnail)
        _put(self._path(id), content)
        _sync(folder)
        _sync(self._folder)

    def _remove(self, id: str) -> None:
        for path in (self._path(id), self._path(id, thumbnail=True)):
            for name in (path, _draft(path)):
                with contextlib.suppress(FileNotFoundError):
                    name.unlink()


class Bucket:
    """See `Files`. Who we are there, obstore reads from the environment: AWS_ACCESS_KEY_ID and its like, or the machine's role."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        config: S3Config = {}
        if "region" in asked:
            config["region"] = asked["region"]
        if "endpoint" in asked:
            config["endpoint"] = asked["endpoint"]
        self._store = S3Store(
            parts.netloc,
            prefix=unquote(parts.path.strip("/")) or None,
            config=config,
            client_options={"allow_http": asked.get("endpoint", "").startswith("http://"), "connect_timeout": "3s", "timeout": "8s"},
            retry_config={"max_retries": 2, "retry_timeout": BUCKET_PATIENCE},
        )

    async def write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        with _bucket("written"):
            if thumbnail is not None:
                await obstore.put_async(self._store, _name(id, thumbnail=True), thumbnail)
            await obstore.put_async(self._store, _name(id), content)

    async def read(self, id: str, *, thumbnail: bool = False) -> Stored | None:
        with _bucket("read"):
            try:
                found = await obstore.get_async(self._store, _name(id, thumbnail=thumbnail))
            except FileNotFoundError:
                return None
        return Stored(found.meta["size"], _stream(found))

    async def remove(self, id: str) -> None:
        with _bucket("removed"):
            for name in (_name(id), _name(id, thumbnail=True)):
                with contextlib.suppress(FileNotFoundError):
                    await obstore.delete_async(self._store, name)

    async def ids(self) -> set[str]:
        found = set[str]()
        with _bucket("listed"):
            async for page in obstore.list(self._store, chunk_size=1000):
                found |= {each["path"].rpartition("/")[2] for each in page}
        return {name for name in found if "." not in name}


@contextlib.contextmanager
def _bucket(what: str) -> Iterator[None]:
    """obstore's errors hold whole requests: of them only the kind is told."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise Unavailable(f"An attachment cannot be {what}: the bucket says {type(error).__name__}.") from None


async def _stream(found: "GetResult") -> AsyncIterator[bytes]:
    with _bucket("read"):
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


def _name(id: str, *, thumbnail: bool = False) -> str:
    """The same in a folder and in a bucket, so that one can be copied to the other."""
    # An id begins with the time of its making, so its end spreads better over folders.
    return f"{id[-2:]}/{id}.thumbnail" if thumbnail else f"{id[-2:]}/{id}"


def _draft(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _put(path: Path, content: bytes) -> None:
    with open(os.open(_draft(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _draft(path).rename(path)


def _sync(folder: Path) -> None:
    """A rename is durable once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
