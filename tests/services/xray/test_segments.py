"""Segment documents: what is taken, and why the others are left unprocessed."""

from __future__ import annotations

import json

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.xray.sent import Traces, call

DAY_S = 86_400


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"id": None}, "MissingId"),
        ({"id": "xyz"}, "InvalidId"),
        ({"name": None}, "MissingName"),
        ({"name": "mysql?"}, "InvalidName"),
        ({"name": "n" * 201}, "InvalidName"),
        ({"trace_id": None}, "MissingTraceId"),
        ({"trace_id": "1-5759e988"}, "InvalidTraceId"),
        ({"trace_id": "2-5759e988-bd862e3fe1be46a994272793"}, "InvalidTraceId"),
        ({"start_time": None}, "MissingStartTime"),
        ({"end_time": None}, "MissingEndTime"),
        ({"end_time": 5}, "InvalidTime"),
        ({"start_time": "now"}, "InvalidTime"),
        ({"type": "subsegment"}, "MissingParentId"),
        ({"parent_id": 7}, "InvalidParentId"),
        ({"metadata": {"x": "y" * 65_536}}, "InvalidSegment"),
        ({"subsegments": [call("in/side?", 7)]}, "InvalidName"),
    ],
)  # fmt: skip
def test_a_document_that_is_none_is_left_unprocessed(traces: Traces, changed: dict, code: str) -> None:
    document = {name: value for name, value in (traces.segment() | changed).items() if value is not None}
    good = traces.segment("good", 2, 2)
    (left,) = traces.put(document, good)
    assert left["ErrorCode"] == code
    assert code in left["Message"] or code == "InvalidSegment"
    assert [each["EntryPoint"]["Name"] for each in traces.summaries()] == ["good"]


def test_what_is_no_json_has_no_id(traces: Traces) -> None:
    left = traces.put("{", "[]")
    assert left == [{"ErrorCode": "ParseError", "Message": "Invalid segment. ErrorCode: ParseError"}] * 2


def test_a_segment_in_progress_is_replaced_by_the_complete_one(traces: Traces) -> None:
    open_one = traces.segment(in_progress=True)
    del open_one["end_time"]
    traces.put(open_one)
    (before,) = traces.summaries("partial")
    assert before["IsPartial"]
    traces.put(traces.segment())
    (after,) = traces.summaries("!partial")
    assert (after["IsPartial"], after["Duration"], after["Revision"]) == (False, 0.25, 1)


def test_a_trace_grows_to_its_limit(traces: Traces) -> None:
    big = {"metadata": {"x": "y" * 64_000}}
    left = [code for n in range(1, 10) for code in traces.put(traces.segment(number=n, **big))]
    assert [each["ErrorCode"] for each in left] == ["InvalidSegment"] * 2
    assert "Trace Size Exceeded" in left[0]["Message"]


async def test_a_trace_is_kept_for_thirty_days(aws: Aws, traces: Traces) -> None:
    traces.put(traces.segment())
    first = traces.trace_id()
    await aws.advance(seconds=30 * DAY_S)
    traces.put(traces.segment(trace=2))
    answer = aws.xray.batch_get_traces({"TraceIds": [first, traces.trace_id(2)]})
    assert answer["UnprocessedTraceIds"] == [first]
    (kept,) = answer["Traces"]
    assert json.loads(kept["Segments"][0]["Document"])["name"] == "shop"
    assert (kept["Duration"], kept["LimitExceeded"]) == (0.25, False)


def test_at_most_five_traces_are_shown_at_once(aws: Aws, traces: Traces) -> None:
    with pytest.raises(AwsError) as refused:
        aws.xray.batch_get_traces({"TraceIds": [traces.trace_id(n) for n in range(6)]})
    assert refused.value.code == "InvalidRequestException"


def test_a_service_is_let_in_by_a_resource_policy(aws: Aws) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:orders"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "xray:PutTraceSegments",
        "Resource": "*",
        "Condition": {"StringLike": {"aws:SourceArn": topic}},
    }
    request = {"PolicyName": "sns", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": allow})}
    made = aws.xray.put_resource_policy(request)["ResourcePolicy"]
    assert made["PolicyRevisionId"] == "1"
    for more, code in (
        ({"PolicyRevisionId": "0"}, "InvalidPolicyRevisionIdException"),
        ({"PolicyDocument": "{}"}, "MalformedPolicyDocumentException"),
    ):
        with pytest.raises(AwsError) as refused:
            aws.xray.put_resource_policy({**request, **more})
        assert refused.value.code == code
    deny = {"Effect": "Deny", "Principal": "*", "Action": "xray:*", "Resource": "*"}
    locked = {"PolicyName": "deny", "PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": deny})}
    with pytest.raises(AwsError) as refused:
        aws.xray.put_resource_policy(locked)
    assert refused.value.code == "LockoutPreventionException"
    aws.xray.put_resource_policy({**locked, "BypassPolicyLockoutCheck": True})
    with pytest.raises(AwsError) as refused:
        aws.xray.get_trace_summaries({"StartTime": aws.now - 1000, "EndTime": aws.now})
    assert refused.value.code == "AccessDeniedException"
