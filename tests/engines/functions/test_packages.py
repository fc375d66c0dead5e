"""Packages unpacked: modes, layers over one another, and nothing outside of the directory."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest

from foulweather.engines.functions import packages
from foulweather.engines.functions.packages import BadPackage, Packages


def archive(path: Path, files: dict[str, str], mode: int = 0o644) -> str:
    with zipfile.ZipFile(path, "w") as written:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            written.writestr(entry, text)
    return str(path)


async def test_files_are_readable_by_all_and_keep_their_execute_bits(tmp_path: Path) -> None:
    unpacked = Packages()
    code = archive(tmp_path / "a.zip", {"bootstrap": "#!", "deep/er/x.py": "1"}, 0o700)
    directory = Path(await unpacked.directory([code]))
    assert stat.S_IMODE((directory / "bootstrap").stat().st_mode) == 0o744
    assert stat.S_IMODE((directory / "deep/er").stat().st_mode) == 0o755
    assert await unpacked.directory([code]) == str(directory)
    unpacked.close()
    assert not directory.exists()


async def test_later_layers_lie_over_earlier_ones(tmp_path: Path) -> None:
    unpacked = Packages()
    first = archive(tmp_path / "a.zip", {"python/one.py": "first", "python/two.py": "first"})
    second = archive(tmp_path / "b.zip", {"python/two.py": "second"})
    directory = Path(await unpacked.directory([first, second]))
    assert (directory / "python/one.py").read_text() == "first"
    assert (directory / "python/two.py").read_text() == "second"
    unpacked.close()


async def test_names_and_links_that_point_outside_stay_inside(tmp_path: Path) -> None:
    unpacked = Packages()
    code = archive(tmp_path / "a.zip", {"../../escaped": "x", "/rooted": "y"})
    links = archive(tmp_path / "b.zip", {"away": "/etc/passwd", "up": "../../../etc/passwd"}, stat.S_IFLNK | 0o777)
    directory = Path(await unpacked.directory([code, links]))
    assert sorted(os.listdir(directory)) == ["escaped", "rooted"]
    assert not (tmp_path / "escaped").exists()
    unpacked.close()


async def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no zip")
    with pytest.raises(BadPackage):
        await Packages().directory([str(tmp_path / "a.zip")])
    with pytest.raises(BadPackage):
        packages.names(str(tmp_path / "a.zip"))
