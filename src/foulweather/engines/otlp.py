"""A world's traces for a collector: each hop a span, sent in the background by OTLP over HTTP, in JSON.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from foulweather.engines.http_client import HttpClient, PostFailed
from foulweather.kernel.trace import Hop, Traces

log = logging.getLogger("foulweather.otlp")
EVERY_S = 1.0
SPANS_MAX = 512
WAITING_MAX = 10_000
UNDER_WAY_MAX = 2_000
SERVER, CLIENT = 2, 3
FAILED = 2


class Exporter:
    """Sends the hops that ended since it last looked; while nobody takes them it keeps the latest."""

    def __init__(self, traces: Callable[[], Traces], endpoint: str) -> None:
        parts = urlsplit(endpoint)
        self.url = endpoint if parts.path.strip("/") else f"{endpoint.rstrip('/')}/v1/traces"
        self._traces = traces
        self._client = HttpClient(allowed=[parts.hostname or ""])
        self._last: Hop | None = None
        self._under_way: deque[Hop] = deque(maxlen=UNDER_WAY_MAX)
        self._waiting: deque[Hop] = deque(maxlen=WAITING_MAX)
        self._is_failing = False

    async def run(self) -> None:
        """Send again and again, until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.send()

    async def send(self) -> None:
        """Send what has ended by now."""
        self._collect()
        while self._waiting:
            batch = [self._waiting[place] for place in range(min(SPANS_MAX, len(self._waiting)))]
            body = json.dumps(request_of(batch), separators=(",", ":")).encode()
            try:
                response = await self._client.post(self.url, [("Content-Type", "application/json")], body, timeout_s=10)
                problem = "" if 200 <= response.status < 300 else f"it answered {response.status}"
            except PostFailed as error:
                problem = str(error) or type(error).__name__
            if problem:
                if not self._is_failing:
                    log.warning("no traces are sent to %s: %s", self.url, problem)
                self._is_failing = True
                return
            self._is_failing = False
            for _ in batch:
                self._waiting.popleft()

    def _collect(self) -> None:
        found: list[Hop] = []
        for hop in self._traces().latest():
            if hop is self._last:
                break
            found.append(hop)
        if found:
            self._last = found[0]
        under_way = [*self._under_way, *reversed(found)]
        self._waiting.extend(hop for hop in under_way if hop.ended_ms)
        self._under_way = deque((hop for hop in under_way if not hop.ended_ms), UNDER_WAY_MAX)


def request_of(hops: Sequence[Hop]) -> dict[str, Any]:
    """An ExportTraceServiceRequest: the spans of each service, account and Region together."""
    by_place: dict[tuple[str, str, str], list[Hop]] = {}
    for hop in hops:
        by_place.setdefault((hop.service, hop.account, hop.region), []).append(hop)
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": _attributes(
                        {
                            "service.name": service,
                            "cloud.provider": "aws",
                            "cloud.account.id": account,
                            "cloud.region": region,
                        }
                    )
                },
                "scopeSpans": [{"scope": {"name": "foulweather"}, "spans": [_span(hop) for hop in own]}],
            }
            for (service, account, region), own in by_place.items()
        ]
    }


def _span(hop: Hop) -> dict[str, Any]:
    told = {
        "rpc.system": "aws-api",
        "rpc.service": hop.service,
        "rpc.method": hop.operation,
        "aws.request_id": hop.request_id,
        "enduser.id": hop.principal,
        "aws.resource": hop.resource,
        "error.type": hop.code,
    }
    made: dict[str, Any] = {
        "traceId": hashlib.sha256(hop.trace_id.encode()).hexdigest()[:32],
        "spanId": _span_id(hop.request_id),
        "name": f"{hop.service}:{hop.operation}",
        "kind": CLIENT if hop.parent_id else SERVER,
        "startTimeUnixNano": str(hop.at_ms * 1_000_000),
        "endTimeUnixNano": str(max(hop.ended_ms, hop.at_ms) * 1_000_000),
        "attributes": _attributes(told),
        "status": {},
    }
    if hop.parent_id:
        made["parentSpanId"] = _span_id(hop.parent_id)
    if hop.why is not None:
        made["status"] = {"code": FAILED, "message": hop.why.cause}
    return made


def _span_id(request_id: str) -> str:
    return hashlib.sha256(request_id.encode()).hexdigest()[:16]


def _attributes(told: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in told.items() if value]
