"""Why, refusals, and the evidence of who set a fact."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.trace import Traces
from foulweather.kernel.why import Fact, Setter, Why
from kernel.toy_world import new_call, new_pipeline, trace_of

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:q"


def test_the_first_cause_is_the_deepest_of_the_first() -> None:
    deepest = Why("denied", "deepest")
    why = Why("failed", "top", because=(Why("denied", "middle", because=(deepest, Why("denied", "next"))),))
    assert why.first_cause() is deepest
    assert deepest.first_cause() is deepest


@pytest.mark.parametrize(
    ("status", "decision", "senders"), [(400, "refused", True), (404, "refused", True), (500, "failed", False)]
)
def test_a_refusal_without_a_why_gets_one(status: int, decision: str, senders: bool) -> None:
    facts = (Fact("a", "b", 1),)
    error = AwsError("Code", "Words", status, facts=facts, remedy=("aws x y",))
    assert error.why == Why(decision, "Code: Words", facts, ("aws x y",))  # type: ignore[arg-type]
    assert error.why is error.why
    assert error.senders_fault is senders


def test_a_refusal_keeps_the_why_it_is_given() -> None:
    why = Why("denied", "because")
    assert AwsError("Code", "Words", why=why).why is why


def test_members_of_a_refusal_are_its_own() -> None:
    assert AwsError("A", "b", members={"Reason": "c"}).members == {"Reason": "c"}
    first, second = AwsError("A", "b"), AwsError("A", "b")
    first.members["x"] = 1
    assert second.members == {}


def test_what_is_not_built_says_so() -> None:
    error = not_implemented("s3", "PutObject.Grants")
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert error.message == "foulweather does not implement s3:PutObject.Grants yet."


def test_a_fact_tells_who_set_it_when_and_how() -> None:
    pipeline = new_pipeline()
    call = new_call(pipeline, "sqs", "SetQueueAttributes")
    call.changed("sqs.QueueAttributesSet", QUEUE, Policy="{}", DelaySeconds=5)
    pipeline.world.clock.move_to(9_000)
    later = new_call(pipeline, "sqs", "TagQueue")
    later.changed("sqs.QueueTagged", QUEUE, Tags={"a": "b"})
    asking = new_call(pipeline, "sqs", "SendMessage")
    assert asking.fact(QUEUE, "Policy", "{}") == Fact(
        QUEUE, "Policy", "{}", Setter(call.principal.arn, 0, "sqs:SetQueueAttributes", call.request_id)
    )
    setter = asking.fact(QUEUE, "Tags", {}).set_by
    assert setter is not None
    assert (setter.operation, setter.at_ms) == ("sqs:TagQueue", 9_000)


def test_a_property_that_nobody_set_is_evidenced_by_the_last_change_of_its_resource() -> None:
    pipeline = new_pipeline()
    call = new_call(pipeline, "sqs", "CreateQueue")
    call.changed("sqs.QueueCreated", QUEUE, QueueName="q")
    setter = call.fact(QUEUE, "Policy", None).set_by
    assert setter is not None
    assert setter.operation == "sqs:CreateQueue"
    assert call.fact("arn:unheard-of", "Policy", None).set_by is None


def test_passing_facts_are_no_evidence() -> None:
    call = new_call(new_pipeline(), "sqs", "SendMessage")
    call.happened("sqs.MessageSent", QUEUE, bytes=1)
    assert call.fact(QUEUE, "bytes", 1).set_by is None


def test_what_a_service_gives_up_is_in_the_trace() -> None:
    pipeline = new_pipeline()
    call = new_call(pipeline, "sns", "Publish")
    pipeline.world.state(Traces).begin(call.hop)
    why = Why("dropped", "nobody wants it")
    call.explain("Delivery", QUEUE, why, code="Filtered")
    trace = trace_of(pipeline, call.request_id)
    assert trace is pipeline.world.state(Traces).last_wrong()
    hop = trace.first_wrong()
    assert hop is not None
    assert (hop.operation, hop.resource, hop.code, hop.why, hop.parent_id) == (
        "Delivery",
        QUEUE,
        "Filtered",
        why,
        call.request_id,
    )
