"""The request of an HTTP task: its arguments checked, merged with what the connection adds, and encoded.

https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast
from urllib.parse import quote, urlencode, urlsplit

from foulweather.engines import http_client
from foulweather.kernel.http_connections import Added
from foulweather.services.stepfunctions.running import encode
from foulweather.services.stepfunctions.shaping import Unusable

MODEL: Final = "http"
"""What an `Asked` names in place of a model: an endpoint has none."""
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
ARRAYS: Final = ("INDICES", "REPEAT", "COMMAS", "BRACKETS")
RANGE: Final = "bytes=0-262144"
_MEMBERS: Final = frozenset(
    [
        "ApiEndpoint",
        "Method",
        "Authentication",
        "InvocationConfig",
        "Headers",
        "QueryParameters",
        "RequestBody",
        "Transform",
    ]
)
# "You can't use the following headers in your HTTP Task definition."
_FORBIDDEN: Final = re.compile(
    r"a-im|accept-(charset|datetime|encoding)|authorization|cache-control|connection|content-(encoding|md5)|date|expect|"
    r"forwarded|from|host|http2-settings|if-(match|modified-since|none-match|range|unmodified-since)|max-forwards|origin|"
    r"pragma|proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning|"
    r"x-(forwarded|amz|amzn)-.*",
    re.IGNORECASE,
)
_CONNECTION: Final = re.compile(r"arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:connection/[.\-_A-Za-z0-9]+/[-A-Za-z0-9]+")


class Outgoing(NamedTuple):
    """A request as it goes over the wire."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes


def checked(arguments: Any) -> dict[str, Any]:
    """The arguments of a task; those that make no request are refused."""
    if not isinstance(arguments, dict):
        raise Unusable("The Parameters must be a JSON object")
    given = cast("dict[str, Any]", arguments)
    for name in given:
        if name not in _MEMBERS:
            raise Unusable(f"The field '{name}' is not supported by Step Functions")
    for name in ("ApiEndpoint", "Method"):
        if given.get(name) is None:
            raise Unusable(f"The field '{name}' is required but was missing")
        if not isinstance(given[name], str):
            raise Unusable(f"The value for the field '{name}' must be a STRING")
    _check_endpoint(given["ApiEndpoint"])
    if given["Method"] not in METHODS:
        raise Unusable(f"The value for the field 'Method' must be one of [{', '.join(METHODS)}]")
    if not _CONNECTION.fullmatch(connection_of(given)):
        raise Unusable("The value for the field 'ConnectionArn' must be the ARN of a connection")
    for name in ("Headers", "QueryParameters", "Transform"):
        if not isinstance(given.get(name) or {}, dict):
            raise Unusable(f"The value for the field '{name}' must be an object")
    for name in cast("dict[str, Any]", given.get("Headers") or {}):
        if _FORBIDDEN.fullmatch(name):
            raise Unusable(f"The header '{name}' is not permitted")
    _check_transform(given.get("Transform") or {})
    return given


def _check_endpoint(url: str) -> None:
    """HTTPS; here one of this machine may be HTTP too, as with API destinations."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and http_client.is_this_machine(host.lower()))
    if not host or not is_secure:
        raise Unusable(f"The value for the field 'ApiEndpoint' must be the URL of an HTTPS endpoint: {url}")


def _check_transform(transform: Mapping[str, Any]) -> None:
    for name in transform:
        if name not in ("RequestBodyEncoding", "RequestEncodingOptions"):
            raise Unusable(f"The field '{name}' is not supported by Step Functions")
    if transform.get("RequestBodyEncoding", "NONE") not in ("NONE", "URL_ENCODED"):
        raise Unusable("The value for the field 'RequestBodyEncoding' must be one of [NONE, URL_ENCODED]")
    if _arrays(transform) not in ARRAYS:
        raise Unusable(f"The value for the field 'ArrayFormat' must be one of [{', '.join(ARRAYS)}]")


def _arrays(transform: Mapping[str, Any]) -> Any:
    """How arrays are encoded: "By default, Step Functions uses" INDICES."""
    options: Any = transform.get("RequestEncodingOptions") or {}
    return cast("dict[str, Any]", options).get("ArrayFormat", "INDICES") if isinstance(options, dict) else options


def connection_of(given: Mapping[str, Any]) -> str:
    """The connection that a task names: "use either the Authentication or InvocationConfig field"."""
    held = [given[name] for name in ("Authentication", "InvocationConfig") if given.get(name) is not None]
    if len(held) != 1:
        raise Unusable("Exactly one of the fields 'Authentication' and 'InvocationConfig' is required")
    arn: Any = cast("dict[str, Any]", held[0]).get("ConnectionArn") if isinstance(held[0], dict) else None
    if not isinstance(arn, str):
        raise Unusable("The field 'ConnectionArn' is required but was missing")
    return arn


def outgoing(given: Mapping[str, Any], added: Added, region: str) -> Outgoing:
    """The request: what the connection adds stands above what the task says of the same name."""
    own = {name.lower() for name, _ in added.headers}
    headers = [(name, value) for name, value in _pairs(given.get("Headers")) if name.lower() not in own]
    headers += added.headers
    body = _body(given, added)
    if body and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json; charset=UTF-8"))
    taken = {"range", "user-agent"}
    headers = [(name, value) for name, value in headers if name.lower() not in taken]
    headers += [("Range", RANGE), ("User-Agent", f"Amazon|StepFunctions|HttpInvoke|{region}")]
    parameters = {name for name, _ in added.query}
    query = [pair for pair in _pairs(given.get("QueryParameters")) if pair[0] not in parameters] + list(added.query)
    url = given["ApiEndpoint"]
    if query:
        url += ("&" if "?" in url else "?") + urlencode(query, quote_via=quote)
    return Outgoing(given["Method"], url, headers, body)


def _pairs(held: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Names with their values, of which there may be several in an array."""
    found: list[tuple[str, str]] = []
    for name, values in (held or {}).items():
        for value in cast("list[Any]", values if isinstance(values, list) else [values]):
            if value is not None:
                found.append((name, value if isinstance(value, str) else json.dumps(value)))
    return found


def _body(given: Mapping[str, Any], added: Added) -> bytes:
    held: Any = given.get("RequestBody")
    if added.body:
        if held is not None and not isinstance(held, dict):
            # "Step Functions can't merge the request body specified in both these places."
            raise Unusable(
                "The RequestBody is no object, and cannot be merged with the body parameters of the connection"
            )
        held = {**cast("dict[str, Any]", held or {}), **dict(added.body)}
    if held is None:
        return b""
    transform: Mapping[str, Any] = given.get("Transform") or {}
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(held, dict | list):
        fields = _flat(held, "", _arrays(transform))
        return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields).encode()
    return (held if isinstance(held, str) else encode(held)).encode()


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _flat(value: Any, name: str, arrays: str) -> Iterator[tuple[str, str]]:
    """The members of a body as a form has them: `metadata[order]`, `array[0]`."""
    if isinstance(value, dict):
        for key, each in cast("dict[str, Any]", value).items():
            yield from _flat(each, f"{name}[{key}]" if name else key, arrays)
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        if arrays == "COMMAS":
            yield name, ",".join(_text(each) for each in items)
            return
        for number, each in enumerate(items):
            yield from _flat(each, {"INDICES": f"{name}[{number}]", "BRACKETS": f"{name}[]"}.get(arrays, name), arrays)
    else:
        yield name, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else encode(value)
