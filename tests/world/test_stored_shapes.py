"""A data directory that an older version wrote opens, with all that was acknowledged in it."""

from __future__ import annotations

import copy
import importlib.util
import json
import sqlite3
import sys
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from foulweather.world.log import FILE_NAME, FORMAT
from foulweather.world.world import World
from harness import new_aws

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shaping() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stored_shapes", ROOT / "scripts" / "stored_shapes.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["stored_shapes"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return json.loads((ROOT / "tests" / "world" / "stored_shapes.json").read_text())


def test_rows_that_were_ever_recorded_can_still_be_read(shaping: ModuleType, recorded: dict[str, Any]) -> None:
    now = json.loads(json.dumps(shaping.shapes()))
    assert shaping.breaks(recorded, now) == []
    unrecorded = [path for path in now if recorded.get(path) != now[path]]
    assert unrecorded == [], "python scripts/stored_shapes.py records them"


def test_what_would_make_old_rows_unreadable_is_named(shaping: ModuleType, recorded: dict[str, Any]) -> None:
    path = "services.sqs.state/queues"
    for change, told in (
        (lambda fields: fields.update(new={"required": True, "type": {"is": "int"}}), "new and has no default"),
        (lambda fields: fields["name"].update(type={"is": "int"}), "was"),
    ):
        changed = copy.deepcopy(recorded)
        change(changed[path]["row"]["fields"])
        assert [told in each for each in shaping.breaks(recorded, changed)] == [True]
    gone = {each: shape for each, shape in recorded.items() if each != path}
    assert len(shaping.breaks(recorded, gone)) == 1
    more = copy.deepcopy(recorded)
    more[path]["row"]["fields"]["new"] = {"required": False, "type": {"is": "int"}}
    assert shaping.breaks(recorded, more) == []


@pytest.fixture
def of_format_2(tmp_path: Path) -> Path:
    """What a server of format 2 left behind when it was killed: nothing was folded."""
    with tarfile.open(Path(__file__).parent / "data" / "format-2.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


async def test_a_world_of_format_2_opens_whole(of_format_2: Path) -> None:
    aws = new_aws(world=World(directory=of_format_2)).in_account("000000000000")
    queue = aws.sqs.get_queue_url({"QueueName": "orders"})["QueueUrl"]
    assert [message["Body"] for message in aws.sqs.receive_message({"QueueUrl": queue})["Messages"]] == ["kept"]
    item = aws.dynamodb.get_item({"TableName": "items", "Key": {"id": {"S": "1"}}})["Item"]
    assert item == {"id": {"S": "1"}, "n": {"N": "42"}}
    logged = aws.logs.filter_log_events({"logGroupName": "app"})["events"]
    assert [event["message"] for event in logged] == ["ERROR kept"]
    secret = await aws.ssm.get_parameter({"Name": "/app/x", "WithDecryption": True})
    assert secret["Parameter"]["Value"] == "1"
    assert aws.lambda_.get_function({"FunctionName": "adder"})["Configuration"]["State"] == "Active"
    assert aws.cloudtrail.get_trail_status({"Name": "audit"})["IsLogging"] is True
    assert aws.cloudwatch.describe_alarms({})["MetricAlarms"][0]["AlarmName"] == "depth"
    aws.world.close()


def test_once_opened_it_is_of_this_format(of_format_2: Path) -> None:
    World(directory=of_format_2).close()
    database = sqlite3.connect(of_format_2 / FILE_NAME)
    assert database.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (FORMAT,)
    database.close()
