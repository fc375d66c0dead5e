"""Traces through Lambda, SNS and SQS: who decides, what the header says, and which segments there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel import tracing
from foulweather.kernel.segments import outcome
from foulweather.kernel.trace import Traces as Hops
from harness import ACCOUNT, Aws
from services.lambda_.packaged import modelled, role
from services.xray.sent import Traces

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:work"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
PUBLISHES = '[[calls]]\nservice = "sns"\noperation = "publish"\n'
MODEL = f'duration_ms = 40\n{PUBLISHES}request = {{TopicArn = "{TOPIC}", Message = "m"}}\n'


async def work(aws: Aws, model: str = MODEL, mode: str = "Active", name: str = "work") -> None:
    if name == "work":
        role(aws, [{"Effect": "Allow", "Action": "*", "Resource": "*"}])
    await modelled(aws, model, name=name, TracingConfig={"Mode": mode})


def documents(traces: Traces) -> list[dict[str, Any]]:
    found = [each["Id"] for each in traces.summaries()]
    shown = traces.aws.xray.batch_get_traces({"TraceIds": found})["Traces"] if found else []
    return [json.loads(segment["Document"]) for trace in shown for segment in trace["Segments"]]


def topic(aws: Aws, *, tracing_mode: str = "Active", subscribed: str = "sqs") -> None:
    aws.sns.create_topic({"Name": "orders", "Attributes": {"TracingConfig": tracing_mode}})
    if subscribed == "sqs":
        let_in = {
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"
        }  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": let_in})
        aws.sqs.create_queue({"QueueName": "inbox", "Attributes": {"Policy": policy}})
        aws.sns.subscribe({"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE})


def let_sns_in(aws: Aws) -> None:
    allow = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "xray:PutTraceSegments",
        "Resource": "*"
    }  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": allow})
    aws.xray.put_resource_policy({"PolicyName": "sns", "PolicyDocument": document})


async def test_of_invocations_in_one_second_one_is_traced_and_five_percent(aws: Aws, traces: Traces) -> None:
    await work(aws, "duration_ms = 1\n")
    await aws.advance(ms=1000 - aws.now % 1000)
    for _ in range(60):
        await aws.lambda_.invoke({"FunctionName": "work"})
    assert 1 <= len(traces.summaries()) <= 10


async def test_a_function_that_raises_is_a_fault_with_its_cause(aws: Aws, traces: Traces) -> None:
    await work(aws, 'duration_ms = 1\nerror_rate = 1.0\nerror_type = "KeyError"\nerror_message = "id"\n')
    await aws.lambda_.invoke({"FunctionName": "work"})
    by_origin = {each["origin"]: each for each in documents(traces)}
    function = by_origin["AWS::Lambda::Function"]
    assert function["cause"]["exceptions"][0]["type"] == "KeyError"
    assert by_origin["AWS::Lambda"]["fault"]
    assert [each["name"] for each in function["subsegments"]] == ["Initialization", "Invocation", "Overhead"]


async def test_the_header_goes_through_a_topic_into_a_queue(aws: Aws, traces: Traces) -> None:
    topic(aws)
    let_sns_in(aws)
    await work(aws)
    await aws.lambda_.invoke({"FunctionName": "work"})
    await aws.advance(seconds=1)
    by_origin = {each["origin"]: each for each in documents(traces)}
    (publish,) = by_origin["AWS::Lambda::Function"]["subsegments"][1]["subsegments"]
    assert (publish["name"], publish["aws"]["topic_arn"]) == ("SNS", TOPIC)
    assert by_origin["AWS::SNS"]["parent_id"] == publish["id"]
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox"
    (message,) = aws.sqs.receive_message({"QueueUrl": url, "AttributeNames": ["All"]})["Messages"]
    header = tracing.read(message["Attributes"]["AWSTraceHeader"])
    assert header is not None
    assert (header.root, header.parent, header.sampled) == (publish_root(by_origin), by_origin["AWS::SNS"]["id"], "1")


def publish_root(by_origin: dict[str, dict[str, Any]]) -> str:
    return by_origin["AWS::Lambda"]["trace_id"]


async def test_a_topic_that_x_ray_does_not_let_in_has_no_segment_and_the_reason_is_on_record(
    aws: Aws, traces: Traces
) -> None:
    topic(aws)
    await work(aws)
    await aws.lambda_.invoke({"FunctionName": "work"})
    await aws.advance(seconds=1)
    assert "AWS::SNS" not in {each["origin"] for each in documents(traces)}
    wrong = aws.world.state(Hops).last_wrong()
    assert wrong is not None
    hop = wrong.first_wrong()
    assert hop is not None
    assert (hop.service, hop.operation, hop.code) == ("xray", "PutTraceSegments", "AccessDeniedException")


async def test_a_topic_hands_the_trace_on_to_a_function(aws: Aws, traces: Traces) -> None:
    topic(aws, tracing_mode="PassThrough", subscribed="lambda")
    await work(aws)
    await work(aws, "duration_ms = 5\n", "PassThrough", "next")
    follow = ARN.replace("work", "next")
    aws.lambda_.add_permission(
        {
            "FunctionName": "next",
            "StatementId": "s",
            "Action": "lambda:InvokeFunction",
            "Principal": "sns.amazonaws.com",
        }
    )
    aws.sns.subscribe({"TopicArn": TOPIC, "Protocol": "lambda", "Endpoint": follow})
    await aws.lambda_.invoke({"FunctionName": "work"})
    await aws.advance(seconds=5)
    assert len(traces.summaries()) == 1
    found = {(each["name"], each["origin"]): each for each in documents(traces)}
    (publish,) = found["work", "AWS::Lambda::Function"]["subsegments"][1]["subsegments"]
    assert found["next", "AWS::Lambda"]["parent_id"] == publish["id"]
    names = {each["ReferenceId"]: each["Name"] for each in traces.graph()}
    function = next(
        each for each in traces.graph() if each.get("Type") == "AWS::Lambda::Function" and each["Name"] == "work"
    )
    assert [names[edge["ReferenceId"]] for edge in function["Edges"]] == ["next"]


async def test_a_function_of_a_queue_has_a_trace_of_its_own_that_is_linked(aws: Aws, traces: Traces) -> None:
    aws.sqs.create_queue({"QueueName": "inbox"})
    await work(aws, "duration_ms = 5\n")
    sender = traces.trace_id(7)
    header = f"Root={sender};Parent=00000000000000aa;Sampled=1"
    aws.sqs.send_message(
        {
            "QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/inbox",
            "MessageBody": "m",
            "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": header}},
        }
    )
    await aws.lambda_.create_event_source_mapping({"FunctionName": "work", "EventSourceArn": QUEUE})
    await aws.advance(seconds=30)
    service = next(each for each in documents(traces) if each["origin"] == "AWS::Lambda")
    assert service["trace_id"] != sender
    (link,) = service["links"]
    assert (link["trace_id"], link["id"]) == (sender, "00000000000000aa")


async def test_asynchronous_events_are_in_the_trace_of_who_sent_them(aws: Aws, traces: Traces) -> None:
    invokes = '[[calls]]\nservice = "lambda_"\noperation = "invoke"\n'
    request = 'request = {FunctionName = "next", InvocationType = "Event"}\n'
    await work(aws, f"duration_ms = 5\n{invokes}{request}")
    await work(aws, "duration_ms = 5\n", name="next")
    await aws.lambda_.invoke({"FunctionName": "work"})
    await aws.advance(seconds=5)
    assert {each["name"] for each in documents(traces)} == {"work", "next"}
    assert len(traces.summaries()) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Root=1-5759e988-bd862e3fe1be46a994272793", ("", "")),
        ("A=x;Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", ("53995c3f42cd8ad8", "1")),
        ("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?", ("", "")),
        ("Root=5759e988", None),
        ("nonsense", None),
    ],
)  # fmt: skip
def test_trace_headers(text: str, found: tuple[str, str] | None) -> None:
    header = tracing.read(text)
    assert (None if header is None else (header.parent, header.sampled)) == found


def test_the_flags_of_a_status() -> None:
    assert [outcome(status) for status in (200, 404, 429, 502)] == [
        {}, {"error": True}, {"error": True, "throttle": True}, {"fault": True}
    ]  # fmt: skip
