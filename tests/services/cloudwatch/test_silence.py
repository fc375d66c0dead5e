"""Alarms that never fire, and what is on record of why: no such metric, another dimension, too short a period."""

from __future__ import annotations

from typing import Any

from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Why
from harness import Aws
from services.cloudwatch.watching import alarm, put, state


def reasons(aws: Aws, operation: str = "EvaluateAlarm") -> list[Why]:
    hops = [hop for trace in aws.world.state(Traces) for hop in trace.hops]
    return [hop.why for hop in hops if hop.operation == operation and hop.why is not None]


def page(value: str) -> list[dict[str, str]]:
    return [{"Name": "Page", "Value": value}]


async def silent(aws: Aws, seconds: int = 300) -> Why:
    await aws.advance(seconds=seconds)
    assert state(aws) == "INSUFFICIENT_DATA"
    (why,) = reasons(aws)
    return why


async def test_a_namespace_that_nobody_publishes_to(aws: Aws) -> None:
    put(aws, 1)
    alarm(aws, Namespace="Shops")
    why = await silent(aws)
    assert "no metrics of the namespace Shops" in why.cause
    assert "the nearest is Shop" in why.cause
    assert '"Namespace": "Shop"' in why.remedy[0]


async def test_a_metric_name_with_a_slip(aws: Aws) -> None:
    put(aws, 1, name="Latency")
    alarm(aws, MetricName="Latencies")
    why = await silent(aws)
    assert why.cause == "Nothing was ever published as Latencies in Shop; the nearest is Latency."
    assert why.facts[0].property == "MetricName"
    assert why.facts[0].set_by is not None


async def test_a_dimension_that_differs_names_the_nearest(aws: Aws) -> None:
    put(aws, 1, Dimensions=page("checkout"))
    put(aws, 1, Dimensions=page("home"))
    alarm(aws, Dimensions=page("chekout"))
    why = await silent(aws)
    assert "Shop Latency {Page=checkout}" in why.cause
    assert "(Page=checkout, not chekout)" in why.cause
    assert why.facts[0].property == "Dimensions"


async def test_dimensions_that_are_left_out_are_no_sum_over_all(aws: Aws) -> None:
    put(aws, 1, Dimensions=page("home"))
    alarm(aws)
    assert "(with Page=home)" in (await silent(aws)).cause


async def test_the_remedy_mends_it(aws: Aws) -> None:
    import json
    import shlex

    put(aws, 200, Dimensions=page("checkout"))
    alarm(aws, Dimensions=page("chekout"))
    words = shlex.split((await silent(aws)).remedy[0])
    aws.cloudwatch.put_metric_alarm(json.loads(words[-1]))
    put(aws, 200, Dimensions=page("checkout"))
    await aws.advance(seconds=120)
    assert state(aws) == "ALARM"


async def test_another_unit(aws: Aws) -> None:
    put(aws, 1, Unit="Milliseconds")
    alarm(aws, Unit="Seconds")
    assert "is published in Milliseconds, and the alarm asks for Seconds" in (await silent(aws)).cause


async def test_a_period_shorter_than_what_is_published(aws: Aws) -> None:
    for _ in range(6):
        put(aws, 1)
        await aws.advance(seconds=1800)
    alarm(aws, Period=60, EvaluationPeriods=1)
    why = await silent(aws)
    assert "a datapoint about every 1800 seconds; the alarm looks at the last 180 seconds" in why.cause
    assert '"Period": 1800' in why.remedy[0]


async def test_a_high_resolution_alarm_on_a_standard_metric(aws: Aws) -> None:
    put(aws, 1)
    alarm(aws, Period=10)
    why = await silent(aws, 30)
    assert "standard resolution" in why.cause


async def test_a_metric_that_nothing_publishes_any_more(aws: Aws) -> None:
    alarm(aws)
    put(aws, 1)
    await aws.advance(seconds=3600)
    assert state(aws) == "INSUFFICIENT_DATA"
    (why,) = reasons(aws)
    assert "nothing publishes it any more" in why.cause
    assert '"TreatMissingData": "breaching"' in why.remedy[0]


async def test_it_is_told_once(aws: Aws) -> None:
    alarm(aws)
    await aws.advance(seconds=60)
    for _ in range(5):
        put(aws, 1, name="Other")
        await aws.advance(seconds=60)
    assert len(reasons(aws)) == 2, "of no such namespace, then of no such name"


async def test_an_alarm_with_data_says_nothing(aws: Aws) -> None:
    alarm(aws)
    put(aws, 1)
    await aws.advance(seconds=90)
    assert state(aws) == "OK"
    assert reasons(aws) == []


# --- alarms that cannot change cost nothing


async def test_nothing_is_on_the_agenda_while_no_alarm_can_change(aws: Aws) -> None:
    alarm(aws)
    put(aws, 1)
    await aws.advance(seconds=600)
    assert state(aws) == "INSUFFICIENT_DATA"
    await aws.advance(seconds=600)
    assert len(aws.world.agenda) == 0
    put(aws, 500)
    await aws.advance(seconds=120)
    assert state(aws) == "ALARM"


async def test_a_full_queue_raises_its_alarm_when_the_messages_appear(aws: Aws) -> None:
    url = aws.sqs.create_queue({"QueueName": "orders"})["QueueUrl"]
    depth: dict[str, Any] = {"Namespace": "AWS/SQS", "MetricName": "ApproximateNumberOfMessagesVisible",
             "Dimensions": [{"Name": "QueueName", "Value": "orders"}], "Threshold": 0.0}  # fmt: skip
    alarm(aws, **depth)
    await aws.advance(seconds=300)
    assert state(aws) == "OK"
    aws.sqs.send_message({"QueueUrl": url, "MessageBody": "x", "DelaySeconds": 900})
    await aws.advance(seconds=840)
    assert state(aws) == "OK"
    await aws.advance(seconds=180)
    assert state(aws) == "ALARM"
    await aws.advance(seconds=600)
    assert len(aws.world.agenda) <= 1


async def test_an_idle_queues_alarm_has_no_data_after_six_hours(aws: Aws) -> None:
    aws.sqs.create_queue({"QueueName": "orders"})
    alarm(aws, Namespace="AWS/SQS", MetricName="NumberOfMessagesSent", Statistic="Sum",
          Dimensions=[{"Name": "QueueName", "Value": "orders"}])  # fmt: skip
    await aws.advance(seconds=3600)
    assert state(aws) == "OK"
    await aws.advance(seconds=6 * 3600)
    assert state(aws) == "INSUFFICIENT_DATA"


async def test_a_state_that_is_set_by_hand_lasts_until_the_next_evaluation(aws: Aws) -> None:
    alarm(aws)
    await aws.advance(seconds=600)
    aws.cloudwatch.set_alarm_state({"AlarmName": "slow", "StateValue": "ALARM", "StateReason": "a test"})
    assert state(aws) == "ALARM"
    await aws.advance(seconds=60)
    assert state(aws) == "INSUFFICIENT_DATA"
