"""Function URLs: made, changed, listed, deleted.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, paging, refusals, shapes
from foulweather.services.lambda_.records import LATEST, Function, Url
from foulweather.services.lambda_.state import LambdaState
from foulweather.world.ids import BASE32

Request = Mapping[str, Any]
_METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*"})


def create_function_url_config(call: Call, request: Request) -> dict[str, Any]:
    """Give a function, or one of its aliases, an address of its own."""
    state, function, qualifier = _asked(call, request)
    arn = function.qualified(qualifier)
    if qualifier in function.urls:
        raise refusals.conflict(
            f"Failed to create function url config for [functionArn = {arn}]. Error message:  FunctionUrlConfig exists "
            "for this Lambda function",
            call.fact(arn, "FunctionUrl", _address(function, qualifier)),
        )
    url = Url(
        id=call.world.ids.drawn(BASE32, 32).lower(),
        auth_type=request["AuthType"],
        invoke_mode=request.get("InvokeMode") or "BUFFERED",
        cors=_checked_cors(request.get("Cors") or {}),
        created_ms=call.now,
        modified_ms=call.now,
    )
    function.urls[qualifier] = url
    state.functions.touch(function.name)
    shown = _changed(call, function, qualifier)
    del shown["LastModifiedTime"]  # which only the answers to the other operations have
    return shown


def update_function_url_config(call: Call, request: Request) -> dict[str, Any]:
    """Change who may use an address, and how it answers."""
    state, function, qualifier = _asked(call, request)
    url = _require(function, qualifier)
    cors = _checked_cors(request["Cors"] or {}) if "Cors" in request else url.cors
    url.auth_type = request.get("AuthType", url.auth_type)
    url.invoke_mode = request.get("InvokeMode", url.invoke_mode)
    url.cors, url.modified_ms = cors, call.now
    state.functions.touch(function.name)
    return _changed(call, function, qualifier)


def get_function_url_config(call: Call, request: Request) -> dict[str, Any]:
    """A function's address."""
    _, function, qualifier = _asked(call, request)
    _require(function, qualifier)
    return _told(function, qualifier)


def list_function_url_configs(call: Call, request: Request) -> dict[str, Any]:
    """The addresses of a function and its aliases."""
    _, function = naming.unqualified(call, request["FunctionName"])
    shown, more = paging.page(sorted(function.urls), str, request)
    return {"FunctionUrlConfigs": [_told(function, qualifier) for qualifier in shown], **more}


def delete_function_url_config(call: Call, request: Request) -> None:
    """Take an address away; it is never given again."""
    state, function, qualifier = _asked(call, request)
    _require(function, qualifier)
    del function.urls[qualifier]
    state.functions.touch(function.name)
    call.changed("lambda.FunctionUrlDeleted", function.qualified(qualifier), exists=False)


def _asked(call: Call, request: Request) -> tuple[LambdaState, Function, str]:
    place, function = naming.located(call, request["FunctionName"], request.get("Qualifier"))
    qualifier = "" if place.qualifier == LATEST else place.qualifier
    if qualifier and qualifier not in function.aliases:
        raise refusals.no_such_function(function.qualified(qualifier))
    return call.state(LambdaState, place.account), function, qualifier


def _require(function: Function, qualifier: str) -> Url:
    url = function.urls.get(qualifier)
    if url is None:
        raise refusals.no_such_resource(function.qualified(qualifier))
    return url


def _checked_cors(cors: Mapping[str, Any]) -> dict[str, Any]:
    methods: list[str] = cors.get("AllowMethods") or []
    for method in methods:
        if method not in _METHODS:
            raise refusals.constraint(
                "Cors.AllowMethods", methods, f"Member must satisfy enum value set: [{', '.join(sorted(_METHODS))}]"
            )
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or []):
        raise refusals.invalid(
            "AllowOrigins can not be a wildcard when AllowCredentials is true.", Fact("request", "Cors", dict(cors))
        )
    return dict(cors)


def _changed(call: Call, function: Function, qualifier: str) -> dict[str, Any]:
    url = function.urls[qualifier]
    arn = function.qualified(qualifier)
    call.changed("lambda.FunctionUrlSet", arn, AuthType=url.auth_type, InvokeMode=url.invoke_mode, Cors=url.cors)
    return _told(function, qualifier)


def _told(function: Function, qualifier: str) -> dict[str, Any]:
    url = function.urls[qualifier]
    shown: dict[str, Any] = {
        "FunctionUrl": _address(function, qualifier),
        "FunctionArn": function.qualified(qualifier),
        "AuthType": url.auth_type,
        "CreationTime": shapes.timestamp(url.created_ms),
        "LastModifiedTime": shapes.timestamp(url.modified_ms),
        "InvokeMode": url.invoke_mode,
    }
    if url.cors:
        shown["Cors"] = url.cors
    return shown


def _address(function: Function, qualifier: str) -> str:
    return f"https://{function.urls[qualifier].id}.lambda-url.{function.region}.on.aws/"
