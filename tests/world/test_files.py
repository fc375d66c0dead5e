"""Files of a world: kept exactly as long as their rows, through kills, snapshots and forks."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from foulweather.world import snapshot as snapshots
from foulweather.world.world import World


def opened(directory: Path | None) -> World:
    return World(seed=1, start_ms=0, mode="held", directory=directory)


def written(world: World, content: bytes) -> str:
    draft = world.files.draft()
    draft.write(content)
    return world.files.keep(draft)


def content(world: World, file_id: str) -> bytes:
    place = world.files.place(file_id)
    return Path(place.path).read_bytes()[place.offset : place.offset + place.size]


def killed(world: World) -> None:
    world.store._log.close()  # type: ignore[union-attr]


def every_file(directory: Path) -> list[Path]:
    return [path for path in (directory / "files").rglob("*") if path.is_file()]


def test_a_kept_file_survives_a_kill_and_an_unfinished_one_does_not(tmp_path: Path) -> None:
    world = opened(tmp_path)
    kept = written(world, b"whole")
    world.store.commit()
    written(world, b"never committed")
    world.files.draft().write(b"half")
    killed(world)
    again = opened(tmp_path)
    assert content(again, kept) == b"whole"
    assert [path.name for path in every_file(tmp_path)] == [kept]


def test_a_deleted_file_is_there_until_its_deletion_is_committed(tmp_path: Path) -> None:
    world = opened(tmp_path)
    kept = written(world, b"whole")
    world.store.commit()
    world.files.delete(kept)
    assert len(every_file(tmp_path)) == 1
    world.store.commit()
    assert every_file(tmp_path) == []
    with pytest.raises(KeyError):
        world.files.place(kept)


def test_a_discarded_draft_leaves_nothing(tmp_path: Path) -> None:
    world = opened(tmp_path)
    draft = world.files.draft()
    draft.write(b"half")
    draft.discard()
    assert every_file(tmp_path) == []


def test_a_draft_can_copy_a_range_of_a_file(tmp_path: Path) -> None:
    world = opened(tmp_path)
    kept = written(world, bytes(range(256)) * 8192)
    draft = world.files.draft()
    draft.write(b"<")
    draft.copy(world.files.place(kept), 255, 1 << 20)
    draft.write(b">")
    copied = content(world, world.files.keep(draft))
    assert copied == b"<" + (bytes(range(256)) * 8192)[255 : 255 + (1 << 20)] + b">"


def copied_whole(directory: Path) -> None:
    data = bytes(range(256)) * 16384  # four pieces
    world = opened(directory)
    kept = written(world, data)
    draft = world.files.draft()
    draft.write(b"<")
    draft.copy(world.files.place(kept), 255, 3 << 20)
    draft.write(b">")
    assert draft.size == (3 << 20) + 2
    assert content(world, world.files.keep(draft)) == b"<" + data[255 : 255 + (3 << 20)] + b">"


def test_a_draft_copies_where_the_system_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: int, target: int, size: int, position: int) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refused)
    copied_whole(tmp_path)


def test_a_draft_copies_on_after_the_system_stopped_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_system = os.copy_file_range
    asked: list[int] = []

    def short(source: int, target: int, size: int, position: int) -> int:
        asked.append(size)
        if len(asked) > 2:
            raise OSError(errno.EINVAL, "Invalid argument")
        return by_system(source, target, min(size, 100_000), position)

    monkeypatch.setattr(os, "copy_file_range", short)
    copied_whole(tmp_path)
    assert asked == [3 << 20, (3 << 20) - 100_000, (3 << 20) - 200_000]


def test_a_file_that_ends_early_is_no_whole_copy(tmp_path: Path) -> None:
    world = opened(tmp_path)
    kept = written(world, b"whole")
    draft = world.files.draft()
    with pytest.raises(OSError, match="ended 3 bytes early"):
        draft.copy(world.files.place(kept), 0, 8)


@pytest.mark.parametrize("on_disk", [True, False])
def test_a_snapshot_holds_the_files(tmp_path: Path, on_disk: bool) -> None:
    world = opened(tmp_path / "one" if on_disk else None)
    first, second = written(world, b"first"), written(world, b"")
    world.store.commit()
    world.save(tmp_path / "saved")
    world.files.delete(first)
    world.store.commit()
    world.close()
    again = World.restored(snapshots.read(tmp_path / "saved"), directory=tmp_path / "two")
    assert (content(again, first), content(again, second)) == (b"first", b"")
    again.close()


def test_a_snapshot_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    world = opened(None)
    written(world, b"first")
    world.store.commit()
    world.save(tmp_path / "saved")
    whole = (tmp_path / "saved").read_bytes()
    (tmp_path / "saved").write_bytes(whole[:-1])
    with pytest.raises(snapshots.BadSnapshot, match="damaged"):
        snapshots.read(tmp_path / "saved")
    world.close()


def test_a_fork_keeps_its_files_when_the_first_world_deletes_them() -> None:
    world = opened(None)
    kept = written(world, b"whole")
    world.store.commit()
    fork = world.fork("other")
    world.files.delete(kept)
    world.store.commit()
    assert content(fork, kept) == b"whole"
    world.close()
    fork.close()


def test_temporary_files_go_with_their_world() -> None:
    world = opened(None)
    place = world.files.place(written(world, b"whole"))
    world.close()
    assert not Path(place.path).exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork processes")
def test_what_a_forked_process_deletes_is_still_there() -> None:
    world = opened(None)
    file_id = written(world, b"kept")
    world.store.commit()
    child = os.fork()
    if child == 0:
        world.files.delete(file_id)
        world.store.commit()
        world.close()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert content(world, file_id) == b"kept"
    path = Path(world.files.place(file_id).path)
    world.files.delete(file_id)
    world.store.commit()
    assert not path.exists()
