from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from harness import ACCOUNT, REGION, Aws
from services.lambda_.mapped import ROLE, THROTTLED, UUID, Failed, Stage, policy

ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:orders"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(monkeypatch).built()
    queue(stage.aws, "orders", VisibilityTimeout="30")
    return stage


def queue(aws: Aws, name: str, **attributes: str) -> None:
    aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})


def send(stage: Stage, *bodies: str, name: str = "orders", **more: Any) -> None:
    for body in bodies:
        stage.aws.sqs.send_message({"QueueUrl": name, "MessageBody": body, **more})


def left(stage: Stage, name: str = "orders") -> tuple[int, int]:
    """Messages that are visible, and those in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = stage.aws.sqs.get_queue_attributes({"QueueUrl": name, "AttributeNames": names})["Attributes"]
    return int(told[names[0]]), int(told[names[1]])


def bodies(stage: Stage) -> list[str]:
    return [body for batch in stage.batches for body in batch]


async def test_a_message_is_there_in_the_event_and_deleted_afterwards(stage: Stage) -> None:
    await stage.map(ARN, BatchSize=10)
    attribute = {"DataType": "String", "StringValue": "gold"}
    binary = {"DataType": "Binary", "BinaryValue": b"\x00\x01"}
    send(stage, "one", MessageAttributes={"tier": attribute, "raw": binary})
    await stage.advance(ms=1)
    (record,) = stage.events[0]["Records"]
    assert record["body"] == "one"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == ARN
    assert record["awsRegion"] == REGION
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert set(record["attributes"]) >= {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"}
    lists: dict[str, list[str]] = {"stringListValues": [], "binaryListValues": []}
    assert record["messageAttributes"]["tier"] == {"stringValue": "gold", **lists, "dataType": "String"}
    assert record["messageAttributes"]["raw"] == {"binaryValue": "AAE=", **lists, "dataType": "Binary"}
    assert left(stage) == (0, 0)


async def test_a_batch_has_at_most_its_size(stage: Stage) -> None:
    send(stage, *"abcdefghijklm")
    await stage.map(ARN, BatchSize=5)
    assert sorted(map(len, stage.batches), reverse=True) == [5, 5, 3]
    assert left(stage) == (0, 0)


async def test_a_window_gathers_until_it_is_over_or_the_batch_is_full(stage: Stage) -> None:
    stage.aws.sqs.set_queue_attributes({"QueueUrl": "orders", "Attributes": {"VisibilityTimeout": "120"}})
    await stage.map(ARN, BatchSize=100, MaximumBatchingWindowInSeconds=10)
    send(stage, "a")
    await stage.advance(seconds=4)
    send(stage, "b")
    await stage.advance(seconds=5)
    assert stage.batches == []
    await stage.advance(seconds=2)
    assert sorted(bodies(stage)) == ["a", "b"]


async def test_after_an_error_the_messages_come_back_and_at_last_go_to_the_dead_letter_queue(stage: Stage) -> None:
    queue(stage.aws, "dead")
    redrive = json.dumps({"deadLetterTargetArn": f"{ARN[:-6]}dead", "maxReceiveCount": 3})
    stage.aws.sqs.set_queue_attributes({"QueueUrl": "orders", "Attributes": {"RedrivePolicy": redrive}})

    def handler(event: dict[str, Any]) -> None:
        raise Failed

    stage.handler = handler
    await stage.map(ARN, BatchSize=10)
    send(stage, "poison")
    await stage.advance(seconds=29)
    assert len(stage.events) == 1
    assert left(stage) == (0, 1)
    await stage.advance(seconds=200)
    assert stage.batches == [["poison"]] * 3
    assert [at_ms - stage.at_ms[0] for at_ms in stage.at_ms] == [0, 30_000, 60_000]
    assert left(stage, "dead") == (1, 0)
    failures = [reason for reason in stage.reasons() if "The function failed with 1 record(s) (Unhandled)" in reason]
    assert len(failures) == 1


async def test_what_a_partial_response_names_comes_back_alone(stage: Stage) -> None:
    def handler(event: dict[str, Any]) -> dict[str, Any]:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    stage.handler = handler
    send(stage, "good", "bad", "fine")
    await stage.map(ARN, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert left(stage) == (0, 1)
    await stage.advance(seconds=30)
    assert stage.batches[1:] == [["bad"]]


@pytest.mark.parametrize(
    ("answer", "is_success"),
    [
        (None, True),
        ({}, True),
        ({"batchItemFailures": None}, True),
        ({"batchItemFailures": []}, True),
        (b"{", False),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, False),
        ({"batchItemFailures": [{"id": "x"}]}, False),
        ({"batchItemFailures": [{"itemIdentifier": "of nothing here"}]}, False),
    ],
)
async def test_what_is_no_report_fails_the_whole_batch(stage: Stage, answer: Any, is_success: bool) -> None:
    stage.handler = lambda event: answer
    send(stage, "a", "b")
    await stage.map(ARN, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    assert left(stage) == ((0, 0) if is_success else (0, 2))


async def test_a_report_means_nothing_where_it_is_not_asked_for(stage: Stage) -> None:
    stage.handler = lambda event: {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}
    send(stage, "a")
    await stage.map(ARN, BatchSize=10)
    assert left(stage) == (0, 0)


async def test_what_the_filters_refuse_is_deleted_unseen(stage: Stage) -> None:
    pattern = json.dumps({"body": {"kind": ["order"]}})
    send(stage, '{"kind": "order"}', '{"kind": "refund"}', "plain")
    await stage.map(ARN, BatchSize=10, FilterCriteria={"Filters": [{"Pattern": pattern}]})
    assert stage.batches == [['{"kind": "order"}']]
    assert left(stage) == (0, 0)
    (done,) = stage.aws.events("lambda.BatchProcessed")
    assert done.facts["filtered"] == 2
    assert done.facts["deleted"] == 3


async def test_a_throttled_batch_is_tried_again_until_its_visibility_timeout_is_over(stage: Stage) -> None:
    def handler(event: dict[str, Any]) -> None:
        raise THROTTLED

    stage.handler = handler
    await stage.map(ARN, BatchSize=10)
    send(stage, "a")
    await stage.advance(seconds=29)
    tries = len(stage.events)
    assert tries > 3
    assert {event["Records"][0]["attributes"]["ApproximateReceiveCount"] for event in stage.events} == {"1"}
    stage.handler = lambda event: None
    await stage.advance(seconds=5)
    assert stage.events[-1]["Records"][0]["attributes"]["ApproximateReceiveCount"] == "2"
    assert left(stage) == (0, 0)
    assert any("could not be invoked with 1 message(s)" in reason for reason in stage.reasons())


async def test_five_batches_run_at_once_and_more_with_time(stage: Stage) -> None:
    stage.aws.sqs.set_queue_attributes({"QueueUrl": "orders", "Attributes": {"VisibilityTimeout": "1000"}})
    stage.duration_ms = 2_000
    send(stage, *[str(number) for number in range(600)])
    await stage.map(ARN, BatchSize=1)
    await stage.advance(ms=100)
    assert stage.most == 5
    await stage.advance(seconds=20)
    assert 60 <= stage.most <= 110  # five a second more
    await stage.advance(seconds=60)
    assert Counter(bodies(stage)) == Counter(str(number) for number in range(600))
    await stage.advance(seconds=60)
    assert stage.running == 0


async def test_a_visibility_timeout_shorter_than_the_function_has_messages_processed_again(stage: Stage) -> None:
    stage.duration_ms = 40_000
    await stage.map(ARN, BatchSize=10)
    send(stage, "a")
    await stage.advance(seconds=95)
    assert stage.batches == [["a"]] * 4
    assert stage.most == 2


async def test_maximum_concurrency_is_kept(stage: Stage) -> None:
    stage.duration_ms = 1_000
    send(stage, *[str(number) for number in range(40)])
    await stage.map(ARN, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    await stage.advance(seconds=19)
    assert stage.most == 2
    await stage.advance(seconds=3)
    assert left(stage) == (0, 0)


async def test_a_fifo_queue_has_one_batch_of_a_group_at_a_time_in_order(stage: Stage) -> None:
    queue(stage.aws, "steps.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for number in range(12):
        send(stage, f"{number % 2}-{number:02}", name="steps.fifo", MessageGroupId=str(number % 2))
    stage.duration_ms = 1_000
    await stage.map(f"{ARN[:-6]}steps.fifo", BatchSize=2)
    await stage.advance(seconds=20)
    assert stage.most == 2
    seen = bodies(stage)
    for group in "01":
        mine = [body for body in seen if body[0] == group]
        assert mine == sorted(mine)
    assert len(seen) == 12


async def test_messages_that_do_not_fit_one_payload_go_in_several(stage: Stage) -> None:
    stage.aws.sqs.set_queue_attributes({"QueueUrl": "orders", "Attributes": {"MaximumMessageSize": "1048576"}})
    send(stage, *["x" * 1_000_000] * 10)
    await stage.map(ARN, BatchSize=10)
    assert sorted(map(len, stage.batches)) == [4, 6]
    assert left(stage) == (0, 0)


async def test_a_queue_of_another_account_is_read_if_its_policy_lets_the_role(stage: Stage) -> None:
    other = stage.aws.in_account("444455556666")
    queue(other, "theirs")
    other.sqs.send_message({"QueueUrl": "theirs", "MessageBody": "a"})
    await stage.map(f"arn:aws:sqs:{REGION}:444455556666:theirs", BatchSize=10)
    await stage.advance(seconds=60)
    assert stage.events == []
    statement = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sqs:*", "Resource": "*"}
    other.sqs.set_queue_attributes({"QueueUrl": "theirs", "Attributes": {"Policy": policy(statement)}})
    await stage.advance(seconds=60)
    assert stage.batches == [["a"]]
    assert other.sqs.receive_message({"QueueUrl": "theirs"}) == {}


async def test_a_role_that_may_not_receive_is_on_record_and_works_once_it_may(stage: Stage) -> None:
    stage.allow("sqs:DeleteMessage")
    send(stage, "a")
    await stage.map(ARN, BatchSize=10)
    await stage.advance(seconds=10)
    assert stage.events == []
    assert any("sqs:receivemessage" in reason for reason in stage.reasons())
    stage.allow("sqs:*")
    await stage.advance(seconds=30)
    assert stage.batches == [["a"]]


async def test_a_role_that_may_not_delete_sees_its_messages_again(stage: Stage) -> None:
    stage.allow("sqs:ReceiveMessage", "sqs:GetQueueAttributes")
    send(stage, "a")
    await stage.map(ARN, BatchSize=10)
    await stage.advance(seconds=31)
    assert stage.batches == [["a"], ["a"]]


async def test_a_disabled_mapping_receives_nothing_more(stage: Stage) -> None:
    await stage.map(ARN, BatchSize=10)
    stage.mapping.state = "Disabled"
    await stage.poll()
    send(stage, "a")
    await stage.advance(seconds=60)
    assert stage.events == []
    assert left(stage) == (1, 0)
    assert stage.aws.world.in_flight == 0


async def test_what_is_in_hand_when_it_is_disabled_is_brought_to_its_end(stage: Stage) -> None:
    stage.duration_ms = 5_000
    send(stage, "a")
    await stage.map(ARN, BatchSize=10)
    stage.mapping.state = "Disabled"
    await stage.poll()
    await stage.advance(seconds=6)
    assert stage.batches == [["a"]]
    assert left(stage) == (0, 0)


async def test_an_idle_mapping_makes_two_long_polls_at_a_time(stage: Stage) -> None:
    await stage.map(ARN, BatchSize=10)
    await stage.advance(seconds=3600)
    assert 2 * 178 <= len(stage.aws.events("sqs.EmptyReceive")) <= 2 * 182


async def test_a_fork_goes_on_polling(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.gates import GATES
    from foulweather.kernel.pipeline import Pipeline

    await stage.map(ARN, BatchSize=10)
    other = Stage(monkeypatch, Aws(Pipeline(stage.aws.world.fork("other"), stage.aws.pipeline.services, GATES)))
    send(other, "a")
    await other.advance(seconds=21)
    assert other.batches == [["a"]]
    assert other.mapping.uuid == UUID


async def test_provisioned_pollers_have_ten_invocations_each_at_once(stage: Stage) -> None:
    pollers = {"MinimumPollers": 2, "MaximumPollers": 3}
    stage.duration_ms = 10_000
    await stage.map(ARN, BatchSize=1, ProvisionedPollerConfig=pollers, MetricsConfig={"Metrics": ["EventCount"]})
    send(stage, *map(str, range(60)))
    await stage.advance(ms=1)
    assert stage.running == 20
    await stage.advance(seconds=30)
    assert stage.most == 30
    await stage.advance(seconds=30)
    assert left(stage) == (0, 0)
    assert {event.facts["is_measured"] for event in stage.aws.events("lambda.BatchProcessed")} == {True}
