"""A data directory that is not whole is refused and left as it is; one that nothing was written to is begun anew."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from foulweather.world.log import FILE_NAME, CorruptStore
from foulweather.world.store import State, table
from foulweather.world.world import World


class Row(msgspec.Struct):
    name: str


class Rows(State):
    rows = table(Row)


def kept(directory: Path) -> None:
    """A world with a row and a file."""
    world = World(directory=directory)
    world.state(Rows, "1", "r").rows.put("a", Row("kept"))
    draft = world.files.draft()
    draft.write(b"body")
    world.files.keep(draft)
    world.close()


def held(directory: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in directory.rglob("*") if each.is_file()}


@pytest.mark.parametrize("is_there", [True, False])
def test_files_that_nothing_tells_of_are_not_swept(is_there: bool, tmp_path: Path) -> None:
    kept(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    if is_there:
        (tmp_path / FILE_NAME).touch()
    before = held(tmp_path)
    with pytest.raises(CorruptStore, match=r"it has files, but world\.sqlite.*Nothing was changed"):
        World(directory=tmp_path)
    assert held(tmp_path) == before


def test_a_start_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("PRAGMA journal_mode=WAL")
    database.close()
    kept(tmp_path)
    assert World(directory=tmp_path).state(Rows, "1", "r").rows["a"].name == "kept"


def test_rows_that_cannot_be_read_are_not_taken_for_none(tmp_path: Path) -> None:
    kept(tmp_path)
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("UPDATE rows SET value = ? WHERE key = 'a'", (msgspec.msgpack.encode({"name": 5}),))
    database.commit()
    database.close()
    world = World(directory=tmp_path)
    for _ in range(2):
        with pytest.raises(CorruptStore, match="cannot be read"):
            world.state(Rows, "1", "r").rows.get("a")
