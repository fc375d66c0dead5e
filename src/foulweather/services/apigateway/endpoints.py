"""Endpoint configurations: of APIs, and of domain names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.services.apigateway import refusals

_TYPES = ("EDGE", "PRIVATE", "REGIONAL")


def checked_endpoint(asked: Mapping[str, Any] | None, default: str = "EDGE") -> dict[str, Any]:
    """An endpoint configuration with its defaults.

    "Supported values: ipv4, dualstack. The default is ipv4 for Regional and edge-optimized APIs, dualstack for private
    ones": https://docs.aws.amazon.com/apigateway/latest/api/API_EndpointConfiguration.html
    """
    asked = asked or {}
    types: Sequence[str] = asked.get("types") or [default]
    if len(types) != 1:
        raise refusals.invalid("Only one endpoint type can be specified", types=list(types))
    kind = types[0]
    if kind not in _TYPES:
        raise refusals.invalid(f"Invalid endpoint type specified. Must be one of: [{', '.join(_TYPES)}]", types=kind)
    endpoints: Sequence[str] = asked.get("vpcEndpointIds") or ()
    if endpoints and kind != "PRIVATE":
        words = "VPCEndpoints can only be specified with PRIVATE apis"
        raise refusals.invalid(words, types=kind, vpcEndpointIds=list(endpoints))
    addresses = asked.get("ipAddressType") or ("dualstack" if kind == "PRIVATE" else "ipv4")
    if kind == "PRIVATE" and addresses != "dualstack":
        raise refusals.invalid("Private APIs only support dualstack IP address type", ipAddressType=addresses)
    made: dict[str, Any] = {"types": [kind], "ipAddressType": addresses}
    if endpoints:
        made["vpcEndpointIds"] = list(endpoints)
    return made
