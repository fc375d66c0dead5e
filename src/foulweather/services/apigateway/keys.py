"""API keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import finding, key_files, limits, paging, patches, refusals
from foulweather.services.apigateway.patches import flag_of, sets
from foulweather.services.apigateway.plans_of_keys import check_subscription, plan_of, subscribe
from foulweather.services.apigateway.records import shown
from foulweather.services.apigateway.stage_records import ApiKey
from foulweather.services.apigateway.state import RestState
from foulweather.world.ids import ALPHANUMERIC

Request = Mapping[str, Any]
_VALUE_MIN: Final = 20
_VALUE_MAX: Final = 128


def create_api_key(call: Call, request: Request) -> dict[str, Any]:
    """Make a key, with a value of 40 characters unless one is given."""
    if request.get("stageKeys"):
        raise not_implemented("apigateway", "CreateApiKey.StageKeys")  # they are for accounts without usage plans
    if request.get("generateDistinctId") is False:
        raise not_implemented("apigateway", "CreateApiKey.GenerateDistinctId")
    value = _checked_value(request.get("value"))
    tags = limits.checked_tags(request.get("tags"))
    state = call.state(RestState)
    _require_new(state, value)
    if len(state.keys) >= limits.KEYS_MAX:
        raise refusals.too_many("API keys", "account", call.account, limits.KEYS_MAX)
    made = _put(call, state, value, request)
    made.tags = tags
    finding.changed(call, "ApiKeyCreated", f"/apikeys/{made.id}", made)
    return shown(made)


def import_api_keys(call: Call, request: Request) -> dict[str, Any]:
    """Make the keys of a file of comma separated values, and subscribe them to usage plans.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html
    """
    state = call.state(RestState)
    rows = key_files.rows(bytes(request["body"]))
    warnings: list[str] = []
    seen: set[str] = set()
    good: list[key_files.KeyRow] = []
    for row in rows:
        value = _checked_value(row.key)
        if value in state.key_ids or value in seen:
            warnings.append(f"API Key already exists: {row.name}")
            continue
        for plan_id in row.plan_ids:
            plan_of(call, plan_id)
        seen.add(value)
        good.append(row)
    if warnings and request.get("failOnWarnings"):
        raise refusals.invalid(f"Failed to import API keys: {'; '.join(warnings)}", warnings=len(warnings))
    if len(state.keys) + len(good) > limits.KEYS_MAX:
        raise refusals.too_many("API keys", "account", call.account, limits.KEYS_MAX)
    ids: list[str] = []
    for row in good:
        asked = {"name": row.name, "description": row.description, "enabled": row.enabled}
        made = _put(call, state, row.key, asked)
        ids.append(made.id)
        finding.changed(call, "ApiKeyCreated", f"/apikeys/{made.id}", made)
        for plan_id in row.plan_ids:
            plan = plan_of(call, plan_id)
            check_subscription(state, plan, made.id)
            subscribe(call, state, plan, made.id)
    return {"ids": ids, "warnings": warnings}


def get_api_key(call: Call, request: Request) -> dict[str, Any]:
    """A key, with its value if asked for."""
    return _told(_found(call, request)[1], bool(request.get("includeValue")))


def get_api_keys(call: Call, request: Request) -> dict[str, Any]:
    """The keys whose names begin like that, or of a customer."""
    name, customer = request.get("nameQuery"), request.get("customerId")
    keys: Sequence[ApiKey] = [
        key
        for key in call.state(RestState).keys.values()
        if (not name or (key.name or "").startswith(name)) and (not customer or key.customer_id == customer)
    ]
    found, more = paging.page(keys, request)
    return {"items": [_told(key, bool(request.get("includeValues"))) for key in found], **more}


def update_api_key(call: Call, request: Request) -> dict[str, Any]:
    """Change a key; its value stays."""
    state, key = _found(call, request)
    made = patches.patched(call, key, request, _RULES)
    made.last_updated_date = call.now
    state.keys.put(made.id, made)
    finding.changed(call, "ApiKeyUpdated", f"/apikeys/{made.id}", made, patches.touched(request))
    return _told(made, False)


def delete_api_key(call: Call, request: Request) -> None:
    """Delete a key; usage plans no longer have it."""
    state, key = _found(call, request)
    for row in [row for row, held in state.plan_keys.items() if held.key == key.id]:
        state.plan_keys.delete(row)
    state.keys.delete(key.id)
    state.key_ids.pop(key.value, None)
    finding.changed(call, "ApiKeyDeleted", f"/apikeys/{key.id}")


def _put(call: Call, state: RestState, value: str, request: Request) -> ApiKey:
    made = ApiKey(
        id=finding.new_id(call, 10),
        value=value or call.world.ids.drawn(ALPHANUMERIC, 40),
        created_date=call.now,
        last_updated_date=call.now,
        name=request.get("name"),
        customer_id=request.get("customerId"),
        description=request.get("description"),
        enabled=bool(request.get("enabled")),
    )
    state.keys.put(made.id, made)
    state.key_ids[made.value] = made.id
    return made


def _checked_value(value: str | None) -> str:
    if not value:
        return ""
    if len(value) < _VALUE_MIN:
        raise refusals.invalid(f"API Key value should be at least {_VALUE_MIN} characters", value=len(value))
    if len(value) > _VALUE_MAX:
        raise refusals.invalid(f"API Key value should be at most {_VALUE_MAX} characters", value=len(value))
    return value


def _require_new(state: RestState, value: str) -> None:
    if value and value in state.key_ids:
        raise refusals.conflict("API Key already exists")


def _found(call: Call, request: Request) -> tuple[RestState, ApiKey]:
    state = call.state(RestState)
    found = state.keys.get(request["apiKey"])
    if found is None:
        path = finding.arn(call, f"/apikeys/{request['apiKey']}")
        raise refusals.missing("Invalid API Key identifier specified", path)
    return state, found


def _told(key: ApiKey, with_value: bool) -> dict[str, Any]:
    answer = shown(key) if with_value else shown(key, "value")
    answer["stageKeys"] = []
    return answer


_RULES: Final = (
    sets("/name", "name"),
    sets("/description", "description"),
    sets("/enabled", "enabled", flag_of),
    sets("/customerId", "customer_id"),
)
