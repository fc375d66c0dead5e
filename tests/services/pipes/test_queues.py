from __future__ import annotations

import json
from typing import Any

from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.trace import Traces
from harness import Aws
from services.pipes.piped import Pipes

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def filters(*patterns: dict[str, Any]) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)} for pattern in patterns]}}


async def test_messages_go_from_a_queue_to_another(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    told = await pipes.made(source, target)
    assert (told["CurrentState"], told["DesiredState"]) == ("RUNNING", "RUNNING")
    assert told["SourceParameters"]["SqsQueueParameters"] == {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}
    sent = pipes.send(source, {"order": 7})
    await aws.advance(seconds=1)
    (body,) = pipes.bodies(target)
    event = json.loads(body)
    assert (event["messageId"], event["body"], event["eventSource"]) == (sent, '{"order": 7}', "aws:sqs")
    await aws.advance(seconds=60)
    assert pipes.bodies(source) == []


async def test_filters_delete_what_does_not_pass(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    template = {"TargetParameters": {"InputTemplate": '{"number": <$.body.order>, "of": "<aws.pipes.pipe-name>"}'}}
    await pipes.made(source, target, SourceParameters=filters({"body": {"order": [{"numeric": [">", 5]}]}}), **template)
    for body in ({"order": 7}, {"order": 3}, "no json"):
        pipes.send(source, body)
    await aws.advance(seconds=60)
    assert pipes.bodies(target) == ['{"number": 7, "of": "p"}']
    assert pipes.bodies(source) == []


async def test_free_text_and_paths_alone_are_templates_too(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target, TargetParameters={"InputTemplate": "Order <$.body.order> of <$.body.who>"})
    pipes.send(source, {"order": 7, "who": "Ada"})
    await aws.advance(seconds=1)
    assert pipes.bodies(target) == ["Order 7 of Ada"]


async def test_an_express_workflow_enriches(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    machine = pipes.machine(PASS)
    await pipes.made(
        source,
        target,
        Enrichment=machine,
        EnrichmentParameters={"InputTemplate": '{"order": <$.body.order>}'},
        TargetParameters={"InputTemplate": '{"enriched": <$.order>}'},
    )
    pipes.send(source, {"order": 7})
    pipes.send(source, {"order": 8})
    await aws.advance(seconds=2)
    assert sorted(pipes.bodies(target)) == ['{"enriched": 7}', '{"enriched": 8}']


async def test_an_enrichment_without_an_answer_leaves_the_target_alone(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    nothing: dict[str, Any] = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": [], "End": True}}}
    await pipes.made(source, target, Enrichment=pipes.machine(nothing))
    pipes.send(source, "hello")
    await aws.advance(seconds=60)
    assert pipes.bodies(target) == pipes.bodies(source) == []
    assert len(aws.events("pipes.TargetSkipped")) == 1


async def test_what_the_target_refuses_comes_back_and_the_reason_is_on_record(aws: Aws, pipes: Pipes) -> None:
    dead = pipes.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2})
    source = pipes.queue("in", VisibilityTimeout="30", RedrivePolicy=redrive)
    target = pipes.queue("out")
    role = pipes.role("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    await pipes.made(source, target, RoleArn=role)
    pipes.send(source, "hello")
    await aws.advance(seconds=1)
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    causes = [hop.why.first_cause().cause for hop in trace.hops if hop.why is not None]
    assert any("sqs:sendmessage" in cause.lower() for cause in causes), causes
    await aws.advance(seconds=120)
    assert pipes.bodies(dead) == ["hello"]
    executed = aws.events("pipes.Executed")
    assert [event.facts["stage"] for event in executed] == ["Target", "Target"]


async def test_events_go_to_a_bus_with_parameters_out_of_them(aws: Aws, pipes: Pipes) -> None:
    source, heard = pipes.queue("in"), pipes.queue("heard")
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
    aws.sqs.set_queue_attributes({"QueueUrl": pipes.url(heard), "Attributes": {"Policy": policy}})
    aws.events_.put_rule({"Name": "r", "EventPattern": '{"detail-type":["shipped"],"source":["shop"]}'})
    aws.events_.put_targets({"Rule": "r", "Targets": [{"Id": "q", "Arn": heard, "InputPath": "$.detail"}]})
    bus = f"arn:aws:events:us-east-1:{aws.account}:event-bus/default"
    told = {"DetailType": "$.body.kind", "Source": "shop"}
    parameters = {"EventBridgeEventBusParameters": told, "InputTemplate": "<$.body>"}
    await pipes.made(source, bus, TargetParameters=parameters)
    pipes.send(source, {"kind": "shipped"})
    pipes.send(source, {"kind": "lost"})
    await aws.advance(seconds=2)
    assert pipes.bodies(heard) == ['{"kind":"shipped"}']


async def test_a_log_group_gets_lines(aws: Aws, pipes: Pipes) -> None:
    source = pipes.queue("in")
    aws.logs.create_log_group({"logGroupName": "/pipes"})
    group = f"arn:aws:logs:us-east-1:{aws.account}:log-group:/pipes"
    told = {"LogStreamName": "$.body.who"}
    await pipes.made(
        source, group, TargetParameters={"CloudWatchLogsParameters": told, "InputTemplate": "<$.body.say>"}
    )
    pipes.send(source, {"who": "ada", "say": "hello"})
    await aws.advance(seconds=2)
    got = aws.logs.get_log_events({"logGroupName": "/pipes", "logStreamName": "ada"})["events"]
    assert [event["message"] for event in got] == ["hello"]


async def test_a_stopped_pipe_leaves_messages_where_they_are(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target)
    assert aws.pipes.stop_pipe({"Name": "p"})["CurrentState"] == "STOPPING"
    await aws.advance(seconds=10)
    assert pipes.shown()["CurrentState"] == "STOPPED"
    pipes.send(source, "hello")
    await aws.advance(seconds=60)
    assert pipes.bodies(target) == []
    aws.pipes.start_pipe({"Name": "p"})
    await aws.advance(seconds=11)
    assert len(pipes.bodies(target)) == 1


async def test_a_day_without_messages_is_a_moment(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target)
    await aws.advance(seconds=86_400)
    pipes.send(source, "hello")
    await aws.advance(seconds=1)
    assert len(pipes.bodies(target)) == 1


async def test_executions_are_counted(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target)
    pipes.send(source, "hello")
    await aws.advance(seconds=120)
    for name, total in (("Invocations", 1), ("EventCount", 1), ("ExecutionFailed", None)):
        got = aws.cloudwatch.get_metric_statistics(
            {
                "Namespace": "AWS/EventBridge/Pipes",
                "MetricName": name,
                "Dimensions": [{"Name": "PipeName", "Value": "p"}],
                "StartTime": aws.now - 300_000,
                "EndTime": aws.now,
                "Period": 300,
                "Statistics": ["Sum"],
            }
        )["Datapoints"]
        assert [point["Sum"] for point in got] == ([] if total is None else [total])


async def test_a_pipe_is_at_work_again_after_a_restart(aws: Aws, pipes: Pipes) -> None:
    source, target = pipes.queue("in"), pipes.queue("out")
    await pipes.made(source, target, TargetParameters={"InputTemplate": "<$.body>"})
    again = Pipes(Aws(Pipeline(aws.world.fork("again"), aws.pipeline.services, aws.pipeline.gates)))
    aws.world.close()
    again.send(source, "hello")
    await again.aws.advance(seconds=25)
    assert again.bodies(target) == ["hello"]
    again.aws.world.close()


async def test_an_event_on_a_bus_says_which_pipe_it_came_through(aws: Aws, pipes: Pipes) -> None:
    source, heard = pipes.queue("in"), pipes.queue("heard")
    policy = '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}'
    aws.sqs.set_queue_attributes({"QueueUrl": pipes.url(heard), "Attributes": {"Policy": policy}})
    aws.events_.put_rule({"Name": "r", "EventPattern": '{"source":["Pipe p"]}'})
    aws.events_.put_targets({"Rule": "r", "Targets": [{"Id": "q", "Arn": heard}]})
    await pipes.made(source, f"arn:aws:events:us-east-1:{aws.account}:event-bus/default")
    pipes.send(source, "hello")
    await aws.advance(seconds=2)
    (body,) = pipes.bodies(heard)
    event = json.loads(body)
    assert (event["detail-type"], event["detail"]["body"]) == ("Event from aws:sqs", "hello")
