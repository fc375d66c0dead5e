"""Every quota and rule of what HTTP and WebSocket APIs may be told, with the words of its refusal.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway.v2 import refusals

APIS_MAX: Final = 600
ROUTES_MAX: Final = 300
INTEGRATIONS_MAX: Final = 300
STAGES_MAX: Final = 10
AUTHORIZERS_MAX: Final = 10
MAPPINGS_MAX: Final = 200
ROUTING_RULES_MAX: Final = 50
VPC_LINKS_MAX: Final = 10
AUDIENCES_MAX: Final = 50
SCOPES_MAX: Final = 10
TAGS_MAX: Final = 50
HTTP_TIMEOUT_MS_MAX: Final = 30_000
SOCKET_TIMEOUT_MS_MAX: Final = 29_000
METHODS: Final = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")

_STAGE_NAME = re.compile(r"\$default|[A-Za-z0-9_-]{1,128}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_VARIABLE_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]{1,512}")
_ROUTE_KEY = re.compile(r"([A-Z]+) (/[^\s]*)")
_PART = re.compile(r"\{[A-Za-z0-9._:-]+\+?\}|[^{}]*")


def checked_route_key(key: str) -> str:
    """An HTTP API's route key: `$default`, or a method and a path with `{variables}` and at most one `{greedy+}` end.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    if key == "$default":
        return key
    found = _ROUTE_KEY.fullmatch(key)
    if found is None or found[1] not in METHODS:
        words = 'The provided route key is not formatted properly for HTTP protocol. Format should be "<HTTP METHOD> '
        raise refusals.invalid(f'{words}/<RESOURCE PATH>" or "$default"', RouteKey=key)
    parts = found[2][1:].split("/")
    names = [part.strip("{}+") for part in parts if part.startswith("{")]
    if not all(_PART.fullmatch(part) for part in parts) or any(part.endswith("+}") for part in parts[:-1]):
        raise refusals.invalid("The route key's path has a malformed path variable", RouteKey=key)
    if len(set(names)) != len(names):
        raise refusals.invalid("The route key's path names a path variable twice", RouteKey=key)
    return key


def checked_stage_name(name: str) -> str:
    """A stage's name."""
    if not _STAGE_NAME.fullmatch(name):
        words = "Stage name only allows a-zA-Z0-9_- or $default"
        raise refusals.invalid(words, StageName=name)
    return name


def check_variables(variables: Mapping[str, str]) -> None:
    """A stage's variables."""
    for name, value in variables.items():
        if not _VARIABLE_NAME.fullmatch(name):
            words = "Stage variable name should only contain alphanumeric and underscore characters"
            raise refusals.invalid(words, StageVariables=name)
        if not _VARIABLE_VALUE.fullmatch(value):
            words = "Stage variable value should match the pattern [A-Za-z0-9-._~:/?#&=,]+"
            raise refusals.invalid(words, StageVariables={name: value})


def checked_tags(tags: Mapping[str, str] | None, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """Tags added to those that a resource has."""
    for key, value in (tags or {}).items():
        if key.lower().startswith("aws:"):
            raise refusals.invalid("Invalid tag key: tags beginning with aws: are reserved", Tags=key)
        if not 0 < len(key) <= 128 or len(value) > 256:
            words = "Tag keys must have 1 to 128 characters, and their values at most 256"
            raise refusals.invalid(words, Tags={key: value})
    made = {**(held or {}), **(tags or {})}
    if len(made) > TAGS_MAX:
        raise refusals.too_many("tags", "resource", TAGS_MAX)
    return made


def checked_cors(asked: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A CORS configuration: credentials go with no wildcard.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    """
    if not asked:
        return None
    made = {name: value for name, value in asked.items() if value is not None}
    origins: Sequence[str] = made.get("AllowOrigins") or ()
    for name in origins:
        if name != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\s]+", name):
            words = f"Origin format is invalid: {name}. Should be * or a scheme and a host"
            raise refusals.invalid(words, AllowOrigins=list(origins))
    if made.get("AllowCredentials") and "*" in origins:
        words = "allowCredentials is not supported for wildcard origin (*)"
        raise refusals.invalid(words, AllowCredentials=True, AllowOrigins=list(origins))
    for method in made.get("AllowMethods") or ():
        if method != "*" and method not in METHODS:
            raise refusals.invalid(f"Invalid method in allowMethods: {method}", AllowMethods=method)
    age_s = made.get("MaxAge")
    if age_s is not None and not -1 <= age_s <= 86_400:
        raise refusals.invalid("maxAge must be between -1 and 86400", MaxAge=age_s)
    return made


def require_room(call: Call, held: int, most: int, things: str, where: str = "") -> None:
    """Refuse one more of what there are already as many as a quota allows."""
    if held >= most:
        raise refusals.too_many(things, where or call.account, most)
