"""State machines in X-Ray: which executions are traced, what they hand on, and the segment of one that is.

An execution's segment is made of its history when it has ended: a subsegment for each state, and in it one for each
attempt of a task; what a task calls has that one as its parent. It is sent as the state machine's role, whose policy
needs xray:PutTraceSegments.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

from foulweather.kernel import segments, tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.sampling import Asked, Sampling
from foulweather.kernel.segments import Document, seconds
from foulweather.kernel.tracing import Header, span_id
from foulweather.services.stepfunctions import roles
from foulweather.services.stepfunctions.history import Happening
from foulweather.services.stepfunctions.records import Execution
from foulweather.services.stepfunctions.resources import Resource
from foulweather.services.stepfunctions.resources import of as resource_of
from foulweather.services.stepfunctions.state import SfnState

ORIGIN: Final = "AWS::StepFunctions::StateMachine"
# A segment is at most 64 KB: further subsegments are documents of their own.
SUBSEGMENTS_MAX: Final = 100
DOCUMENTS_MAX: Final = 50
_NAMED_BY: Final = {
    "TableName": "table_name",
    "QueueUrl": "queue_url",
    "TopicArn": "topic_arn",
    "FunctionName": "function_name",
    "Bucket": "bucket_name",
    "StreamName": "stream_name",
}
_BEGINNINGS: Final = ("TaskStarted", "LambdaFunctionStarted", "ActivityStarted")
_SUCCESSES: Final = ("TaskSucceeded", "LambdaFunctionSucceeded", "ActivitySucceeded")
_SCHEDULES: Final = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")


def begin(call: Call, state: SfnState, execution: Execution) -> None:
    """Decide whether an execution is traced: its caller has, or else its state machine decides by X-Ray's rules.

    The header of the request stands above `traceHeader`, and a Map Run's children belong to its execution.
    """
    given = tracing.carried(call) or (tracing.read(execution.trace_header) if execution.trace_header else None)
    run = state.map_runs.get(execution.map_run) if execution.map_run else None
    if run is not None:
        given = tracing.read(state.executions[run.execution].trace) if run.execution in state.executions else None
    if not state.revisions[execution.revision].tracing:
        execution.trace = "" if given is None else str(given)
        return
    sampled = "" if given is None else given.sampled
    if not sampled:
        asked = Asked(execution.machine.rpartition(":")[2], ORIGIN, resource=execution.machine)
        sampled = "1" if call.state(Sampling).decide(call, asked) else "0"
    root = tracing.root_of(call.request_id, call.now) if given is None else given.root
    execution.trace = str(Header(root, span_id(execution.arn), sampled, "" if given is None else given.lineage))
    execution.is_traced = sampled == "1"
    execution.trace_parent = "" if given is None else given.parent


def hand_on(call: Call, execution: Execution, event: int) -> None:
    """Have what a task asks for get the header, with the attempt that began with that event as its parent."""
    header = tracing.read(execution.trace) if execution.trace else None
    if header is None:
        return
    if execution.is_traced:
        header = header._replace(parent=_attempt(execution, event))
    tracing.carry(call, header, is_of_caller=False)


def _attempt(execution: Execution, event: int) -> str:
    return span_id(execution.arn, str(event))


def keep(state: SfnState, execution: Execution, events: Sequence[Happening]) -> None:
    """Keep what happens in a traced execution of which there is no history."""
    if execution.kind == "EXPRESS":
        state.traced.setdefault(execution.arn, []).extend(events)


async def send(call: Call, arn: str, told: dict[str, Any]) -> None:
    """Send the segments of an execution that has ended; `told` is what its row knew, for it may be gone."""
    state = call.state(SfnState)
    execution = state.executions.get(arn)
    events = state.traced.pop(arn, None)
    if events is None:
        events = [] if execution is None else state.events(arn)
    documents = _documents(call, arn, told, events)
    try:
        principal: Any = roles.assume(call, told["machine"], told["role"])
        if inspect.isawaitable(principal):
            principal = await principal
        ports = roles.ports(call, principal)
        for at in range(0, len(documents), DOCUMENTS_MAX):
            texts = [json.dumps(each, separators=(",", ":")) for each in documents[at : at + DOCUMENTS_MAX]]
            answer: Any = ports.xray.put_trace_segments({"TraceSegmentDocuments": texts})
            if inspect.isawaitable(answer):
                await answer
    except AwsError:
        return  # the refusal is on record with its call


def ended(call: Call, execution: Execution, role: str) -> None:
    """Have the segments of an execution sent a moment later."""
    told = {
        "machine": execution.machine,
        "role": role,
        "trace": execution.trace,
        "parent": execution.trace_parent,
        "started_ms": execution.started_ms,
        "stopped_ms": execution.stopped_ms,
        "status": execution.status,
        "error": execution.error or "",
        "cause": (execution.cause or "")[:1000],
    }
    call.later(call.world.clock.now_ms, "stepfunctions.trace", arn=execution.arn, told=told)


def _documents(call: Call, arn: str, told: dict[str, Any], events: Iterable[Happening]) -> list[Document]:
    header = cast("Header", tracing.read(told["trace"]))
    states = _states(call, arn, told, events)
    made: Document = {
        "id": header.parent,
        "trace_id": header.root,
        "name": told["machine"].rpartition(":")[2],
        "origin": ORIGIN,
        "resource_arn": told["machine"],
        "start_time": seconds(told["started_ms"]),
        "end_time": seconds(told["stopped_ms"]),
        "aws": {"account_id": call.account, "region": call.region, "execution_arn": arn, "operation": "Execution"},
        "subsegments": states[:SUBSEGMENTS_MAX],
    }
    if told["parent"]:
        made["parent_id"] = told["parent"]
    if told["status"] != "SUCCEEDED":
        made |= {"fault": True, "cause": _cause(header.parent, told["error"], told["cause"])}
    apart = {"type": "subsegment", "trace_id": header.root, "parent_id": header.parent}
    return [made, *({**each, **apart} for each in states[SUBSEGMENTS_MAX:])]


def _cause(of: str, error: str, cause: str) -> Document:
    return {"exceptions": [{"id": span_id(of, "exception"), "type": error or "Aborted", "message": cause}]}


def _states(call: Call, arn: str, told: dict[str, Any], events: Iterable[Happening]) -> list[Document]:
    """A subsegment for each state that was entered: each event tells which event came before it in its flow."""
    found: list[Document] = []
    at: dict[int, Document] = {}
    """The state in which each event happened."""
    scheduled: dict[int, Happening] = {}
    for event in events:
        if event.kind.endswith("StateEntered"):
            made: Document = {
                "id": span_id(arn, "state", str(event.id)),
                "name": event.details["name"],
                "start_time": seconds(event.at_ms),
                "end_time": seconds(told["stopped_ms"]),
                "subsegments": [],
            }
            at[event.id] = made
            found.append(made)
            continue
        held = at.get(event.previous)
        if held is None:
            continue
        at[event.id] = held
        if event.kind.endswith("StateExited"):
            held["end_time"] = seconds(event.at_ms)
        elif event.kind in _SCHEDULES:
            scheduled[event.id] = event
        elif event.kind in _BEGINNINGS:
            asked = scheduled.get(event.previous)
            if asked is not None:
                held["subsegments"].append(_asked(call, arn, event, asked))
        elif event.kind.endswith(("Failed", "TimedOut")):
            held |= {"fault": True, "end_time": seconds(event.at_ms)}
            held["cause"] = _cause(held["id"], event.details.get("error") or "", event.details.get("cause") or "")
            _close(held, event, is_fault=True)
        elif event.kind in _SUCCESSES:
            held.pop("fault", None)
            held.pop("cause", None)
            _close(held, event, is_fault=False)
    return found


def _close(held: Document, event: Happening, *, is_fault: bool) -> None:
    if held["subsegments"]:
        last = held["subsegments"][-1]
        last["end_time"] = seconds(event.at_ms)
        if is_fault:
            last["fault"] = True


def _asked(call: Call, arn: str, event: Happening, asked: Happening) -> Document:
    """One attempt of a task, under the name that X-Ray has for the service."""
    resource = _resource(asked)
    model = "lambda" if resource is None or resource.kind == "function" else resource.model
    operation = "Invoke" if resource is None or resource.kind == "function" else resource.operation
    aws: Document = {"operation": operation, "region": call.region, "account_id": call.account}
    made: Document = {
        "id": span_id(arn, str(event.id)),
        "name": segments.NAMES.get(model, model.upper() or "Activity"),
        "namespace": "aws",
        "start_time": seconds(event.at_ms),
        "end_time": seconds(event.at_ms),
        "aws": aws,
    }
    if resource is not None and resource.kind in ("function", "activity"):
        aws["resource_names"] = [resource.arn]
        if resource.kind == "activity":
            made["name"], aws["operation"] = "Activity", "GetActivityTask"
        return made
    try:
        given: Any = json.loads(asked.details.get("parameters") or "{}")
    except ValueError:
        given = {}
    for name, key in _NAMED_BY.items():
        if isinstance(given, dict) and name in given:
            value = cast("dict[str, Any]", given)[name]
            aws |= {key: value, "resource_names": [value]}
    return made


def _resource(asked: Happening) -> Resource | None:
    details = asked.details
    named: str = details.get("resource") or ""
    kind: str = details.get("resourceType") or ""
    return resource_of(f"arn:aws:states:::{kind}:{named}" if kind else named)
