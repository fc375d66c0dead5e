"""Stages in X-Ray: which requests are traced, their headers, and the segment of one that is.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-xray.html
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from foulweather.kernel import segments, tracing
from foulweather.kernel.http import HttpResponse
from foulweather.kernel.sampling import Asked, Sampling
from foulweather.kernel.segments import Document, seconds
from foulweather.kernel.trace import Traces
from foulweather.kernel.tracing import Header, span_id
from foulweather.services.apigateway.rest.visit import Visit

ORIGIN = "AWS::ApiGateway::Stage"


def begin(visit: Visit) -> None:
    """Give a visit its trace header: the client's, or a new one; a stage that is traced decides what is undecided."""
    call, text = visit.call, visit.request.header("x-amzn-trace-id")
    given = tracing.read(text) if text else None
    if not visit.stage.tracing_enabled:
        header = given or Header(tracing.root_of(call.request_id, call.now))
        visit.trace_header = text or str(header)
        tracing.carry(call, header, is_of_caller=False)
        return
    root = tracing.root_of(call.request_id, call.now) if given is None else given.root
    sampled = given.sampled if given is not None else ""
    if not sampled:
        sampled = "1" if call.state(Sampling).decide(call, _asked(visit)) else "0"
    header = Header(root, span_id(call.request_id), sampled, "" if given is None else given.lineage)
    if sampled == "1":
        visit.traced = "" if given is None else given.parent
    visit.trace_header = str(header)
    tracing.carry(call, header)


def end(visit: Visit, response: HttpResponse) -> None:
    """Tell X-Ray of a visit that is traced: API Gateway has a service-linked role for that."""
    header = tracing.read(visit.trace_header)
    if visit.traced is None or header is None:
        return
    call, document = visit.call, _segment(visit, response, header)
    text = json.dumps(document, separators=(",", ":"))
    call.happened("apigateway.Traced", visit.stage_arn, trace=header.root, id=document["id"], document=text)


def _asked(visit: Visit) -> Asked:
    request, name = visit.request, f"{visit.api.name}/{visit.stage.stage_name}"
    return Asked(name, ORIGIN, visit.domain, request.method, request.path, visit.stage_arn)


def _segment(visit: Visit, response: HttpResponse, header: Header) -> Document:
    call, request = visit.call, visit.request
    query = f"?{request.query}" if request.query else ""
    made: Document = {
        "id": header.parent,
        "trace_id": header.root,
        "name": f"{visit.api.name}/{visit.stage.stage_name}",
        "origin": ORIGIN,
        "resource_arn": visit.stage_arn,
        "start_time": seconds(call.hop.at_ms),
        "end_time": seconds(max(call.hop.ended_ms, call.hop.at_ms)),
        "http": {
            "request": {
                "url": f"https://{visit.domain}{request.path}{query}",
                "method": request.method,
                "client_ip": request.peer,
                "user_agent": request.header("user-agent"),
                "x_forwarded_for": True,
            },
            "response": {"status": response.status, "content_length": len(response.body)},
        },
        "aws": {
            "account_id": call.account,
            "api_gateway": {
                "account_id": call.account,
                "request_id": call.request_id,
                "rest_api_id": visit.api.id,
                "stage": visit.stage.stage_name,
            },
        },
        **segments.outcome(response.status),
    }
    if visit.traced:
        made["parent_id"] = visit.traced
    calls = segments.downstream(call.world.state(Traces).asked_by(call.request_id))
    remote = _remote(visit)
    return {**made, "subsegments": [*calls, remote] if remote else calls}


def _remote(visit: Visit) -> Document | None:
    """The backend of an HTTP integration, which is nobody's call."""
    integration = visit.method.integration if visit.method is not None else None
    if integration is None or not integration.type.startswith("HTTP") or visit.integration_ms < 0:
        return None
    ended_ms = visit.call.hop.ended_ms
    url = integration.uri_with(visit.variables)
    status = visit.integration_status or 504
    return {
        "id": span_id(visit.call.request_id, "integration"),
        "name": urlsplit(url).hostname or "backend",
        "namespace": "remote",
        "start_time": seconds(ended_ms - visit.integration_ms),
        "end_time": seconds(ended_ms),
        "http": {
            "request": {"url": url, "method": integration.http_method or visit.request.method},
            "response": {"status": status},
        },
        **segments.outcome(status),
    }
