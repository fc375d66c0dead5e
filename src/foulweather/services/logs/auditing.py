"""Findings of data protection policies: what was masked where, written to a log group of findings.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/mask-sensitive-log-data-audit-findings.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from orjson import dumps

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.log_delivery import DELIVERY, POLICY, letting_in
from foulweather.kernel.why import Why
from foulweather.services.logs import naming, refusals
from foulweather.services.logs.masking import Identifiers
from foulweather.services.logs.state import LogGroup, LogsState


def prepare(call: Call, name: str) -> None:
    """Have the delivery service let into a group of findings, with the caller's own permissions."""
    if not name:
        return
    target = naming.require_group(call, name)
    state = call.state(LogsState)
    held = state.resource_policies.get(POLICY)
    policies = () if held is None else ({"policyName": POLICY, "policyDocument": held.document},)
    document = letting_in(call, policies, f"{target.arn}:log-stream:*")
    if document is None:
        return
    request = {"policyName": POLICY, "policyDocument": dumps(document).decode()}
    answer: Any = answers.given(call, request)
    if answer is None:
        answer = call.acting_as(call.principal, session=call.session).logs.put_resource_policy(request)
    if isinstance(answer, Awaitable):
        raise answers.NotYet(call, request, cast("Awaitable[Any]", answer))


def report(
    call: Call, group: LogGroup, audits: Iterable[str], identifiers: Identifiers, messages: Sequence[str]
) -> None:
    """Write what was found in messages; where that fails, say so: the messages themselves are kept all the same."""
    lines = [line for line in (_finding(call, group, identifiers, message) for message in messages) if line]
    events = [{"timestamp": call.now, "message": line} for line in lines]
    stream = f"{call.account}_CloudWatchLogs_{call.region}"
    for target in audits:
        logs = call.acting_as(DELIVERY, source_arn=f"{group.arn}:*").logs
        try:
            found = call.state(LogsState).groups.get(target)
            if found is None:
                raise refusals.no_group(call.arn("logs", f"log-group:{target}"), call.region)
            if stream not in call.state(LogsState).streams_of[target]:
                logs.create_log_stream({"logGroupName": target, "logStreamName": stream})
            logs.put_log_events({"logGroupName": target, "logStreamName": stream, "logEvents": events})
        except AwsError as error:
            words = f"{len(lines)} findings in {group.arn} were not written to {target}."
            call.explain("Audit", group.arn, Why("dropped", words, because=(error.why,)), error.code)


def _finding(call: Call, group: LogGroup, identifiers: Identifiers, message: str) -> str:
    found = [(each.name, each.spans(message)) for each in identifiers]
    told = [
        {
            "name": name,
            "count": len(spans),
            # "start" and "end" count characters from the message's first.
            "detections": [{"start": start, "end": end} for start, end in spans],
        }
        for name, spans in found
        if spans
    ]
    if not told:
        return ""
    at = datetime.fromtimestamp(call.now // 1000, UTC)
    document = {
        "auditTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "resourceArn": f"{group.arn}:*",
        "dataIdentifiers": told,
    }
    return dumps(document).decode()
