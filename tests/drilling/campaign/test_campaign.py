from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from foulweather.drilling.campaign.plan import BadCampaign, Draw, draws, read
from foulweather.drilling.campaign.running import Run, run_all, run_all_on_ray
from foulweather.drilling.campaign.summary import summarised

ORDERS = Path(__file__).parents[3] / "campaigns" / "orders"
SMALL = """
title = "small"
stack = "stack.py"
seeds = 4
minutes = 3
warm_up_minutes = 1
deadline_s = 30
"""
FAULT = """
[[faults]]
kind = "unavailable"
service = "sqs"
chance = 60
percent = [50, 100]
at_minutes = [0, 2]
for_minutes = [1, 2]
"""
SETTINGS = """
[[settings]]
app = "workers"
key = "workers"
values = ["1", "3"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ORDERS / "stack.py", tmp_path)
    return tmp_path


def campaign(folder: Path, text: str) -> Path:
    path = folder / "campaign.toml"
    path.write_text(text)
    return path


def test_the_campaign_that_is_shipped_can_be_read() -> None:
    assert len(draws(read(ORDERS / "campaign.toml"))) == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "campaign.toml"),
        (SMALL + "colour = 3\n", "colour"),
        (SMALL.replace("seeds = 4", "seeds = 0"), "1 or more"),
        (SMALL.replace("stack.py", "nothing.py"), "nothing.py"),
        (SMALL + FAULT.replace("[0, 2]", "[2, 0]"), "backwards"),
        (SMALL + FAULT.replace('"unavailable"', '"sad"'), "sad"),
        (SMALL + FAULT.replace('"unavailable"', '"crash"'), "crash fault needs to know when"),
        (SMALL + FAULT.replace('"unavailable"', '"slow"'), "delay_ms"),
        (SMALL + FAULT.replace('"sqs"', '"sqz"'), "no AWS service 'sqz'"),
    ],
)
def test_a_file_that_is_no_campaign_is_refused_in_words(folder: Path, text: str, said: str) -> None:
    with pytest.raises(BadCampaign, match=said):
        read(campaign(folder, text))


def test_a_missing_file_is_refused(folder: Path) -> None:
    with pytest.raises(BadCampaign, match="cannot be read"):
        read(folder / "nothing.toml")


def test_draws_are_the_same_every_time_and_differ_by_seed(folder: Path) -> None:
    plan = read(campaign(folder, SMALL.replace("seeds = 4", "seeds = 60") + FAULT + SETTINGS))
    drawn = draws(plan)
    assert drawn == draws(plan)
    happened = sum(1 for draw in drawn if draw.faults)
    assert 24 <= happened <= 48, "about 60 percent"
    assert {draw.settings["workers"]["workers"] for draw in drawn} == {"1", "3"}
    assert all(50 <= fault.members["percent"] <= 100 for draw in drawn for fault in draw.faults)


def test_a_grid_takes_every_value_with_every_seed(folder: Path) -> None:
    drawn = draws(read(campaign(folder, SMALL + 'mode = "grid"\n' + SETTINGS)))
    assert [(draw.settings["workers"]["workers"], draw.seed) for draw in drawn] == [
        (value, seed) for value in ("1", "3") for seed in (1, 2, 3, 4)
    ]


def test_good_weather_serves_everything(folder: Path) -> None:
    runs = list(run_all(campaign(folder, SMALL), jobs=1))
    assert all(run.asked > 200 and run.served == run.asked and not run.causes for run in runs)


def test_an_outage_shows_and_is_named(folder: Path) -> None:
    always = FAULT.replace("chance = 60", "chance = 100").replace("[50, 100]", "[100, 100]").replace("[1, 2]", "[2, 2]")
    runs = list(run_all(campaign(folder, SMALL + always), jobs=1))
    assert any(run.served < run.asked for run in runs)
    assert all(any("sqs is unavailable in us-east-1 for" in cause for cause in run.causes) for run in runs)
    assert not any("fault-" in cause for run in runs for cause in run.causes)


def test_a_lost_answer_makes_duplicates_and_is_named(folder: Path) -> None:
    lost = """
[[faults]]
kind = "crash"
when = "after"
service = "sns"
operation = "Publish"
percent = [30, 30]
at_minutes = [0, 0]
for_minutes = [3, 3]
"""
    runs = list(run_all(campaign(folder, SMALL + lost), jobs=1))
    assert all(any("crash" in cause or "process" in cause for cause in run.causes) for run in runs), runs[0].causes


def test_processes_do_not_change_the_result(folder: Path) -> None:
    path = campaign(folder, SMALL + FAULT + SETTINGS)
    assert list(run_all(path, jobs=1)) == list(run_all(path, jobs=2))


@pytest.mark.slow
def test_a_two_node_ray_cluster_does_not_change_the_result(folder: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra: pip install 'foulweather[ray]'")
    from ray.cluster_utils import Cluster

    path = campaign(folder, SMALL + FAULT + SETTINGS)
    here = list(run_all(path, jobs=1))
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    try:
        assert list(run_all_on_ray(path, cluster.address)) == here
    finally:
        cluster.shutdown()


def made(seed: int, served: int, asked: int = 100, p95_ms: int = 10, **causes: int) -> Run:
    return Run(Draw(seed, {}, []), asked, served, asked - served, 0, 0, 5, p95_ms, 20, dict(causes))


def test_the_summary_has_the_mean_its_interval_and_the_worst_first() -> None:
    told = summarised("t", [made(1, 100), made(2, 90, broke=3), made(3, 95, broke=1), made(4, 100)])
    assert told.availability.mean == 0.9625
    # 1.959964 * stdev(1, .9, .95, 1) / 2, by hand: stdev = 0.0478714
    assert told.availability.low == pytest.approx(0.9625 - 0.046914, abs=1e-5)
    assert told.availability.high == 1.0
    assert [worst.seed for worst in told.worst] == [2, 3]
    assert told.causes == {"broke": 2}
    assert told.perfect_runs.mean == 0.5
    assert (told.perfect_runs.low, told.perfect_runs.high) == pytest.approx((0.150036, 0.849964), abs=1e-5)


def test_the_same_runs_give_the_same_summary() -> None:
    runs = [made(1, 100), made(2, 90)]
    assert json.dumps(summarised("t", runs).__struct_fields__) == json.dumps(summarised("t", runs).__struct_fields__)
    assert summarised("t", runs) == summarised("t", list(runs))
