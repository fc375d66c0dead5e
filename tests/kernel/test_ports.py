"""One service that uses another."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.pipeline import Pipeline
from foulweather.kernel.services import Operation
from foulweather.kernel.why import Why
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from kernel.toy_world import ACCOUNT, new_call, new_pipeline, run, trace_of

USER = Principal("user", f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, "AIDA")


def watched(calls: list[Call], refuses: str = "") -> Pipeline:
    def watch(call: Call, operation: Operation, request: dict[str, Any]) -> None:
        calls.append(call)
        if call.principal.arn == refuses:
            raise AwsError("AccessDenied", "no", 403, why=Why("denied", "the queue's policy"))

    return new_pipeline([watch])


def test_it_passes_the_same_gates_as_a_client() -> None:
    calls: list[Call] = []
    call, _ = run(watched(calls), "GetUser", "iam", UserName="alice")
    assert [(each.service, each.operation, each.principal.arn) for each in calls] == [
        ("iam", "GetUser", call.principal.arn),
        ("sqs", "SendMessage", "iam.amazonaws.com"),
    ]


def test_its_hop_is_the_callers_child() -> None:
    pipeline = new_pipeline()
    call, _ = run(pipeline, "GetUser", "iam", UserName="alice")
    parent, child = trace_of(pipeline, call.request_id).hops
    assert child.parent_id == parent.request_id == call.request_id
    assert child.trace_id == call.trace_id
    assert trace_of(pipeline, child.request_id).trace_id == call.trace_id


def test_a_refusal_comes_through_with_its_reason() -> None:
    pipeline = watched([], refuses="iam.amazonaws.com")
    with pytest.raises(AwsError) as caught:
        run(pipeline, "GetUser", "iam", UserName="alice")
    assert caught.value.why.cause == "the queue's policy"
    trace = trace_of(pipeline, next(iter(pipeline.world.journal)).request_id)
    first = trace.first_wrong()
    assert first is not None
    assert first.service == "sqs", "the deepest hop, not the one that passed it on"
    assert [hop.code for hop in trace.hops] == ["AccessDenied", "AccessDenied"]


def acted(principal: str | Principal, parent: Principal | None = None, **more: Any) -> Call:
    calls: list[Call] = []
    pipeline = watched(calls)
    call = new_call(pipeline, "cloudformation", "CreateStack", parent or USER)
    call.acting_as(principal, **more).sqs.send_message({"QueueUrl": "q", "MessageBody": "hi"})
    return calls[-1]


def test_place_and_source_are_the_callers_unless_told_otherwise() -> None:
    call = acted("sns.amazonaws.com")
    assert (call.account, call.region, call.source_arn, call.source_account) == (ACCOUNT, "eu-west-1", "", "")
    call = acted("sns.amazonaws.com", source_arn="arn:topic", account="9", region="us-west-2")
    assert (call.account, call.region, call.source_arn, call.source_account) == (
        "9",
        "us-west-2",
        "arn:topic",
        ACCOUNT,
    )
    assert acted("sns.amazonaws.com", source_arn="arn:topic", source_account="8").source_account == "8"


def test_a_global_service_is_in_its_one_region() -> None:
    calls: list[Call] = []
    pipeline = watched(calls)
    new_call(pipeline, "cloudformation", "CreateStack").acting_as(USER).iam.get_user({"UserName": "x"})
    assert [call.region for call in calls] == ["us-east-1", "us-east-1"]


def test_a_service_that_acts_in_its_callers_name_is_named_on_the_way() -> None:
    call = acted(USER)
    assert call.principal == USER
    assert call.via == ("cloudformation.amazonaws.com",)


def test_a_service_that_acts_by_itself_or_in_a_role_passes_nothing_on() -> None:
    role = Principal("assumed-role", f"arn:aws:sts::{ACCOUNT}:assumed-role/r/s", ACCOUNT, "AROA:s", "arn:role")
    assert acted("cloudformation.amazonaws.com").via == ()
    assert acted(role).via == ()


def test_a_forward_access_session_is_the_callers_through_the_service() -> None:
    calls: list[Call] = []
    pipeline = watched(calls)
    call = new_call(pipeline, "sqs", "SendMessage", USER)
    call.forwarded("sqs", account="9").sqs.send_message({"QueueUrl": "q", "MessageBody": "hi"})
    assert (calls[-1].principal, calls[-1].via, calls[-1].account) == (USER, ("sqs.amazonaws.com",), "9")
    sns = principals.service("sns.amazonaws.com")
    call = new_call(pipeline, "sqs", "SendMessage", sns)
    call.source_arn, call.source_account = "arn:topic", "8"
    call.forwarded("sqs").sqs.send_message({"QueueUrl": "q", "MessageBody": "hi"})
    assert (calls[-1].principal, calls[-1].source_arn, calls[-1].source_account) == (sns, "arn:topic", "8")


def test_the_clients_origin_goes_along() -> None:
    from foulweather.kernel.call import Origin

    calls: list[Call] = []
    pipeline = watched(calls)
    origin = Origin("203.0.113.7", True)
    new_call(pipeline, "cloudformation", "CreateStack", USER, origin=origin).acting_as(USER).sqs.send_message(
        {"QueueUrl": "q", "MessageBody": "hi"}
    )
    assert calls[-1].origin is origin


def test_what_is_not_built_is_refused_there_too() -> None:
    with pytest.raises(AwsError) as caught:
        new_call(new_pipeline(), "sns", "Publish").acting_as("sns.amazonaws.com").sqs.delete_message({})
    assert caught.value.status == 501
