"""Each kind of fault as callers in process meet it, and services that call each other."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from foulweather.gates.faults import Fault, Faults, zones
from foulweather.kernel.call import Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.errors import AwsError
from foulweather.kernel.services import Operation
from foulweather.kernel.trace import Traces
from foulweather.policy.principal import Principal
from gates.people import queue, refusal, sending, user
from harness import ACCOUNT, Aws, new_aws

MINUTE_MS = 60_000


def broken(aws: Aws, url: str) -> ConnectionBroken:
    with pytest.raises(ConnectionBroken) as caught:
        sending(aws, url)
    return caught.value


def names(error: AwsError, fault: Fault) -> bool:
    why = error.why
    facts = {(fact.resource, fact.property): fact.value for fact in why.facts}
    setter = next(fact.set_by for fact in why.facts if fact.property == "kind")
    assert setter is not None
    return (
        why.remedy == (f"foulweather fault clear {fault.id}",)
        and facts[fault.id, "kind"] == fault.kind
        and bool(facts[fault.id, "scope"])
        and facts[fault.id, "made_at_ms"] == fault.made_at_ms == setter.at_ms
        and facts[fault.id, "by"] == setter.who == (fault.by or "foulweather")
    )


def waiting(aws: Aws, url: str) -> int:
    asked = {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(aws.sqs.get_queue_attributes(asked)["Attributes"]["ApproximateNumberOfMessages"])


def subscribed(aws: Aws) -> tuple[str, str]:
    """A topic that delivers to a queue."""
    url = queue(aws)
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rpartition('/')[2]}"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}})
    topic = aws.sns.create_topic({"Name": "orders"})["TopicArn"]
    aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": arn})
    return topic, url


# --- errors


def test_an_error_names_its_fault_and_is_counted(aws: Aws) -> None:
    url = queue(aws)
    faults = Faults.of(aws.world)
    fault = faults.add(kind="errors", service="sqs", code="RequestThrottled", by="chaos")
    error = refusal(sending, aws, url)
    assert (error.code, error.status) == (fault.code, fault.status) == ("RequestThrottled", 400)
    assert names(error, fault)
    hits = faults.hits(fault.id)
    assert (hits.count, hits.latest[0].operation, hits.latest[0].resource) == (
        1,
        "SendMessage",
        f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rpartition('/')[2]}",
    )
    assert aws.world.state(Traces).find(hits.latest[0].trace_id) is not None
    assert [event.facts["fault"] for event in aws.events("fault.Met")] == [fault.id]


def test_the_calls_that_a_share_meets_are_the_seeds() -> None:
    def outcomes(seed: int) -> list[bool]:
        aws = new_aws(seed=seed)
        url = queue(aws)
        Faults.of(aws.world).add(kind="errors", code="InternalFailure", percent=25)
        return [not isinstance(outcome(aws, url), AwsError) for _ in range(200)]

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 25 <= outcomes(1).count(False) <= 80


def outcome(aws: Aws, url: str) -> Any:
    try:
        return sending(aws, url)
    except AwsError as error:
        return error


# --- scope


def test_a_resource_pattern_is_asked_of_every_resource_of_a_call(aws: Aws) -> None:
    orders, other = queue(aws), aws.sqs.create_queue({"QueueName": "other"})["QueueUrl"]
    fault = Faults.of(aws.world).add(kind="unavailable", resource=f"arn:aws:sqs:*:{ACCOUNT}:other")
    assert sending(aws, orders)["MessageId"]
    assert refusal(sending, aws, other).status == 503
    assert fault.resource in next(f.value for f in refusal(sending, aws, other).why.facts if f.property == "scope")
    Faults.of(aws.world).clear()
    Faults.of(aws.world).add(kind="quota", per_s=1, resource="*:other")
    for _ in range(3):
        sending(aws, orders)
    sending(aws, other)
    assert refusal(sending, aws, other).why.decision == "throttled"


async def test_a_slow_resource_holds_up_no_other(aws: Aws) -> None:
    orders, other = queue(aws), aws.sqs.create_queue({"QueueName": "other"})["QueueUrl"]
    fault = Faults.of(aws.world).add(kind="slow", delay_ms=100, resource="*:other")
    assert sending(aws, orders)["MessageId"]
    sent = asyncio.ensure_future(sending(aws, other))
    await asyncio.sleep(0)
    await aws.advance(ms=100)
    assert (await sent)["MessageId"]
    assert Faults.of(aws.world).hits(fault.id).count == 1


# --- quota


def test_a_quota_names_its_fault_and_counts_what_it_throttled(aws: Aws) -> None:
    url = queue(aws)
    faults = Faults.of(aws.world)
    fault = faults.add(kind="quota", service="sqs", operation="SendMessage", per_s=2)
    sending(aws, url)
    sending(aws, url)
    error = refusal(sending, aws, url)
    assert names(error, fault)
    assert faults.hits(fault.id).count == 1


# --- credential


def test_a_credential_holds_no_longer_for_callers_in_process(aws: Aws) -> None:
    alice = user(aws, "alice", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    fault = Faults.of(aws.world).add(kind="credential", principal="*:user/alice")
    error = refusal(alice.sts.get_caller_identity, {})
    assert (error.code, error.status) == ("InvalidClientTokenId", 403)
    assert names(error, fault)
    assert aws.sts.get_caller_identity({})["Account"] == ACCOUNT


def test_a_service_signs_with_no_key_of_its_callers(aws: Aws) -> None:
    topic, url = subscribed(aws)
    Faults.of(aws.world).add(kind="credential", principal="*sns*")
    aws.sns.publish({"TopicArn": topic, "Message": "x"})
    assert waiting(aws, url) == 1


# --- clock


@pytest.mark.parametrize(("offset_ms", "passes"), [(5 * MINUTE_MS, True), (5 * MINUTE_MS + 1, False)])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_clock_in_process_is_judged_as_on_the_wire(aws: Aws, offset_ms: int, passes: bool, sign: int) -> None:
    fault = Faults.of(aws.world).add(kind="clock", principal="*:root", offset_ms=sign * offset_ms)
    if passes:
        aws.sns.list_topics({})
        return
    error = refusal(aws.sns.list_topics, {})
    assert error.code == "SignatureDoesNotMatch"
    assert names(error, fault)


def test_a_clock_of_another_account_is_another_clock(aws: Aws) -> None:
    Faults.of(aws.world).add(kind="clock", account="444455556666", offset_ms=-60 * MINUTE_MS)
    aws.sns.list_topics({})
    assert refusal(aws.in_account("444455556666").sns.list_topics, {}).code == "SignatureDoesNotMatch"


# --- crash


def test_a_crash_after_the_effect_leaves_it_and_the_service_knows_it_only_as_done(aws: Aws) -> None:
    url = queue(aws)
    fault = Faults.of(aws.world).add(kind="crash", operation="SendMessage", when="after")
    error = broken(aws, url)
    assert names(error, fault)
    assert not error.senders_fault
    assert waiting(aws, url) == 1
    calls = [event.facts["error"] for event in aws.events("api.Call") if event.facts["operation"] == "SendMessage"]
    assert calls == [""]
    trace = aws.world.state(Traces).last_wrong()
    assert trace is not None
    assert trace.hops[-1].code == "ConnectionClosed"


def test_a_crash_before_the_effect_leaves_nothing(aws: Aws) -> None:
    url = queue(aws)
    Faults.of(aws.world).add(kind="crash", operation="SendMessage", when="before")
    assert "did not take effect" in broken(aws, url).why.cause
    assert waiting(aws, url) == 0


def test_a_refusal_is_lost_with_the_connection_too(aws: Aws) -> None:
    Faults.of(aws.world).add(kind="crash", operation="SendMessage", when="after")
    broken(aws, f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/nowhere")
    Faults.of(aws.world).clear()
    assert refusal(sending, aws, f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/nowhere").status == 400


async def test_a_long_poll_whose_process_dies_ends_when_it_would_have_been_answered(aws: Aws) -> None:
    url = queue(aws)
    Faults.of(aws.world).add(kind="crash", operation="ReceiveMessage", when="after")
    asked = asyncio.ensure_future(aws.sqs.receive_message({"QueueUrl": url, "WaitTimeSeconds": 5}))
    await asyncio.sleep(0)
    await aws.advance(seconds=5)
    with pytest.raises(ConnectionBroken):
        await asked
    assert aws.world.in_flight == 0


async def test_a_service_tries_again_what_was_lost_and_delivers_twice(aws: Aws) -> None:
    topic, url = subscribed(aws)
    Faults.of(aws.world).add(kind="crash", service="sqs", operation="SendMessage", when="after", until_ms=aws.now + 1)
    aws.sns.publish({"TopicArn": topic, "Message": "x"})
    assert waiting(aws, url) == 1
    await aws.advance(seconds=60)
    # "3 times (immediately)", whose answers are lost like the first's, and once more a second later.
    assert waiting(aws, url) == 5


# --- network


async def test_a_service_tries_again_through_a_cut_until_it_is_mended(aws: Aws) -> None:
    topic, url = subscribed(aws)
    fault = Faults.of(aws.world).add(
        kind="network", service="sqs", operation="SendMessage", principal="sns.amazonaws.com", how="reset"
    )
    aws.sns.publish({"TopicArn": topic, "Message": "x"})
    assert waiting(aws, url) == 0
    assert sending(aws, url)["MessageId"]  # another caller's way is open
    assert Faults.of(aws.world).hits(fault.id).count == 1
    Faults.of(aws.world).clear()
    await aws.advance(seconds=60)
    assert waiting(aws, url) == 2


async def test_a_time_out_takes_its_time_and_the_operation_never_runs(aws: Aws) -> None:
    url = queue(aws)
    fault = Faults.of(aws.world).add(
        kind="network", service="sqs", operation="SendMessage", how="timeout", delay_ms=3_000
    )
    asked = asyncio.ensure_future(sending(aws, url))
    await asyncio.sleep(0)
    await aws.advance(ms=2_999)
    assert not asked.done()
    await aws.advance(ms=1)
    with pytest.raises(ConnectionBroken) as caught:
        await asked
    assert caught.value.code == "ConnectionTimedOut"
    assert names(caught.value, fault)
    Faults.of(aws.world).clear()
    await aws.advance(seconds=10)
    assert waiting(aws, url) == 0
    assert aws.world.in_flight == 0


def test_a_service_without_an_answer_answers_its_own_client_with_a_failure(aws: Aws) -> None:
    url = queue(aws)
    found = aws.pipeline.services.operation("sns", "ListTopics")

    def needing(call: Call, request: Any) -> Any:
        return call.acting_as("sns.amazonaws.com").sqs.send_message({"QueueUrl": url, "MessageBody": "x"})

    operation = Operation(found.service, found.model, needing, found.access, found.rate)
    fault = Faults.of(aws.world).add(kind="network", service="sqs", how="reset")
    call = Call(aws.pipeline, "sns", "ListTopics", ACCOUNT, "us-east-1", aws.principal)
    error = refusal(aws.pipeline.run, call, operation, {})
    assert (error.code, error.status) == ("InternalFailure", 500)
    assert fault.id in error.why.first_cause().cause


async def test_a_service_that_times_out_delivers_once_the_way_is_open(aws: Aws) -> None:
    topic, url = subscribed(aws)
    Faults.of(aws.world).add(
        kind="network", principal="sns.amazonaws.com", how="timeout", delay_ms=2_000, until_ms=aws.now + 1_000
    )
    aws.sns.publish({"TopicArn": topic, "Message": "x"})
    await aws.advance(seconds=120)
    assert waiting(aws, url) == 1
    assert aws.world.in_flight == 0


# --- zone


def test_a_zone_that_nothing_obeys_is_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "declared", lambda: ())
    with pytest.raises(ValueError, match="no service that is built here runs in an Availability Zone"):
        Faults.of(aws.world).add(kind="zone", zone="us-east-1a")
    assert Faults.of(aws.world).all() == []


def test_a_zone_is_impaired_for_the_services_that_ask(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "declared", lambda: ("rds",))
    faults = Faults.of(aws.world)
    with pytest.raises(ValueError, match="nothing that is built of sqs"):
        faults.add(kind="zone", zone="us-east-1a", service="sqs")
    fault = faults.add(kind="zone", zone="us-east-1a", until_ms=aws.now + 1_000)
    assert faults.zone_impaired("us-east-1", "us-east-1a", "rds") == fault
    assert faults.zone_impaired("us-east-1", "us-east-1b", "rds") is None
    assert faults.zone_impaired("us-east-2", "us-east-1a", "rds") is None


async def test_a_zone_recovers_by_the_clock(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "declared", lambda: ("rds",))
    faults = Faults.of(aws.world)
    faults.add(kind="zone", zone="eu-west-1c", until_ms=aws.now + 1_000)
    await aws.advance(ms=999)
    assert faults.zone_impaired("eu-west-1", "eu-west-1c")
    await aws.advance(ms=1)
    assert faults.zone_impaired("eu-west-1", "eu-west-1c") is None


# --- the end of a fault


async def test_a_fault_that_is_over_is_gone_on_record_and_still_known(aws: Aws) -> None:
    url = queue(aws)
    faults = Faults.of(aws.world)
    fault = faults.add(kind="unavailable", until_ms=aws.now + 1_000)
    refusal(sending, aws, url)
    await aws.advance(ms=1_000)
    assert not faults.active
    assert [(one.fault, one.at_ms, one.how) for one in faults.ended()] == [(fault, fault.until_ms, "expired")]
    assert faults.hits(fault.id).count == 1
    assert aws.events("fault.Expired")[0].at_ms == fault.until_ms


def test_the_latest_hits_are_kept_and_all_are_counted(aws: Aws) -> None:
    url = queue(aws)
    faults = Faults.of(aws.world)
    fault = faults.add(kind="unavailable")
    for _ in range(15):
        refusal(sending, aws, url)
    hits = faults.hits(fault.id)
    assert (hits.count, len(hits.latest)) == (15, 10)


async def test_a_fault_ends_by_the_clock_after_a_restart(tmp_path: Any) -> None:
    aws = new_aws(directory=tmp_path)
    url = queue(aws)
    fault = Faults.of(aws.world).add(kind="unavailable", service="sqs", until_ms=aws.now + 1_000)
    refusal(sending, aws, url)
    aws.world.close()
    aws = new_aws(directory=tmp_path)
    assert Faults.of(aws.world).hits(fault.id).count == 1
    await aws.advance(ms=1_000)
    assert not Faults.of(aws.world).active
    assert sending(aws, url)["MessageId"]
    aws.world.close()


def test_anonymous_callers_have_neither_key_nor_clock(aws: Aws) -> None:
    nobody = aws.as_principal(Principal("anonymous", "*"))
    Faults.of(aws.world).add(kind="credential")
    Faults.of(aws.world).add(kind="clock", offset_ms=-60 * MINUTE_MS)
    assert refusal(sending, nobody, queue_of(aws)).code == "AccessDenied"


def queue_of(aws: Aws) -> str:
    return f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders"
