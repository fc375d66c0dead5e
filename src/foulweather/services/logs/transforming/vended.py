"""The parsers of the logs that AWS services vend.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-BuiltIn.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast
from urllib.parse import unquote

from orjson import JSONDecodeError, loads

from foulweather.services.logs.transforming.errors import Untransformed
from foulweather.services.logs.transforming.parsers import MESSAGE, Config, Step
from foulweather.services.logs.transforming.paths import Event

_FLOW: Final = (
    *("version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol", "packets"),
    *("bytes", "start", "end", "action", "logStatus"),
)
_ROUTE_53: Final = (
    *("version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol"),
    *("edgeLocation", "resolverIp", "ednsClientSubnet"),
)
_CLOUDFRONT: Final = (
    *("date", "time", "x-edge-location", "sc-bytes", "c-ip", "cs-method", "cs(Host)", "cs-uri-stem", "sc-status"),
    *("cs(Referer)", "cs(User-Agent)", "cs-uri-query", "cs(Cookie)", "x-edge-result-type", "x-edge-request-id"),
    *("x-host-header", "cs-protocol", "cs-bytes", "time-taken", "x-forwarded-for", "ssl-protocol", "ssl-cipher"),
    *("x-edge-response-result-type", "cs-protocol-version", "fle-status", "fle-encrypted-fields", "c-port"),
    *("time-to-first-byte", "x-edge-detailed-result-type", "sc-content-type", "sc-content-len", "sc-range-start"),
    "sc-range-end",
)
_ACCOUNTS: Final = frozenset({"accountId"})
_POSTGRES: Final = re.compile(
    r"(?P<logTime>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \w+):(?P<srcIp>[^:]*(?:\(\d+\))?):"
    r"(?P<userName>[^@]*)@(?P<dbName>[^:]*):\[(?P<processId>\d+)\]:(?P<logLevel>[A-Z0-9]+):"
)
_INTEGER: Final = re.compile(r"-?\d{1,18}")
_DOUBLE: Final = re.compile(r"-?\d{1,18}\.\d{1,18}")


def _typed(text: str) -> Any:
    """A value, decoded: "Values that are integers and doubles are treated as such"."""
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DOUBLE.fullmatch(text) else unquote(text)


def _columns(what: str, names: Sequence[str], *, by_tab: bool = False) -> Step:
    def step(event: Event, metadata: Mapping[str, str]) -> None:
        message = metadata[MESSAGE]
        words = message.split("\t") if by_tab and "\t" in message else message.split()
        if len(words) != len(names):
            raise Untransformed(f"The log event is not {what}: it has {len(words)} fields of {len(names)}.")
        for name, word in zip(names, words, strict=True):
            event[name] = word if name in _ACCOUNTS else _typed(word.strip())

    return step


def parse_vpc(config: Config) -> Step:
    """Takes a VPC flow log of the default format apart."""
    return _columns("a VPC flow log", _FLOW)


def parse_route53(config: Config) -> Step:
    """Takes a query log of a public hosted zone apart."""
    return _columns("a Route 53 query log", _ROUTE_53)


def parse_cloudfront(config: Config) -> Step:
    """Takes a standard log of CloudFront apart."""
    return _columns("a CloudFront standard log", _CLOUDFRONT, by_tab=True)


def parse_postgres(config: Config) -> Step:
    """Takes the head of a line of RDS for PostgreSQL apart."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        found = _POSTGRES.match(metadata[MESSAGE])
        if found is None:
            raise Untransformed("The log event is not an RDS for PostgreSQL log.")
        event.update(found.groupdict())

    return step


def parse_waf(config: Config) -> Step:
    """Takes a log of AWS WAF apart, with headers and labels by their names."""

    def step(event: Event, metadata: Mapping[str, str]) -> None:
        try:
            document: Any = loads(metadata[MESSAGE])
        except JSONDecodeError:
            document = None
        if not isinstance(document, dict) or not isinstance(cast("Event", document).get("httpRequest"), dict):
            raise Untransformed("The log event is not an AWS WAF log.")
        log = cast("dict[str, Any]", document)
        headers = _objects(log["httpRequest"].get("headers"))
        log["httpRequest"]["headers"] = {str(each.get("name")): each.get("value") for each in headers}
        if "labels" in log:
            labels: Event = {}
            for each in _objects(log["labels"]):
                labels.update(each)
            log["labels"] = labels
        event.update(log)

    return step


def _objects(given: Any) -> list[Event]:
    listed = cast("list[Any]", given) if isinstance(given, list) else []
    return [cast("Event", each) for each in listed if isinstance(each, dict)]
