"""`load run`: a load in a world of its own, in a copy of a running one, and in a saved one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.terminal import Shell

LOAD = """
title = "Queues are listed"
for_s = 60
[[clients]]
name = "web"
call = "sqs.GetQueueUrl"
per_s = 2
parameters = { QueueName = "orders" }
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    made = Shell(tmp_path_factory.mktemp("state"))
    yield made
    made.stop_what_runs()


@pytest.fixture
def load(tmp_path: Path) -> str:
    path = tmp_path / "load.toml"
    path.write_text(LOAD)
    return str(path)


def test_a_load_is_told_in_words_and_as_json_and_drawn(shell: Shell, load: str, tmp_path: Path) -> None:
    said = shell.run("load", "run", load)
    assert "Queues are listed" in said
    assert "QueueDoesNotExist" in said
    assert "p99" in said
    told = json.loads(shell.run("load", "run", load, "--json", "--plot", str(tmp_path / "out.svg")))
    web = told["clients"][0]
    assert web["errors"] == {"QueueDoesNotExist": web["asked"]}
    assert (tmp_path / "out.svg").read_text().startswith("<svg")


def test_another_seed_is_another_load(shell: Shell, load: str) -> None:
    one, same, other = (shell.run("load", "run", load, "--json", "--seed", seed) for seed in ("5", "5", "6"))
    assert one == same != other


def test_it_runs_in_a_copy_of_a_running_world_and_leaves_that_alone(shell: Shell, load: str, tmp_path: Path) -> None:
    shell.run("up", "--in-memory", "--clock", "held", "--seed", "1")
    try:
        built = tmp_path / "build.toml"
        built.write_text(LOAD.replace("GetQueueUrl", "CreateQueue"))
        before = json.loads(shell.run("clock", "show", "--json"))
        copied = json.loads(shell.run("load", "run", str(built), "--world", "default", "--json"))
        assert copied["clients"][0]["errors"] == {}
        found = json.loads(shell.run("load", "run", load, "--world", "default", "--json"))
        assert found["clients"][0]["served"] == 0
        assert json.loads(shell.run("clock", "show", "--json")) == before
        shell.run("snapshot", "save", str(tmp_path / "now.world"))
        again = json.loads(shell.run("load", "run", load, "--world-file", str(tmp_path / "now.world"), "--json"))
        assert again["clients"] == found["clients"]
    finally:
        shell.run("down")


def test_mistakes_are_told_in_words(shell: Shell, load: str, tmp_path: Path) -> None:
    assert "cannot be read" in shell.run("load", "run", str(tmp_path / "none.toml"), status=1)
    assert "neither .svg nor .png" in shell.run("load", "run", load, "--plot", "out.gif", status=1)
    assert "cannot be read" in shell.run("load", "run", load, "--world-file", str(tmp_path / "no.world"), status=1)
    (tmp_path / "bad.world").write_bytes(b"nonsense")
    assert shell.run("load", "run", load, "--world-file", str(tmp_path / "bad.world"), status=1)
