"""Load files: what they may say, and what is refused in which words."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from foulweather.drilling.load.plan import BadLoad, filled, read

CLIENT = """
title = "t"
for_s = 60
[[clients]]
name = "web"
call = "sqs.SendMessage"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "load.toml"
    path.write_text(text)
    return path


def times(path: Path, name: int = 0, until_s: int = 60) -> list[int]:
    plan = read(path)
    return list(plan.clients[name].arriving(until_s).times(random.Random(1), 0))


def test_even_arrivals_come_at_equal_distances(tmp_path: Path) -> None:
    assert times(written(tmp_path, CLIENT + 'arrivals = "even"\nper_s = 1\n'), until_s=4) == [1000, 2000, 3000]


def test_a_surge_and_a_ramp_change_the_rate(tmp_path: Path) -> None:
    shaped = (
        'arrivals = "even"\nper_s = 10\nsurges = [{ at_s = 30, for_s = 10, times = 3 }]\nramps = [{ for_s = 20 }]\n'
    )
    found = times(written(tmp_path, CLIENT + shaped))
    by_ten_s = [sum(1 for one in found if start <= one < start + 10_000) for start in range(0, 60_000, 10_000)]
    assert by_ten_s[3] == pytest.approx(300, abs=1)
    assert by_ten_s[2] == by_ten_s[4] == pytest.approx(100, abs=1)
    assert by_ten_s[0] < 30 < by_ten_s[1] < 80


def test_recorded_arrivals_come_as_recorded_and_again(tmp_path: Path) -> None:
    recorded = 'arrivals = "recorded"\nrecorded_ms = [0, 250, 250]\nevery_s = 1\n'
    arriving = read(written(tmp_path, CLIENT + recorded)).clients[0].arriving(60).times(random.Random(1), 5000)
    assert [next(arriving) for _ in range(5)] == [5000, 5250, 5250, 6000, 6250]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CLIENT, "per_s or per_min"),
        (CLIENT + "per_s = 1\nper_min = 5\n", "one of the two"),
        (CLIENT + 'arrivals = "recorded"\nper_s = 1\n', "recorded arrivals take recorded_ms"),
        (CLIENT + "per_s = 1\nrecorded_ms = [1]\n", "not a recording"),
        (CLIENT + "per_s = 1\nrate = 1\n", "unknown field `rate`"),
        (CLIENT + 'per_s = 1\ncallers = [{ user = "a", role = "b" }]\n', "one of them"),
        (CLIENT + "per_s = 1\ncallers = [{ weight = 0 }]\n", "weight below 1"),
        (CLIENT + 'per_s = 1\n[[workers]]\nname = "web"\nqueue_url = "q"\n', "a name of its own"),
        ('title = "t"\nfor_s = 1\nclients = []\n', "there must be clients"),
        (CLIENT.replace("60", "0") + "per_s = 1\n", "for_s"),
        ("title = ", "load.toml"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadLoad, match=words):
        read(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLoad, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_texts_are_filled_at_any_depth_and_other_braces_are_left_alone() -> None:
    given = {"Body": '{"id": "{n}"}', "List": [{"Text": "{account}-{n}"}], "Number": 3}
    assert filled(given, {"n": "7", "account": "1"}) == {"Body": '{"id": "7"}', "List": [{"Text": "1-7"}], "Number": 3}
