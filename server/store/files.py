"""The folder of attachments: a file is whole or not there, and its name is made of its random id alone."""

import asyncio
import contextlib
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Files:
    """`url` is MEDIA_URL, a `file:///folder`. Ids are ours (`server.ids`), so no name leads out of the folder."""

    def __init__(self, url: str) -> None:
        self._folder = Path(unquote(urlsplit(url).path))

    def path(self, id: str, *, thumbnail: bool = False) -> Path:
        # An id begins with the time of its making, so its end spreads better over folders.
        return self._folder / id[-2:] / (f"{id}.thumbnail" if thumbnail else id)

    async def write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        """Durable when it returns. Raises OSError when the disk does not take it."""
        await asyncio.to_thread(self._write, id, content, thumbnail)

    async def remove(self, id: str) -> None:
        """Removes whatever there is of it, half a file too."""
        await asyncio.to_thread(self._remove, id)

    def _write(self, id: str, content: bytes, thumbnail: bytes | None) -> None:
        folder = self.path(id).parent
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        if thumbnail is not None:
            _put(self.path(id, thumbnail=True), thumbnail)
        _put(self.path(id), content)
        _sync(folder)
        _sync(self._folder)

    def _remove(self, id: str) -> None:
        for path in (self.path(id), self.path(id, thumbnail=True)):
            for name in (path, _draft(path)):
                with contextlib.suppress(FileNotFoundError):
                    name.unlink()


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
