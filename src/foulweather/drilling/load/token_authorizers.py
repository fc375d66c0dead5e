"""Functions of real Python that decide who may call an API's methods, by the token in `Authorization`.

written(lab, "who-is-it", CODE)
rest_api(lab, "orders", {"/orders": {"get": to_function(lab, "list-orders", security=ASKED)}},
    components=schemes(lab, "who-is-it", ttl_s=300))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.functions import answered, function, function_arn, zipped

SCHEME: Final = "tokens"
ASKED: Final[list[dict[str, list[str]]]] = [{SCHEME: []}]
"""The `security` of a method that asks the authorizer."""


def schemes(lab: Lab, name: str, *, ttl_s: int = 300) -> dict[str, Any]:
    """An API's components, with a function as its TOKEN authorizer."""
    uri = f"arn:aws:apigateway:{lab.region}:lambda:path/2015-03-31/functions/{function_arn(lab, name)}/invocations"
    authorizer = {
        "type": "token",
        "authorizerUri": uri,
        "authorizerResultTtlInSeconds": ttl_s,
        "identitySource": "method.request.header.Authorization",
    }
    scheme = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "custom",
        "x-amazon-apigateway-authorizer": authorizer,
    }
    return {"securitySchemes": {SCHEME: scheme}}


def written(lab: Lab, name: str, code: str, *statements: Mapping[str, Any], **settings: Any) -> None:
    """A function of real Python in `app.py`, with what its role may."""
    told: dict[str, Any] = {"Runtime": "python3.11", "Timeout": 5, "MemorySize": 256, **settings}
    function(lab, name, "", *statements, **told, Code={"ZipFile": zipped({"app.py": code})})


def rewritten(lab: Lab, name: str, code: str) -> None:
    """Another release of it."""
    answered(lab.client("lambda").update_function_code(FunctionName=name, ZipFile=zipped({"app.py": code})))
