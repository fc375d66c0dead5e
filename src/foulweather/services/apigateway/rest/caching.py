"""A stage's cache: which responses it holds, under which keys, how long, and who may have it answer afresh.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
"""

from __future__ import annotations

from typing import NamedTuple, cast

from foulweather.kernel.http import HttpResponse
from foulweather.kernel.why import Fact
from foulweather.services.apigateway.rest import authorizing, mapping, refusals
from foulweather.services.apigateway.rest.plans import MethodPlan
from foulweather.services.apigateway.rest.refusals import Refusal
from foulweather.services.apigateway.rest.visit import Visit
from foulweather.world.world import World

RESPONSE_BYTES_MAX = 1_048_576
ENTRIES_MAX = 20_000
Key = tuple[str, ...]


class Entry(NamedTuple):
    """A response that is held."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at_ms: int
    until_ms: int


class Cache:
    """The responses that a world's stages hold; a restart empties it."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}

    @classmethod
    def of(cls, world: World) -> dict[Key, Entry]:
        """A world's."""
        found = world.attached.get(cls)
        if found is None:
            found = world.attached[cls] = cls()
        return cast(Cache, found).entries


def key_of(visit: Visit, method: MethodPlan) -> Key | None:
    """Under which key a request's response is held; None where it is not cached.

    Unless a method's own settings say so, only GET is. What is no cache key parameter makes no difference.
    """
    stage, setting = visit.stage, visit.setting
    if not setting.caching_enabled or setting.cache_ttl_in_seconds <= 0 or method.integration is None:
        return None
    if not stage.cache_cluster_enabled or visit.call.now < stage.cache_ready_ms:
        return None
    if visit.request.method != "GET" and setting is stage.method_settings.get("*/*"):
        return None
    if visit.is_canary and stage.canary_settings is not None and not stage.canary_settings.use_stage_cache:
        return None
    integration = method.integration
    values: list[str] = []
    for parameter in integration.cache_keys:
        found = mapping.request_values(visit, parameter)
        if parameter.startswith("integration.request."):
            found = mapping.request_values(visit, integration.parameters.get(parameter, "''"))
        values.append("" if found is None else f"={','.join(found)}")
    path = "/".join(visit.resource_path.split("/"))
    namespace = integration.cache_namespace or visit.resource_id
    return (visit.api.id, stage.stage_name, namespace, path, visit.request.method, *values)


def held(visit: Visit, key: Key) -> HttpResponse | None:
    """The response that is held; None where the backend is to be asked."""
    call = visit.call
    entries = Cache.of(call.world)
    found = entries.get(key)
    stale = found is not None and (found.until_ms <= call.now or found.at_ms < visit.stage.cache_flushed_ms)
    warning = False
    if _asks_afresh(visit):
        setting = visit.setting
        if not setting.require_authorization_for_cache_control or authorizing.invalidates(visit):
            entries.pop(key, None)
            visit.cache_outcome = "miss"
            return None
        if setting.unauthorized_cache_control_header_strategy == "FAIL_WITH_403":
            raise _not_allowed(visit)
        warning = setting.unauthorized_cache_control_header_strategy == "SUCCEED_WITH_RESPONSE_HEADER"
    if found is None or stale:
        visit.cache_outcome = "miss"
        return None
    visit.cache_outcome = "hit"
    headers = list(found.headers)
    if warning:
        headers.append(("Warning", "199 Cache-control headers were ignored because the caller was unauthorized."))
    return HttpResponse(found.status, headers, found.body)


def hold(visit: Visit, key: Key, response: HttpResponse) -> None:
    """Hold a response for the method's time to live."""
    if response.status != 200 or len(response.body) > RESPONSE_BYTES_MAX:
        return
    entries = Cache.of(visit.call.world)
    if len(entries) >= ENTRIES_MAX:
        entries.pop(next(iter(entries)))
    now_ms = visit.call.world.clock.now_ms
    until_ms = now_ms + visit.setting.cache_ttl_in_seconds * 1000
    entries[key] = Entry(response.status, tuple(response.headers), response.body, now_ms, until_ms)


def _asks_afresh(visit: Visit) -> bool:
    return "max-age=0" in visit.request.header("cache-control").replace(" ", "").lower()


def _not_allowed(visit: Visit) -> Refusal:
    who = visit.call.principal.arn
    why = refusals.refused(
        f"{who} may not have the cache answer afresh (Cache-Control: max-age=0): execute-api:InvalidateCache.",
        Fact(visit.stage_arn, "unauthorizedCacheControlHeaderStrategy", "FAIL_WITH_403"),
    )
    return Refusal("ACCESS_DENIED", f"User: {who} is not authorized to perform: execute-api:InvalidateCache", why)
