"""Distributed Maps: items from S3, batches, child executions, tolerated failures, results in S3, redrives."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.stepfunctions.workflows import PASS, Workflows, flow

READ = "arn:aws:states:::s3:getObject"


def spread(*states: tuple[str, dict[str, Any]], **further: Any) -> dict[str, Any]:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": further.pop("ExecutionType", "STANDARD")}
    return {"Type": "Map", "Label": "Each", "ItemProcessor": {"ProcessorConfig": config, **flow(*states)}, **further}


def reader(key: str, kind: str, **config: Any) -> dict[str, Any]:
    return {
        "Resource": READ,
        "ReaderConfig": {"InputType": kind, **config},
        "Parameters": {"Bucket": "items", "Key": key},
    }


def stored(flows: Workflows, key: str, body: bytes) -> None:
    flows.aws.s3.create_bucket({"Bucket": "items"})
    flows.aws.s3.put_object({"Bucket": "items", "Key": key, "Body": body})


async def settled(aws: Aws) -> None:
    await aws.advance(seconds=0)


async def test_each_item_is_an_execution_of_its_own(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(flow(("Each", spread(("Do", PASS)))), "states:*")
    arn = flows.start(machine, [1, 2, 3])
    assert flows.output(arn) == [1, 2, 3]
    (run,) = flows.sfn.list_map_runs({"executionArn": arn})["mapRuns"]
    told = flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})
    assert (told["status"], told["itemCounts"]["succeeded"], told["executionCounts"]["total"]) == ("SUCCEEDED", 3, 3)
    children = flows.sfn.list_executions({"mapRunArn": run["mapRunArn"]})["executions"]
    assert len(children) == 3
    child = flows.execution(children[0]["executionArn"])
    assert (child["mapRunArn"], child["input"]) == (run["mapRunArn"], "3")
    assert flows.kinds(arn)[2:7] == [
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
    ]


@pytest.mark.parametrize(
    ("key", "body", "given", "expected"),
    [
        (
            "a.csv",
            b"id,name\n1,x\n2,y\n",
            {"kind": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            [{"id": "1", "name": "x"}, {"id": "2", "name": "y"}],
        ),
        (
            "a.csv",
            b"1,x\n",
            {"kind": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]},
            [{"a": "1", "b": "x"}],
        ),
        ("a.json", b'[{"a": 1}, 2]', {"kind": "JSON"}, [{"a": 1}, 2]),
        ("a.jsonl", b'{"a": 1}\n{"a": 2}\n', {"kind": "JSONL"}, [{"a": 1}, {"a": 2}]),
        ("a.json", b"[1, 2, 3]", {"kind": "JSON", "MaxItems": 2}, [1, 2]),
    ],
)
async def test_items_are_read_from_a_file(
    aws: Aws, flows: Workflows, key: str, body: bytes, given: dict[str, Any], expected: list[Any]
) -> None:
    stored(flows, key, body)
    state = spread(("Do", PASS), ItemReader=reader(key, given.pop("kind"), **given))
    arn = flows.start(flows.machine(flow(("Each", state)), "s3:*", "states:*"))
    await settled(aws)
    assert flows.output(arn) == expected


async def test_objects_of_a_bucket_are_items(aws: Aws, flows: Workflows) -> None:
    stored(flows, "in/a", b"1")
    stored(flows, "in/b", b"22")
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "items", "Prefix": "in/"}}
    arn = flows.start(flows.machine(flow(("Each", spread(("Do", PASS), ItemReader=listing))), "s3:*", "states:*"))
    await settled(aws)
    assert [(each["Key"], each["Size"]) for each in flows.output(arn)] == [("in/a", 1), ("in/b", 2)]


async def test_a_file_that_is_not_there_fails_the_map(aws: Aws, flows: Workflows) -> None:
    flows.aws.s3.create_bucket({"Bucket": "items"})
    state = spread(("Do", PASS), ItemReader=reader("none.json", "JSON"))
    arn = flows.start(flows.machine(flow(("Each", state)), "s3:*", "states:*"))
    await settled(aws)
    assert flows.execution(arn)["error"] == "States.ItemReaderFailed"


async def test_batches_hold_items_and_an_input(aws: Aws, flows: Workflows) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"of.$": "$.of"}}
    state = spread(("Do", PASS), ItemsPath="$.items", ItemBatcher=batcher, ExecutionType="EXPRESS")
    arn = flows.start(flows.machine(flow(("Each", state)), "states:*"), {"items": [1, 2, 3], "of": "x"})
    assert flows.output(arn) == [
        {"BatchInput": {"of": "x"}, "Items": [1, 2]},
        {"BatchInput": {"of": "x"}, "Items": [3]},
    ]


async def test_no_more_executions_run_at_once_than_may(aws: Aws, flows: Workflows) -> None:
    state = spread(("Wait", {"Type": "Wait", "Seconds": 10}), MaxConcurrency=2)
    arn = flows.start(flows.machine(flow(("Each", state)), "states:*"), [1, 2, 3, 4, 5, 6])
    (run,) = flows.sfn.list_map_runs({"executionArn": arn})["mapRuns"]
    assert flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})["itemCounts"]["running"] == 2
    flows.sfn.update_map_run({"mapRunArn": run["mapRunArn"], "maxConcurrency": 4})
    assert flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})["itemCounts"]["running"] == 4
    await aws.advance(seconds=20)
    assert flows.output(arn) == [1, 2, 3, 4, 5, 6]
    with pytest.raises(AwsError, match="completed"):
        flows.sfn.update_map_run({"mapRunArn": run["mapRunArn"], "maxConcurrency": 4})


def odd_fail() -> list[tuple[str, dict[str, Any]]]:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericGreaterThan": 2, "Next": "Bad"}],
        "Default": "Good",
    }
    return [("Choose", choice), ("Good", PASS), ("Bad", {"Type": "Fail", "Error": "TooLarge"})]


async def test_failures_beyond_the_threshold_fail_the_map_run(aws: Aws, flows: Workflows) -> None:
    arn = flows.start(flows.machine(flow(("Each", spread(*odd_fail()))), "states:*"), [1, 2, 3])
    found = flows.execution(arn)
    assert found["error"] == "States.ExceedToleratedFailureThreshold"
    assert "MapRunFailed" in flows.kinds(arn)
    assert "TooLarge" in flows.why().because[0].because[0].cause
    tolerant = spread(*odd_fail(), ToleratedFailureCount=1)
    arn = flows.start(flows.machine(flow(("Each", tolerant)), "states:*", name="tolerant"), [1, 2, 3])
    assert flows.output(arn) == [1, 2]
    percent = spread(*odd_fail(), ToleratedFailurePercentage=30)
    arn = flows.start(flows.machine(flow(("Each", percent)), "states:*", name="percent"), [1, 2, 3])
    assert flows.execution(arn)["status"] == "FAILED"


async def test_results_are_written_to_a_bucket(aws: Aws, flows: Workflows) -> None:
    flows.aws.s3.create_bucket({"Bucket": "items"})
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "items", "Prefix": "out"}}
    state = spread(*odd_fail(), ResultWriter=writer, ToleratedFailureCount=1)
    arn = flows.start(flows.machine(flow(("Each", state)), "s3:*", "states:*"), [1, 2, 3])
    await settled(aws)
    told = flows.output(arn)["ResultWriterDetails"]
    assert told["Bucket"] == "items"
    manifest = json.loads(await read(flows, told["Key"]))
    assert {kind: len(files) for kind, files in manifest["ResultFiles"].items()} == {
        "FAILED": 1,
        "PENDING": 0,
        "SUCCEEDED": 1,
    }
    written = json.loads(await read(flows, manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]))
    assert [(each["Input"], each["Output"], each["Status"]) for each in written] == [
        ("1", "1", "SUCCEEDED"),
        ("2", "2", "SUCCEEDED"),
    ]


async def read(flows: Workflows, key: str) -> bytes:
    body = flows.aws.s3.get_object({"Bucket": "items", "Key": key})["Body"]
    return body if isinstance(body, bytes) else b"".join([piece async for piece in body])


async def test_a_redrive_executes_what_failed_again(aws: Aws, flows: Workflows) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{aws.account}/inbox", "MessageBody.$": "$"},
        "ResultPath": None,
    }
    arn = flows.start(flows.machine(flow(("Each", spread(("Send", task)))), "sqs:*", "states:*"), ["a", "b"])
    assert flows.execution(arn)["status"] == "FAILED"
    (run,) = flows.sfn.list_map_runs({"executionArn": arn})["mapRuns"]
    before = flows.sfn.list_executions({"mapRunArn": run["mapRunArn"]})["executions"]
    assert {flows.execution(each["executionArn"])["redriveStatus"] for each in before} == {"REDRIVABLE_BY_MAP_RUN"}
    flows.queue()
    flows.sfn.redrive_execution({"executionArn": arn})
    assert flows.output(arn) == ["a", "b"]
    assert "MapRunRedriven" in flows.kinds(arn)
    # "Step Functions redrives the unsuccessful child workflow executions": the same ones, and no others.
    after = flows.sfn.list_executions({"mapRunArn": run["mapRunArn"]})["executions"]
    assert {each["executionArn"] for each in after} == {each["executionArn"] for each in before}
    for each in after:
        assert each["status"] == "SUCCEEDED"
        assert flows.execution(each["executionArn"])["redriveCount"] == 1
        assert "ExecutionRedriven" in flows.kinds(each["executionArn"])
    counts = flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})["executionCounts"]
    assert (counts["succeeded"], counts["failed"], counts["pending"], counts["pendingRedrive"]) == (2, 0, 0, 0)


async def test_thousands_of_items_are_taken_in_turns(aws: Aws, flows: Workflows) -> None:
    state = spread(("Do", {**PASS, "Result": 1}), ExecutionType="EXPRESS", ResultPath=None)
    arn = flows.start(flows.machine(flow(("Each", state)), "states:*"), list(range(2_500)))
    assert flows.execution(arn)["status"] == "RUNNING"
    await aws.advance(ms=0)
    assert flows.execution(arn)["status"] == "SUCCEEDED"
    (run,) = flows.sfn.list_map_runs({"executionArn": arn})["mapRuns"]
    assert flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})["executionCounts"]["succeeded"] == 2_500


async def test_no_items_and_a_stopped_parent_end_the_map_run(aws: Aws, flows: Workflows) -> None:
    machine = flows.machine(flow(("Each", spread(("Wait", {"Type": "Wait", "Seconds": 10})))), "states:*")
    assert flows.output(flows.start(machine, [])) == []
    arn = flows.start(machine, [1, 2])
    flows.sfn.stop_execution({"executionArn": arn})
    (run,) = flows.sfn.list_map_runs({"executionArn": arn})["mapRuns"]
    told = flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})
    assert (told["status"], told["executionCounts"]["aborted"], told["executionCounts"]["running"]) == ("ABORTED", 2, 0)
    assert flows.kinds(arn)[-2:] == ["MapRunAborted", "ExecutionAborted"]
    assert aws.world.agenda.next_ms() is None
    flows.sfn.redrive_execution({"executionArn": arn})
    await aws.advance(seconds=10)
    assert flows.output(arn) == [1, 2]


async def test_the_context_says_where_an_item_was_read(aws: Aws, flows: Workflows) -> None:
    aws.s3.create_bucket({"Bucket": "data"})
    written = aws.s3.put_object({"Bucket": "data", "Key": "in/a.json", "Body": b"[1]"})
    if hasattr(written, "__await__"):
        await written
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **flow(("P", PASS))}
    file = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "data", "Key": "in/a.json"},
    }
    listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "data", "Prefix": "in/"}}
    found: list[Any] = []
    for number, reader in enumerate(({"ItemReader": file}, {"ItemReader": listing}, {"ItemsPath": "$"})):
        selected = {"source.$": "$$.Map.Item.Source"}
        state = {"Type": "Map", "ItemProcessor": processor, "ItemSelector": selected, **reader}
        arn = flows.start(flows.machine(flow(("Many", state)), "*", name=f"m{number}"), [1])
        await aws.advance(seconds=2)
        found += flows.output(arn)
    assert [each["source"] for each in found] == ["S3://data/in/a.json", "S3://data", "STATE_DATA"]
