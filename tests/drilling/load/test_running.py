"""Loads from files: who asks, what comes of it, and that the same file gives the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from foulweather.drilling.load.plan import BadLoad, read
from foulweather.drilling.load.running import LoadRun, Outcome
from foulweather.kernel.services import Services
from foulweather.world.world import World

QUEUE = "https://sqs.us-east-1.amazonaws.com/{account}/orders"
SETUP = """
title = "t"
for_s = 120
drain_s = 60
[[setup]]
call = "sqs.CreateQueue"
parameters = { QueueName = "orders" }
[[setup]]
call = "iam.CreateUser"
parameters = { UserName = "shop" }
"""
CLIENT = f"""
[[clients]]
name = "shop"
call = "sqs.SendMessage"
key = "o-{{n}}"
per_s = 5
parameters = {{ QueueUrl = "{QUEUE}", MessageBody = '{{"key": "o-{{n}}"}}' }}
"""
WORKERS = f"""
[[workers]]
name = "workers"
queue_url = "{QUEUE}"
settings = {{ workers = 2, processing_ms = "100-200" }}
"""
ALLOWED = """
[[setup]]
call = "iam.PutUserPolicy"
[setup.parameters]
UserName = "shop"
PolicyName = "send"
PolicyDocument = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}]}'
"""

_services = Services()


def ran(folder: Path, text: str, world: World | None = None) -> tuple[LoadRun, Outcome]:
    path = folder / "load.toml"
    path.write_text(text)
    load = LoadRun(read(path), world, _services)
    asyncio.run(load.run())
    return load, load.outcome()


def test_requests_are_served_take_effect_and_are_told_over_time(tmp_path: Path) -> None:
    load, told = ran(tmp_path, SETUP + CLIENT + WORKERS)
    shop = told.clients[0]
    assert 500 < shop.asked == shop.served
    assert not shop.errors
    assert told.effects is not None
    assert told.effects["served"] == shop.asked
    assert 100 <= told.effects["latency_ms"]["p50"] < 1000
    assert told.workers["workers"]["deleted"] == shop.asked
    assert sum(step.ended for step in shop.timeline) == shop.asked
    assert told.end_ms - told.start_ms == 180_000
    assert load.picture().startswith("<svg")


def test_the_same_file_gives_the_same_and_another_seed_something_else(tmp_path: Path) -> None:
    one, other = (ran(tmp_path, SETUP + CLIENT + WORKERS)[1] for _ in range(2))
    assert one == other
    assert ran(tmp_path, "seed = 2\n" + SETUP + CLIENT + WORKERS)[1] != one


def test_a_user_without_a_policy_is_denied_and_one_with_it_served(tmp_path: Path) -> None:
    asks = CLIENT + 'callers = [{ user = "shop" }]\n'
    denied = ran(tmp_path, SETUP + asks.replace("parameters", "parameters", 1))[1].clients[0]
    assert denied.errors == {"AccessDenied": denied.asked}
    assert ran(tmp_path, SETUP + ALLOWED + asks)[1].clients[0].errors == {}


def test_callers_are_mixed_by_weight_and_place(tmp_path: Path) -> None:
    mixed = CLIENT + 'callers = [{ weight = 3 }, { region = "eu-west-1" }]\n'
    shop = ran(tmp_path, SETUP + mixed)[1].clients[0]
    assert set(shop.errors) == {"QueueDoesNotExist"}
    assert shop.errors["QueueDoesNotExist"] == pytest.approx(shop.asked / 4, rel=0.25)


def test_a_role_asks_with_its_own_policies(tmp_path: Path) -> None:
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'  # noqa: E501
    role = f"""
[[setup]]
call = "iam.CreateRole"
parameters = {{ RoleName = "web", AssumeRolePolicyDocument = '{trust}' }}
"""
    asks = CLIENT + 'callers = [{ role = "web" }]\n'
    assert set(ran(tmp_path, SETUP + role + asks)[1].clients[0].errors) == {"AccessDenied"}


def test_retries_are_attempts_and_no_requests(tmp_path: Path) -> None:
    again = CLIENT + 'callers = [{ region = "eu-west-1" }]\nsettings = { retry = "at-once", retry_on = "anything" }\n'
    shop = ran(tmp_path, SETUP + again)[1].clients[0]
    assert shop.attempts == 3 * shop.asked
    assert shop.errors == {"QueueDoesNotExist": shop.asked}


def test_a_refused_setup_call_is_told(tmp_path: Path) -> None:
    wrong = SETUP.replace('QueueName = "orders"', 'QueueName = "or ders"')
    told = ran(tmp_path, wrong + CLIENT)[1]
    assert told.refused_setup["sqs.CreateQueue"].startswith("InvalidParameterValue")


def test_it_runs_in_a_world_that_there_is(tmp_path: Path) -> None:
    load, _ = ran(tmp_path, SETUP + CLIENT)
    without_setup = 'title = "t"\nfor_s = 10\n' + CLIENT
    copy = load.world.fork("copy")
    told = ran(tmp_path, without_setup, copy)[1]
    assert told.clients[0].errors == {}
    assert told.start_ms == load.lab.now_ms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (CLIENT.replace("sqs.SendMessage", "sqs.SendPost"), "sqs.SendPost"),
        (CLIENT.replace("sqs.SendMessage", "nowhere.Do"), "nowhere.Do"),
        (CLIENT + 'callers = [{ user = "nobody" }]\n', "nobody"),
        (CLIENT + 'settings = { retries = "many" }\n', "no setting 'retries'"),
        (CLIENT + 'settings = { target = "x" }\n', "no setting 'target'"),
        (CLIENT + 'settings = { retry = "often" }\n', "retry is one of"),
        (CLIENT + WORKERS.replace("workers = 2", 'ledger = "x"'), "no setting 'ledger'"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadLoad, match=words):
        ran(tmp_path, SETUP + text)
