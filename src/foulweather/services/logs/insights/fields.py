"""The fields that Insights finds in log events by itself (CWL_AnalyzeLogData-discoverable-fields)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from foulweather.services.logs.insights.values import shown

FIELDS_MAX = 200  # "a maximum of 200 log event fields from a JSON log"
SYSTEM_FIELDS = (
    "@timestamp",
    "@message",
    "@ingestionTime",
    "@logStream",
    "@log",
    "@ptr",
    "@entity",
    "@transformationError",
    "@aws.account",
    "@aws.region",
)

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_LAMBDA_PLATFORM = re.compile(
    rf"(START|END|REPORT) RequestId: ({_UUID})"
    r"(?:\tDuration: ([\d.]+) ms\tBilled Duration: ([\d.]+) ms\tMemory Size: (\d{1,9}) MB"
    r"\tMax Memory Used: (\d{1,9}) MB)?"
)
# What a runtime's own logger puts before the text: `time id level text`, or `[LEVEL] time id text` (Python).
_LAMBDA_LINE = re.compile(rf"(?:\[[A-Z]+\]\t)?\d{{4}}-\d\d-\d\dT[\d:.]+Z\s({_UUID})\s")
_LAMBDA_INIT = re.compile(r"\tInit Duration: ([\d.]+) ms")
_LAMBDA_TRACE = re.compile(r"XRAY TraceId: (\S+)(?:\s+SegmentId: (\S+))?")
FLOW_LOG = (
    "version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol", "packets", "bytes",
    "startTime", "endTime", "action", "logStatus",
)  # fmt: skip
REPORTED = {
    "@type": "w[0]",
    "@requestId": "w[1]",
    "@duration": "w[2]",
    "@billedDuration": "w[3]",
    "@memorySize": "int(w[4]) * 1000000",
    "@maxMemoryUsed": "int(w[5]) * 1000000",
    "@initDuration": "report_init(m)",
}  # where a loop finds them in the parts of `report`
_ROUTE_53 = (
    "version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol", "edgeLocation",
    "resolverIp", "ednsClientSubnet",
)  # fmt: skip
_ROUTE_53_LINE = re.compile(r"\d\.\d \d{4}-\d\d-\d\dT[\d:.]+Z Z\w+ ")
_INFINITE = (float("inf"), float("-inf"))
_JSON: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def _refused(constant: str) -> float:
    raise ValueError(constant)


_FRAGMENT = json.JSONDecoder(parse_constant=_refused)


def discovered(message: str, log_group: str = "") -> dict[str, str]:
    """Every field that Insights finds in a message, as results show it."""
    return {name: text for name, value in found_in(message, log_group).items() if (text := shown(value)) is not None}


def found_in(message: str, log_group: str = "") -> dict[str, Any]:
    """Every field that Insights finds in a message, numbers as numbers."""
    # Only in Lambda's logs is JSON found amid other text: "the first embedded JSON fragment in each log event".
    of_lambda = log_group.startswith("/aws/lambda/")
    begin = message[:1]
    if words := flow_log(message):
        return dict(zip(FLOW_LOG, words, strict=True))
    if begin == "{" or (begin.isspace() and message.lstrip()[:1] == "{"):
        return _flattened(message) or (_embedded(message, 0) if of_lambda else {})
    if message.startswith(("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")):
        return _of_platform(message)
    if message.startswith("INIT_START "):
        return {"@type": "INIT_START"}
    if line := _LAMBDA_LINE.match(message):
        return {"@requestId": line[1], **_embedded(message, line.end())}
    words = message.split(" ")
    if len(words) == len(_ROUTE_53) and _ROUTE_53_LINE.match(message):
        return dict(zip(_ROUTE_53, words, strict=True))
    return _embedded(message, 0) if of_lambda else {}


def flow_log(message: str) -> list[str]:
    """The fields of a VPC flow log; none if it is something else."""
    if " eni-" not in message[:40] or not message[0].isdigit():
        return []
    words = message.split(" ")
    return words if len(words) == len(FLOW_LOG) and words[2].startswith("eni-") and words[0].isdigit() else []


def report(message: str) -> tuple[str, ...]:
    """The parts of a line in which Lambda reports an invocation; none if it is something else."""
    found = _LAMBDA_PLATFORM.match(message) if message.startswith("REPORT ") else None
    return found.groups() if found is not None and found[3] is not None else ()


def report_init(message: str) -> str | None:
    """How long a function's start took, if it was one."""
    found = _LAMBDA_INIT.search(message) if "Init" in message else None
    return found[1] if found is not None else None


def _of_platform(message: str) -> dict[str, Any]:
    head = _LAMBDA_PLATFORM.match(message)
    if head is None:
        return {}
    kind, request_id, duration, billed, memory, used = head.groups()
    if duration is None:
        return {"@type": kind, "@requestId": request_id}
    # A memory size is in bytes, a MB being a million; the samples divide by 1000 twice.
    found: dict[str, Any] = {
        "@type": kind,
        "@requestId": request_id,
        "@duration": duration,
        "@billedDuration": billed,
        "@memorySize": int(memory) * 1_000_000,
        "@maxMemoryUsed": int(used) * 1_000_000,
    }
    if init := report_init(message):
        found["@initDuration"] = init
    if "XRAY" in message and (trace := _LAMBDA_TRACE.search(message, head.end())):
        found["@xrayTraceId"] = trace[1]
        if trace[2]:
            found["@xraySegmentId"] = trace[2]
    return found


def _embedded(message: str, start: int) -> dict[str, Any]:
    at = message.find("{", start)
    if at < 0:
        return {}
    try:
        fragment, _ = _FRAGMENT.raw_decode(message, at)
    except (ValueError, RecursionError):
        return {}
    return _leaves(fragment)


def _flattened(message: str) -> dict[str, Any]:
    try:
        document = _JSON.decode(message)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {}
    return _leaves(document)


def _leaves(document: Any) -> dict[str, Any]:
    """`{"a": {"b": [1]}}` as `{"a.b.0": 1}`; a name that starts with `@` gets another `@`."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if value.__class__ is dict:
            members = [(f"{name}.{key}" if name else _own(key), member) for key, member in value.items()]
        elif value.__class__ is list:
            members = [(f"{name}.{index}", member) for index, member in enumerate(cast("list[Any]", value))]
        else:
            if value is not None and name and value not in _INFINITE:
                found[name] = value
                if len(found) == FIELDS_MAX:
                    break
            continue
        members.reverse()
        waiting.extend(members)
    return found


def _own(key: str) -> str:
    return f"@{key}" if key.startswith("@") else key


def nested(value: Any, keys: tuple[str, ...]) -> Any:
    """What lies below a member of a document, at a path whose keys may hold dots themselves."""
    if not keys:
        return None if value.__class__ is dict or value.__class__ is list else value
    if value.__class__ is dict:
        members = cast(Mapping[str, Any], value)
        for length in range(1, len(keys) + 1):
            key = ".".join(keys[:length])
            if key in members:
                found = nested(members[key], keys[length:])
                if found is not None:
                    return found
        return None
    if value.__class__ is list and keys[0].isdigit() and len(keys[0]) < 10:
        index = int(keys[0])
        return nested(value[index], keys[1:]) if index < len(value) else None
    return None
