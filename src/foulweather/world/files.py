"""Bodies too large for a row: immutable files by id, each there exactly as long as a row of its own says so.

A draft becomes a file in the tick that commits the row of whoever refers to it, so after a `kill -9`
what was acknowledged is whole, and what was not is gone: files without a row are swept at start.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec

from foulweather.world.ids import Ids
from foulweather.world.store import State, Store, table

DIRECTORY = "files"
DRAFTS = "drafts"
PIECE_BYTES = 1 << 20
TEMPORARY_PREFIX = "foulweather-files-"


class File(msgspec.Struct, frozen=True):
    """One file that is kept."""

    size: int


class FileState(State):
    """Which files a world has."""

    scope = "world"
    files = table(File)


class Place(msgspec.Struct, frozen=True):
    """Where the bytes of a file are now: (part of) a file on disk."""

    path: str
    offset: int
    size: int


class Draft:
    """A file being written; nobody sees it before `Files.keep`. Its writes may run in any one thread."""

    __slots__ = ("_fd", "path", "size")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes."""
        view = memoryview(data)
        self.size += len(view)
        while view:
            view = view[os.write(self._fd, view) :]

    def copy(self, place: Place, start: int, size: int) -> None:
        """Append a range of a file, without its bytes passing through here where the system can do so."""
        source = os.open(place.path, os.O_RDONLY)
        try:
            position, left = place.offset + start, size
            while left and (done := _copied_by_the_system(source, self._fd, left, position)):
                position, left = position + done, left - done
                self.size += done
            while left:
                piece = os.pread(source, min(left, PIECE_BYTES), position)
                if not piece:
                    raise OSError(f"{place.path} ended {left} bytes early")
                self.write(piece)
                position, left = position + len(piece), left - len(piece)
        finally:
            os.close(source)

    def close(self, *, fsync: bool = False) -> None:
        """Write no more."""
        if self._fd >= 0:
            if fsync:
                os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1

    def discard(self) -> None:
        """Forget it."""
        self.close()
        self.path.unlink(missing_ok=True)


def _copied_by_the_system(source: int, target: int, size: int, position: int) -> int:
    """How many bytes the system has copied from one file to another by itself: 0 where it cannot."""
    if not hasattr(os, "copy_file_range"):
        return 0
    try:
        return os.copy_file_range(source, target, size, position)
    except OSError:  # between these two file systems it cannot; whatever else is wrong shows in reading or writing
        return 0


class Files:
    """A world's files, in its data directory, or in a temporary one that goes with the world."""

    def __init__(self, store: Store, ids: Ids, directory: Path | None, *, fsync: bool = False) -> None:
        self._store = store
        self._ids = ids
        self._fsync = fsync
        self._is_temporary = directory is None
        self._pid = os.getpid()
        self._directory: Path | None = None
        if directory is not None:
            self._directory = directory / DIRECTORY
            self._sweep()

    @property
    def _kept(self) -> FileState:
        return self._store.state(FileState, "", "")

    @property
    def _root(self) -> Path:
        """The directory, made at first use."""
        root = self._directory
        if root is None:
            _sweep_dead_processes()
            root = self._directory = Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{os.getpid()}-"))
        drafts = root / DRAFTS
        if not drafts.is_dir():
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            drafts.mkdir(mode=0o700)
        return root

    def draft(self) -> Draft:
        """Begin a file."""
        return Draft(self._root / DRAFTS / self._ids.hex(24))

    def keep(self, draft: Draft) -> str:
        """Keep a draft that is complete: its id, for the row that is written in the same tick."""
        draft.close(fsync=self._fsync)
        file_id = draft.path.name
        path = self._path(file_id)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        draft.path.rename(path)
        self._kept.files.put(file_id, File(draft.size))
        return file_id

    def place(self, file_id: str) -> Place:
        """Where a file's bytes are; KeyError for one that is not kept."""
        return Place(str(self._path(file_id)), 0, self._kept.files[file_id].size)

    def delete(self, file_id: str) -> None:
        """Keep a file no more; its bytes go when that is committed (readers that have it open read on)."""
        self._kept.files.delete(file_id)
        self._store.after_commit(partial(self._remove, self._path(file_id)))

    def places(self) -> dict[str, Place]:
        """Every file, for a snapshot or a fork."""
        return {file_id: self.place(file_id) for file_id in self._kept.files}

    def take(self, places: Mapping[str, Place]) -> None:
        """Fill the empty directory of a world that was restored; whole files are linked where that can be."""
        for file_id, place in places.items():
            path = self._root / file_id[:2] / file_id
            path.parent.mkdir(mode=0o700, exist_ok=True)
            if place.offset == 0:
                try:
                    os.link(place.path, path)
                    continue
                except OSError:
                    pass
            draft = Draft(path)
            try:
                draft.copy(place, 0, place.size)
            finally:
                draft.close()

    def close(self) -> None:
        """Let go; temporary files go with the world."""
        if self._is_temporary and self._directory is not None and os.getpid() == self._pid:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _remove(self, path: Path) -> None:
        if os.getpid() == self._pid:  # a forked process tries out a future: the files are the present's
            path.unlink(missing_ok=True)

    def _path(self, file_id: str) -> Path:
        return (self._directory or self._root) / file_id[:2] / file_id

    def _sweep(self) -> None:
        """Remove what a killed process left: drafts, and files whose row was never committed."""
        root = self._directory
        if root is None or not root.is_dir():
            return
        kept = self._kept.files
        for path in _files_under(root):
            if path.parent.name == DRAFTS or path.name not in kept:
                path.unlink(missing_ok=True)


def _files_under(root: Path) -> Iterator[Path]:
    for directory in root.iterdir():
        if directory.is_dir():
            yield from directory.iterdir()


def _sweep_dead_processes() -> None:
    """Remove the temporary directories of processes that were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}*-*"):
        pid = path.name[len(TEMPORARY_PREFIX) :].partition("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
