"""Functions in X-Ray: which invocations are traced, and the segments of those that are.

"Active": Lambda decides where nobody upstream has; "PassThrough": only what is sampled upstream is traced.
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

from __future__ import annotations

import inspect
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from foulweather.kernel import segments, tracing
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.sampling import Sampling
from foulweather.kernel.segments import Document, seconds
from foulweather.kernel.trace import Traces
from foulweather.kernel.tracing import Header, span_id
from foulweather.services.lambda_ import lineages

if TYPE_CHECKING:
    from foulweather.services.lambda_.running import Asked, Ran

# "1 request per second and 5 percent of additional requests"; it cannot be configured for functions.
RESERVOIR, RATE = 1, 0.05
SUBSEGMENTS_MAX = 100
LINKS_MAX = 100
_QUEUED = re.compile(rb'"AWSTraceHeader": ?"([^"]*)"')


class Traced(NamedTuple):
    """One invocation as a part of a trace: from where it came, and the traces of the messages that it is given."""

    upstream: Header | None
    header: Header
    linked: tuple[Header, ...]
    began_ms: int


def begin(call: Call, asked: Asked) -> tuple[Traced, Asked]:
    """Decide whether an invocation is traced; what it asks for carries its header on."""
    upstream = tracing.read(asked.trace_header) if asked.trace_header else tracing.carried(call)
    linked = _linked(asked.payload)
    root = tracing.root_of(call.request_id, call.now) if upstream is None else upstream.root
    told = "|".join(f"{key}:{times}" for key, times in asked.lineage.items())
    is_sampled = _is_sampled(call, asked, upstream, linked)
    header = Header(root, span_id(call.request_id, "function"), "1" if is_sampled else "0", told)
    tracing.carry(call, header)
    return Traced(upstream, header, linked, call.now), msgspec.structs.replace(asked, trace_header=str(header))


async def end(call: Call, asked: Asked, traced: Traced, ran: Ran) -> None:
    """Send the segments of an invocation that is traced, as its role: one that may not has no traces."""
    if ran.session is None or (traced.header.sampled != "1" and not ran.segments):
        return
    documents = [*ran.segments] if traced.header.sampled != "1" else _documents(call, asked, traced, ran)
    sent = {"TraceSegmentDocuments": documents}
    try:
        answer = ran.session.ports(lineages.apart(call)).xray.put_trace_segments(sent)
        if inspect.isawaitable(answer):
            await answer
    except AwsError:
        return  # the refusal is on record with its call


def _documents(call: Call, asked: Asked, traced: Traced, ran: Ran) -> list[str]:
    """Lambda's own segments, and what the function's code has told: if it told nothing, the calls that it made."""
    hops = call.world.state(Traces).asked_by(call.request_id)
    arn = "" if ran.session is None else ran.session.principal.arn
    calls = [] if ran.segments else segments.downstream(hops, arn)
    function = _function(call, asked, traced, ran, calls[:SUBSEGMENTS_MAX])
    documents = [_service(call, asked, traced, ran), function]
    for each in calls[SUBSEGMENTS_MAX:]:
        apart = {"type": "subsegment", "trace_id": traced.header.root, "parent_id": function["id"]}
        documents.append({**each, **apart})
    return [*(json.dumps(each, separators=(",", ":")) for each in documents), *ran.segments]


def _is_sampled(call: Call, asked: Asked, upstream: Header | None, linked: tuple[Header, ...]) -> bool:
    if upstream is not None and upstream.sampled:
        return upstream.sampled == "1"
    if asked.configuration.tracing != "Active":
        return False
    if any(each.sampled == "1" for each in linked):
        return True
    function = asked.function
    state = call.state(Sampling, function.account, function.region)
    return state.takes(call, function.arn, RESERVOIR, RATE)


def _linked(payload: bytes) -> tuple[Header, ...]:
    """The traces of messages in a queue: each has its own, and the function's is linked to them.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
    """
    if b"AWSTraceHeader" not in payload:
        return ()
    read = (tracing.read(text.decode("utf-8", "replace")) for text in _QUEUED.findall(payload))
    return tuple(dict.fromkeys(each for each in read if each is not None))[:LINKS_MAX]


def _service(call: Call, asked: Asked, traced: Traced, ran: Ran) -> Document:
    """What Lambda itself did: from the request until the function had ended."""
    made: Document = {
        "id": span_id(call.request_id, "service"),
        "trace_id": traced.header.root,
        "name": asked.function.name,
        "origin": "AWS::Lambda",
        "start_time": seconds(traced.began_ms),
        "end_time": seconds(call.now),
        "http": {"response": {"status": 200}},
        "resource_arn": asked.function.arn,
        "aws": _aws(asked),
    }
    if traced.upstream is not None and traced.upstream.parent:
        made["parent_id"] = traced.upstream.parent
    if traced.linked:
        made["links"] = [
            {"trace_id": each.root, "id": each.parent, "attributes": {"ReferenceType": "parent"}}
            for each in traced.linked
        ]
    return {**made, "fault": True} if ran.function_error else made


def _function(call: Call, asked: Asked, traced: Traced, ran: Ran, calls: list[Document]) -> Document:
    """What the function's code did, with what it called."""
    report, own = ran.report, traced.header.parent
    ended_ms = call.now
    began_ms = max(traced.began_ms, ended_ms - report.duration_ms)
    made: Document = {
        "id": own,
        "trace_id": traced.header.root,
        "parent_id": span_id(call.request_id, "service"),
        "name": asked.function.name,
        "origin": "AWS::Lambda::Function",
        "start_time": seconds(began_ms - (report.init_ms or 0)),
        "end_time": seconds(ended_ms),
        "resource_arn": asked.function.arn,
        "aws": _aws(asked),
    }
    phases = [_phase(own, "Initialization", began_ms - report.init_ms, began_ms)] if report.init_ms else []
    invocation = _phase(own, "Invocation", began_ms, ended_ms)
    made["subsegments"] = [*phases, {**invocation, "subsegments": calls}, _phase(own, "Overhead", ended_ms, ended_ms)]
    if ran.function_error:
        made |= {"fault": True, "cause": {"exceptions": [_exception(own, ran)]}}
    return made


def _phase(parent: str, name: str, began_ms: int, ended_ms: int) -> Document:
    times = {"start_time": seconds(began_ms), "end_time": seconds(ended_ms)}
    return {"id": span_id(parent, name), "name": name, **times}


def _aws(asked: Asked) -> Document:
    function = asked.function
    return {
        "account_id": function.account,
        "function_arn": function.arn,
        "request_id": asked.request_id,
        "resource_names": [function.name],
    }


def _exception(parent: str, ran: Ran) -> Document:
    """What the function raised, as its answer tells it."""
    try:
        told: Any = json.loads(ran.payload)
        message = str(told.get("errorMessage", ""))
    except (ValueError, AttributeError):
        message = ""
    return {"id": span_id(parent, "exception"), "type": ran.error_type, "message": message[:1000]}
