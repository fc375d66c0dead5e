"""Deployment packages unpacked: each a directory that environments see read-only, for as long as its world is open."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path

from foulweather.engines.functions import leftovers

EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
UNIX = 3
"""A zip made on Unix tells its files' modes."""


class BadPackage(Exception):
    """A zip that cannot be unpacked; the message says why."""


class Packages:
    """One world's; each zip, or each stack of layers, is unpacked once."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._unpacked: dict[tuple[str, ...], asyncio.Future[str]] = {}

    async def directory(self, archives: Sequence[str]) -> str:
        """Where zips are unpacked, one over the other; the paths of the zips say which."""
        key = tuple(archives)
        found = self._unpacked.get(key)
        if found is None:
            if self._root is None:
                self._root = leftovers.directory("packages")
            target = self._root / str(len(self._unpacked))
            found = self._unpacked[key] = asyncio.ensure_future(asyncio.to_thread(_unpack, key, target))
        try:
            return await asyncio.shield(found)
        except BadPackage:
            self._unpacked.pop(key, None)
            raise

    def close(self) -> None:
        """Remove everything."""
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root = None
        self._unpacked.clear()


def names(archive: str) -> list[str]:
    """The files in a zip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return [each.filename for each in opened.infolist() if not each.is_dir()]
    except (OSError, zipfile.BadZipFile) as error:
        raise BadPackage(str(error)) from error


def content(archive: str, name: str) -> bytes:
    """One file of a zip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BadPackage(str(error)) from error


def _unpack(archives: tuple[str, ...], target: Path) -> str:
    target.mkdir(mode=0o755)
    for archive in archives:
        try:
            with zipfile.ZipFile(archive) as opened:
                for each in opened.infolist():
                    _take_out(opened, each, target)
        except (OSError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise BadPackage(str(error)) from error
    for directory, _, _ in os.walk(target):
        os.chmod(directory, 0o755)
    return str(target)


def _take_out(opened: zipfile.ZipFile, each: zipfile.ZipInfo, target: Path) -> None:
    """One entry, with the mode that the zip tells; names that point outside end up inside."""
    path = Path(opened.extract(each, target))
    if each.is_dir():
        return
    mode = each.external_attr >> 16 if each.create_system == UNIX else 0
    if stat.S_ISLNK(mode):
        linked = path.read_text()
        path.unlink()
        if not os.path.isabs(linked) and (path.parent / linked).resolve().is_relative_to(target.resolve()):
            path.symlink_to(linked)
        return
    path.chmod((stat.S_IMODE(mode) or 0o644) | stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
