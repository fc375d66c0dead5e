from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from foulweather.world import snapshot
from foulweather.world.log import FILE_NAME, CorruptStore
from foulweather.world.store import State, table
from foulweather.world.world import World


class Row(msgspec.Struct):
    name: str
    count: int = 0


class Rows(State):
    rows = table(Row)

    def opened(self) -> None:
        self.total = sum(row.count for row in self.rows.values())


def open_world(directory: Path | None) -> World:
    return World(seed=1, mode="held", start_ms=0, directory=directory)


def killed(world: World) -> None:
    """Let go of the file as a killed process does: nothing is folded, nothing more is written."""
    assert world.store._log is not None
    world.store._log.close()


def test_committed_rows_survive_a_kill(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "us-east-1").rows
    rows.put("a", Row("a", 1))
    rows.put("b", Row("b", 2))
    rows["b"].count = 5
    rows.touch("b")
    rows.put("c", Row("c"))
    rows.delete("c")
    world.store.commit()
    rows.put("d", Row("never committed"))
    killed(world)
    again = open_world(tmp_path).state(Rows, "1", "us-east-1")
    assert dict(again.rows.items()) == {"a": Row("a", 1), "b": Row("b", 5)}
    assert again.total == 6


def test_nobody_else_on_the_machine_reads_what_is_kept(tmp_path: Path) -> None:
    directory = tmp_path / "world"
    world = open_world(directory)
    world.state(Rows, "1", "us-east-1").rows.put("a", Row("a", 1))
    draft = world.files.draft()
    draft.write(b"secret")
    world.files.keep(draft)
    world.store.commit()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (directory, *directory.rglob("*"))}
    assert [name for name, mode in modes.items() if mode & 0o077] == []
    world.close()


def test_what_was_folded_and_what_was_not_are_one(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "us-east-1").rows
    for n in range(100):
        rows.put(str(n), Row(str(n), n))
        world.store.commit()
    world.store.fold(bytes_max=500)
    rows.delete("3")
    rows.put("4", Row("4", 400))
    world.store.commit()
    killed(world)
    again = open_world(tmp_path).state(Rows, "1", "us-east-1").rows
    assert "3" not in again
    assert again["4"].count == 400
    assert len(again) == 99


def test_states_are_apart_by_account_and_region(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    world.state(Rows, "1", "us-east-1").rows.put("a", Row("one"))
    world.state(Rows, "2", "us-east-1").rows.put("a", Row("two"))
    world.state(Rows, "1", "eu-west-1").rows.put("a", Row("three"))
    world.close()
    again = open_world(tmp_path)
    assert [(s.account, s.region, s.rows["a"].name) for s in again.store.states(Rows)] == [
        ("1", "eu-west-1", "three"),
        ("1", "us-east-1", "one"),
        ("2", "us-east-1", "two"),
    ]


def test_callbacks_wait_for_the_commit() -> None:
    world = open_world(None)
    done: list[str] = []
    world.store.after_commit(lambda: done.append("nothing to wait for"))
    world.state(Rows, "1", "r").rows.put("a", Row("a"))
    world.store.after_commit(lambda: done.append("committed"))
    assert done == ["nothing to wait for"]
    world.store.commit()
    assert done == ["nothing to wait for", "committed"]


def test_a_second_server_on_one_directory_is_refused(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    with pytest.raises(CorruptStore, match="another foulweather is using it"):
        open_world(tmp_path)
    world.close()


def damaged(tmp_path: Path) -> Path:
    world = open_world(tmp_path)
    world.state(Rows, "1", "r").rows.put("a", Row("a"))
    world.store.commit()
    killed(world)
    return tmp_path / FILE_NAME


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(CorruptStore, match="Nothing was changed"):
        open_world(tmp_path)
    assert path.read_bytes() == b"not a database" * 1000


def test_a_damaged_log_entry_is_refused_and_kept(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    database = sqlite3.connect(path)
    database.execute("UPDATE log SET batch = zeroblob(length(batch)) WHERE seq = (SELECT max(seq) FROM log)")
    database.commit()
    database.close()
    with pytest.raises(CorruptStore, match="checksum"):
        open_world(tmp_path)
    with pytest.raises(CorruptStore, match="checksum"):
        open_world(tmp_path)


def test_a_format_of_another_version_is_refused(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    database = sqlite3.connect(path)
    database.execute("UPDATE meta SET value = '999' WHERE key = 'format'")
    database.commit()
    database.close()
    with pytest.raises(CorruptStore, match="format"):
        open_world(tmp_path)


def test_a_snapshot_brings_back_rows_clock_agenda_events_and_randomness(tmp_path: Path) -> None:
    world = open_world(None)
    world.state(Rows, "1", "r").rows.put("a", Row("a", 7))
    world.agenda.at(9_000, "x.y", {"n": 1}, account="1", region="r")
    world.journal.append(0, "x.Set", "1", "r", "arn", "me", "req", {"Policy": 1}, kept=True)
    world.random.random()
    world.save(tmp_path / "saved")
    expected = world.ids.uuid()
    again = World.restored(snapshot.read(tmp_path / "saved"), directory=tmp_path / "data")
    assert again.ids.uuid() == expected
    assert again.state(Rows, "1", "r").rows["a"] == Row("a", 7)
    assert [due.action for due in again.agenda.dues()] == ["x.y"]
    assert again.journal.last_change("arn", "Policy") is not None
    again.close()
    reopened = open_world(tmp_path / "data")
    assert reopened.state(Rows, "1", "r").rows["a"] == Row("a", 7)
    assert reopened.journal.last_change("arn", "Policy") is not None


def test_a_damaged_snapshot_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "saved"
    open_world(None).save(path)
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(snapshot.BadSnapshot, match="damaged"):
        snapshot.read(path)
    path.write_bytes(b"something else")
    with pytest.raises(snapshot.BadSnapshot, match="not a foulweather snapshot"):
        snapshot.read(path)


def test_a_fork_goes_its_own_way() -> None:
    world = open_world(None)
    rows = world.state(Rows, "1", "r").rows
    rows.put("a", Row("a", 1))
    fork = world.fork("other")
    rows["a"].count = 2
    rows.touch("a")
    fork.state(Rows, "1", "r").rows.put("b", Row("b"))
    assert fork.state(Rows, "1", "r").rows["a"].count == 1
    assert "b" not in rows


def test_rows_keep_the_order_of_their_insertion_over_restarts(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "r").rows
    for key in ("zebra", "ant", "mole", "bee"):
        rows.put(key, Row(key))
        world.store.commit()
    world.close()
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "r").rows
    assert list(rows) == ["zebra", "ant", "mole", "bee"]
    rows.put("zebra", Row("changed"))
    rows.delete("ant")
    world.store.commit()
    rows.put("ant", Row("anew"))
    rows.put("asp", Row("last"))
    expected = ["zebra", "mole", "bee", "ant", "asp"]
    assert list(rows) == expected
    world.store.commit()
    killed(world)
    world = open_world(tmp_path)
    assert list(world.state(Rows, "1", "r").rows) == expected, "from the log"
    world.close()
    assert list(open_world(tmp_path).state(Rows, "1", "r").rows) == expected, "from the folded rows"


class Packed(State):
    rows = table(bytes)


def test_rows_that_a_service_packs_itself_are_kept_as_they_are(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    rows = world.state(Packed, "1", "r").rows
    rows.put("\x00\xff key", b"\x00one")
    rows.put("two", b"")
    world.store.commit()
    rows.delete("two")
    world.store.commit()
    killed(world)
    again = open_world(tmp_path)
    assert dict(again.state(Packed, "1", "r").rows.items()) == {"\x00\xff key": b"\x00one"}
    fork = again.fork("other")
    assert fork.state(Packed, "1", "r").rows["\x00\xff key"] == b"\x00one"


def test_what_is_touched_later_makes_nobody_wait_and_is_written_with_the_next(tmp_path: Path) -> None:
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "us-east-1").rows
    rows.put("a", Row("a", 1))
    rows.put("b", Row("b", 1))
    world.store.commit()
    rows["a"].count = 2
    rows.touch_later("a")
    assert not world.store.is_dirty
    rows["b"].count = 2
    rows.touch("b")
    world.store.commit()
    killed(world)
    world = open_world(tmp_path)
    rows = world.state(Rows, "1", "us-east-1").rows
    assert [rows["a"].count, rows["b"].count] == [2, 2]
    rows["b"].count = 3
    rows.touch_later("b")
    world.close()
    assert open_world(tmp_path).state(Rows, "1", "us-east-1").rows["b"].count == 3
