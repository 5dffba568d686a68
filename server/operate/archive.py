"""A backup is one tar file: the database, the attachments, and at its end a manifest by which it is known to be whole."""

import contextlib
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import msgspec

MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.sql"}
MEDIA = "media/"
FORMAT = 1
ZIPPED = (".gz", ".tgz")
CHUNK_BYTES = 1024 * 1024
_NAME = re.compile(r"manifest\.json|database\.(sqlite|sql)|media/[0-9a-z]{2}/[0-9a-z]{26}(\.thumbnail)?")


class OperatorError(Exception):
    """What the operator asked for was not done, and what was there is as it was; the text says why and what to do."""


class Manifest(msgspec.Struct, frozen=True):
    """`made_at` is RFC 3339; `migration` the number of the schema's newest; `rows` counts the tables that a person knows; `key` tells one
    SECRET_KEY from another; `files` are the SHA-256 of all that is in the tar; `media` whether the attachments are among them, and if not,
    `bucket` where they stay."""

    format: int
    made_at: str
    partyline: str
    engine: str
    migration: int
    epoch: str
    rows: dict[str, int]
    key: str
    media: bool
    files: dict[str, str]
    bucket: str = ""


class _Counted(io.RawIOBase):
    """Hashes what is read through it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


class Packing:
    """A tar file that is being written. `files` has what is in it so far."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, str] = {}

    def add(self, name: str, path: Path) -> bool:
        """False where there is no such file any more."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            return False
        with source:
            info = tarfile.TarInfo(name)
            status = os.fstat(source.fileno())
            info.size, info.mtime, info.mode = status.st_size, int(status.st_mtime), 0o600
            counted = _Counted(source)
            self._tar.addfile(info, counted)
        self.files[name] = counted.hash.hexdigest()
        return True

    def finish(self, manifest: Manifest) -> None:
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, io.BytesIO(data))


@contextlib.contextmanager
def packing(path: Path) -> Iterator[Packing]:
    """A new file at `path`, which only its owner may read. It is there when the block is left, whole and durable, or not at all.

    Raises `OperatorError`.
    """
    if path.exists():
        raise OperatorError(f"{path} is there already. Name a file that is not.")
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.unlink(missing_ok=True)
        with (
            open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            _tar_to(file, zipped=path.name.endswith(ZIPPED)) as tar,
        ):
            yield Packing(tar)
        _sync(draft)
        draft.rename(path)
        _sync(path.parent)
    except OSError as error:
        raise OperatorError(f"{path} cannot be written: {error.strerror or error}. No backup was made.") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def unpack(path: Path, database: Path) -> Manifest:
    """Reads the whole of a backup, believes nothing of it until every sum is right, and leaves its database in the file `database`.

    Raises `OperatorError` for what is no backup, or a damaged one.
    """
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    with _reading(path):
        for name, content in _members(path):
            if name == MANIFEST:
                manifest = msgspec.json.decode(content.read(), type=Manifest)
                continue
            counted = _Counted(content)
            with contextlib.ExitStack() as ends:
                to = ends.enter_context(database.open("xb")) if not name.startswith(MEDIA) else None
                while chunk := counted.read(CHUNK_BYTES):
                    if to is not None:
                        to.write(chunk)
            found[name] = counted.hash.hexdigest()
    if manifest is None:
        raise OperatorError(f"{path} is no backup, or only the beginning of one: it has no manifest.")
    if manifest.format != FORMAT:
        raise OperatorError(f"{path} was made by a newer Partyline ({manifest.partyline}).")
    wrong = [name for name in sorted(found.keys() | manifest.files.keys()) if found.get(name) != manifest.files.get(name)]
    if wrong or DATABASES.get(manifest.engine) not in found:
        raise OperatorError(f"{path} is damaged: {', '.join(wrong[:3]) or 'the database'} is not as it was when the backup was made.")
    return manifest


def unpack_media(path: Path, folder: Path) -> int:
    """Puts the attachments of a backup into `folder`; how many were not there yet. What is there is the same: a name is given once."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    put = 0
    with _reading(path):
        for name, content in _members(path):
            to = folder / name.removeprefix(MEDIA)
            if not name.startswith(MEDIA) or to.exists():
                continue
            to.parent.mkdir(mode=0o700, exist_ok=True)
            draft = to.with_name(f"{to.name}.part")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                while chunk := content.read(CHUNK_BYTES):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(to)
            put += 1
    return put


def media_of(folder: Path) -> Iterable[tuple[str, Path]]:
    """Every attachment in `folder` with its name in a backup."""
    for path in sorted(folder.glob("??/*")):
        name = f"{MEDIA}{path.parent.name}/{path.name}"
        if _NAME.fullmatch(name):
            yield name, path


def _tar_to(file: IO[bytes], *, zipped: bool) -> tarfile.TarFile:
    """Level 1: the texts shrink to a fourth, and pictures do not shrink at all."""
    if zipped:
        return tarfile.TarFile.gzopen(None, "w", fileobj=file, compresslevel=1)
    return tarfile.TarFile.taropen(None, "w", fileobj=file)


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(path, "r|*") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() and _NAME.fullmatch(member.name) else None
            if content is None:
                raise OperatorError(f"{path} is no backup of Partyline: it holds {member.name[:100]!r}.")
            yield member.name, content


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise OperatorError(f"{path} is no backup, or a damaged one: {error}") from error
    except OSError as error:
        # gzip's own error has neither number nor name.
        raise OperatorError(f"{path} cannot be unpacked: {error.strerror or error}.") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
