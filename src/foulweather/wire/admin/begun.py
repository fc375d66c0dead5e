"""Which drills were begun, noted beside the world, so that the next server knows what ended with this one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from foulweather.wire.admin.asking import Asked

FILE = "drills.json"


class Begun:
    """The notes of a data directory; a server that lives in memory keeps none.

    What is noted and not being played was begun by a server that is no more.
    """

    def __init__(self, directory: Path | None, playing: Collection[str]) -> None:
        self._path = directory / FILE if directory is not None else None
        self._playing = playing

    @classmethod
    def of(cls, asked: Asked) -> Begun:
        """The notes of the server that is asked."""
        opened = asked.admin.opened.get(asked.cloud.default.world.name)
        return cls(opened.directory if opened is not None else None, asked.admin.drills)

    @property
    def is_kept(self) -> bool:
        """Whether there are notes of former servers."""
        return self._path is not None

    def ended(self) -> dict[str, str]:
        """The drills that ended with a former server, and when they had been paged in their worlds."""
        return {drill_id: paged_at for drill_id, paged_at in self._read().items() if drill_id not in self._playing}

    def note(self, drill_id: str, paged_at: str) -> None:
        """Note that a drill is being played."""
        self._write({**self._read(), drill_id: paged_at})

    def forget(self, drill_id: str) -> None:
        """Forget a drill that was put away."""
        self._write({one: paged_at for one, paged_at in self._read().items() if one != drill_id})

    def _read(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _write(self, notes: dict[str, str]) -> None:
        if self._path is None:
            return
        partial = self._path.with_suffix(".partial")
        partial.write_bytes(msgspec.json.encode(notes))
        partial.replace(self._path)
