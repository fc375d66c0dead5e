"""Executions in X-Ray: who decides, what they hand on, and which segments there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.trace import Traces as Hops
from harness import ACCOUNT, Aws
from services.lambda_.packaged import modelled, role
from services.stepfunctions.workflows import PASS, SEND, URL, Workflows, flow
from services.xray.sent import Traces

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"
STORES = """duration_ms = 40
[[calls]]
service = "dynamodb"
operation = "put_item"
request = {TableName = "orders", Item = {id = {S = "7"}}}
"""
TRACED: dict[str, Any] = {"tracingConfiguration": {"enabled": True}}
HEADER = "Root=1-67890abc-1234567890abcdef12345678;Parent=1111111111111111;Sampled=1"
TELL = {"Type": "Task", "Resource": SEND, "Parameters": {"QueueUrl": URL, "MessageBody": "m"}}


@pytest.fixture
def traces(aws: Aws) -> Traces:
    return Traces(aws)


def documents(traces: Traces, *ids: str) -> list[dict[str, Any]]:
    found = list(ids) or [each["Id"] for each in traces.summaries()]
    shown = traces.aws.xray.batch_get_traces({"TraceIds": found})["Traces"] if found else []
    return [json.loads(segment["Document"]) for trace in shown for segment in trace["Segments"]]


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
async def test_one_trace_goes_from_a_state_machine_through_a_function_to_a_table(
    aws: Aws, flows: Workflows, traces: Traces, kind: str
) -> None:
    role(aws, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    aws.dynamodb.create_table(
        {
            "TableName": "orders",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }
    )
    await aws.advance(seconds=10)
    await modelled(aws, STORES, TracingConfig={"Mode": "PassThrough"})
    states = flow(("Look", PASS), ("Store", {"Type": "Task", "Resource": FUNCTION}))
    states["States"]["Look"] = {"Type": "Pass", "Next": "Store"}
    flows.start(flows.machine(states, "*", type=kind, **TRACED))
    await aws.advance(seconds=5)
    (summary,) = traces.summaries()
    by_origin = {each["origin"]: each for each in documents(traces)}
    machine = by_origin["AWS::StepFunctions::StateMachine"]
    assert [each["name"] for each in machine["subsegments"]] == ["Look", "Store"]
    (call,) = machine["subsegments"][1]["subsegments"]
    assert (call["name"], by_origin["AWS::Lambda"]["parent_id"]) == ("Lambda", call["id"])
    (stored,) = by_origin["AWS::Lambda::Function"]["subsegments"][1]["subsegments"]
    assert (stored["name"], stored["aws"]["table_name"]) == ("DynamoDB", "orders")
    assert (machine["name"], "fault" in machine, summary["EntryPoint"]["Name"]) == ("machine", False, "machine")


async def test_the_callers_trace_goes_on_and_its_decision_stands(flows: Workflows, traces: Traces) -> None:
    queue = flows.queue()
    flows.start(flows.machine(flow(("Tell", TELL)), "*", **TRACED), traceHeader=HEADER)
    await flows.aws.advance(seconds=1)
    (machine,) = documents(traces, "1-67890abc-1234567890abcdef12345678")
    assert machine["parent_id"] == "1" * 16
    (call,) = machine["subsegments"][0]["subsegments"]
    assert (call["name"], call["aws"]["queue_url"]) == ("SQS", URL)
    (message,) = flows.aws.sqs.receive_message({"QueueUrl": queue, "AttributeNames": ["All"]})["Messages"]
    assert message["Attributes"]["AWSTraceHeader"] == HEADER.replace("1" * 16, call["id"])
    flows.start(f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine", traceHeader=HEADER[:-1] + "0")
    await flows.aws.advance(seconds=1)
    assert len(documents(traces, "1-67890abc-1234567890abcdef12345678")) == 1


async def test_an_untraced_machine_hands_the_header_on_as_it_came(flows: Workflows, traces: Traces) -> None:
    queue = flows.queue()
    flows.start(flows.machine(flow(("Tell", TELL)), "*"), traceHeader=HEADER)
    await flows.aws.advance(seconds=1)
    (message,) = flows.aws.sqs.receive_message({"QueueUrl": queue, "AttributeNames": ["All"]})["Messages"]
    assert message["Attributes"]["AWSTraceHeader"] == HEADER
    assert traces.summaries() == []


async def test_a_task_that_fails_and_is_tried_again_shows_each_attempt(flows: Workflows, traces: Traces) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    flows.start(flows.machine(flow(("Tell", {**TELL, "Retry": retry})), "xray:*", **TRACED))
    await flows.aws.advance(seconds=3)
    (machine,) = documents(traces)
    assert machine["cause"]["exceptions"][0]["type"] == "SQS.AmazonSQSException"
    (state,) = machine["subsegments"]
    assert [each["fault"] for each in state["subsegments"]] == [True, True]
    assert state["subsegments"][1]["start_time"] - state["subsegments"][0]["start_time"] == pytest.approx(1)


async def test_a_role_that_may_not_send_has_no_traces_and_the_refusal_is_on_record(
    flows: Workflows, traces: Traces
) -> None:
    found = flows.start(flows.machine(flow(("Look", PASS)), **TRACED))
    await flows.aws.advance(seconds=1)
    assert flows.execution(found)["status"] == "SUCCEEDED"
    assert traces.summaries() == []
    wrong = flows.aws.world.state(Hops).last_wrong()
    assert wrong is not None
    hop = wrong.first_wrong()
    assert hop is not None
    assert (hop.service, hop.operation, hop.code) == ("xray", "PutTraceSegments", "AccessDeniedException")


async def test_the_children_of_a_map_run_are_in_its_trace(flows: Workflows, traces: Traces) -> None:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **flow(("Each", {"Type": "Pass"})),
    }
    states = flow(("Many", {"Type": "Map", "ItemProcessor": processor}))
    flows.start(flows.machine(states, "*", **TRACED), [1, 2])
    await flows.aws.advance(seconds=3)
    (summary,) = traces.summaries()
    found = documents(traces, summary["Id"])
    parents = [each.get("parent_id") for each in found]
    (own,) = [each["id"] for each in found if "parent_id" not in each]
    assert sorted(parents, key=str) == [own, own, None]
