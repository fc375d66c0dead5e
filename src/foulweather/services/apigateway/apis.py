"""REST APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import cloning, finding, limits, paging, patches, policies, refusals
from foulweather.services.apigateway.endpoints import checked_endpoint
from foulweather.services.apigateway.patches import REPLACE, Rule, Step, flag_of, members, sets
from foulweather.services.apigateway.records import Resource, RestApi
from foulweather.services.apigateway.region_records import Place
from foulweather.services.apigateway.shown_apis import paced, require_room, told
from foulweather.services.apigateway.state import Places, RestState

Request = Mapping[str, Any]


def create_rest_api(call: Call, request: Request) -> dict[str, Any]:
    """Make an API with its root resource and the two models that every API has."""
    if not (request.get("name") or "").strip():
        raise refusals.invalid("API name cannot be empty", name=request.get("name"))
    endpoint = checked_endpoint(request.get("endpointConfiguration"))
    _refuse_unbuilt(call, request)
    compression = limits.checked_compression(request.get("minimumCompressionSize"))
    tags = limits.checked_tags(request.get("tags"))
    state = call.state(RestState)
    source = _source(call, request)
    require_room(call, endpoint["types"][0])
    api_id, root = finding.new_id(call, 10), finding.new_id(call, 10)
    made = RestApi(
        id=api_id,
        name=request["name"],
        root_resource_id=root,
        created_date=call.now,
        description=request.get("description"),
        version=request.get("version"),
        binary_media_types=list(request.get("binaryMediaTypes") or ()),
        minimum_compression_size=compression,
        api_key_source=request.get("apiKeySource") or "HEADER",
        endpoint_configuration=endpoint,
        disable_execute_api_endpoint=bool(request.get("disableExecuteApiEndpoint")),
        tags=tags,
    )
    made.policy = policies.checked(call, made, request.get("policy"))
    limits.pace(call, paced("CreateRestApi", endpoint))
    _begin(call, made)
    if source is not None:
        cloning.clone(call, state, source, made)
    else:
        cloning.put_default_models(call, state, api_id)
    finding.changed(call, "RestApiCreated", f"/restapis/{api_id}", made)
    return told(made)


def _begin(call: Call, made: RestApi) -> None:
    """Put a new API with its root where it can be found."""
    state = call.state(RestState)
    state.apis.put(made.id, made)
    root = made.root_resource_id
    state.resources.put(f"{made.id}/{root}", Resource(id=root, path="/"))
    call.world.state(Places).apis.put(made.id, Place(account=call.account, region=call.region))


def get_rest_api(call: Call, request: Request) -> dict[str, Any]:
    """An API."""
    return told(finding.api(call, request)[1])


def get_rest_apis(call: Call, request: Request) -> dict[str, Any]:
    """The account's APIs."""
    apis, more = paging.page(list(call.state(RestState).apis.values()), request)
    return {"items": [told(api) for api in apis], **more}


def update_rest_api(call: Call, request: Request) -> dict[str, Any]:
    """Change an API; stages that are deployed go on as they are, but for its policy's next deployment."""
    state, api = finding.api(call, request)
    made = patches.patched(call, api, request, _RULES)
    made.endpoint_configuration = checked_endpoint(made.endpoint_configuration)
    made.policy = policies.checked(call, made, made.policy)
    state.apis.put(api.id, made)
    finding.changed(call, "RestApiUpdated", f"/restapis/{api.id}", made, patches.touched(request))
    return told(made)


def delete_rest_api(call: Call, request: Request) -> None:
    """Delete an API with all that belongs to it."""
    state, api = finding.api(call, request)
    mapped = [mapping.domain for mapping in state.mappings.values() if mapping.api_id == api.id]
    if mapped:
        raise refusals.invalid(
            f"Deleting RestApi {api.id} failed. "
            "Please remove all base path mappings related to the RestApi in your domains.",
            *(call.fact(finding.arn(call, f"/domainnames/{domain}"), "restApiId", api.id) for domain in mapped),
            remedy=tuple(f"aws apigateway get-base-path-mappings --domain-name {domain}" for domain in mapped),
        )
    limits.pace(call, "DeleteRestApi")
    for rows in cloning.tables(state):
        for key in [key for key in rows if key.startswith(f"{api.id}/")]:
            rows.delete(key)
    for plan in state.plans.values():
        if any(stage.api_id == api.id for stage in plan.api_stages):
            plan.api_stages = [stage for stage in plan.api_stages if stage.api_id != api.id]
            state.plans.touch(plan.id)
    state.apis.delete(api.id)
    call.world.state(Places).apis.delete(api.id)
    finding.changed(call, "RestApiDeleted", f"/restapis/{api.id}")


def _source(call: Call, request: Request) -> RestApi | None:
    """The API that a new one is a clone of."""
    return finding.api(call, {"restApiId": request["cloneFrom"]})[1] if request.get("cloneFrom") else None


def _refuse_unbuilt(call: Call, request: Request) -> None:
    for member in ("securityPolicy", "endpointAccessMode"):
        if request.get(member):
            raise not_implemented("apigateway", f"{call.operation}.{member}")


def _compression(step: Step) -> int | None:
    return limits.checked_compression(patches.whole_of(step)) if step.value else None


def _name(step: Step) -> str:
    if not (step.value or "").strip():
        raise refusals.invalid("API name cannot be empty", name=step.value)
    return step.value or ""


def _key_source(step: Step) -> str:
    if step.value not in ("HEADER", "AUTHORIZER"):
        words = f"Invalid patch value '{step.value}' specified for op 'replace'. Must be one of: [AUTHORIZER, HEADER]"
        raise refusals.invalid(words, apiKeySource=step.value)
    return step.value


def _type(api: RestApi, step: Step) -> None:
    """Another type of endpoint; one that becomes private has addresses of both kinds from then on.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-api-migration.html
    """
    before: list[str] = api.endpoint_configuration.get("types", [])
    if "PRIVATE" in before and step.value == "EDGE":
        raise refusals.invalid("A private API cannot be changed to an edge-optimized API", types=step.value)
    api.endpoint_configuration = {**api.endpoint_configuration, "types": [step.value]}
    if step.value == "PRIVATE":
        api.endpoint_configuration["ipAddressType"] = "dualstack"
    else:
        api.endpoint_configuration.pop("vpcEndpointIds", None)


def _address_type(api: RestApi, step: Step) -> None:
    api.endpoint_configuration = {**api.endpoint_configuration, "ipAddressType": step.value}


def _vpc_endpoint(api: RestApi, step: Step) -> None:
    held: list[str] = [*api.endpoint_configuration.get("vpcEndpointIds", ())]
    endpoint = step.parts[0] if step.parts else patches.value_of(step)
    if step.op == "remove":
        held = [one for one in held if one != endpoint]
    elif endpoint not in held:
        held.append(endpoint)
    api.endpoint_configuration = {**api.endpoint_configuration, "vpcEndpointIds": held}


def _policy(api: RestApi, step: Step) -> None:
    api.policy = "" if step.op == "remove" else step.value or ""


_RULES: Final = (
    sets("/name", "name", _name),
    sets("/description", "description"),
    sets("/version", "version"),
    sets("/apiKeySource", "api_key_source", _key_source),
    sets("/minimumCompressionSize", "minimum_compression_size", _compression, ("replace", "remove")),
    sets("/disableExecuteApiEndpoint", "disable_execute_api_endpoint", flag_of),
    Rule("/policy", ("replace", "remove"), _policy),
    members("/binaryMediaTypes/{}", "binary_media_types", ("add", "remove", "replace")),
    Rule("/endpointConfiguration/types/{}", REPLACE, _type),
    Rule("/endpointConfiguration/ipAddressType", REPLACE, _address_type),
    Rule("/endpointConfiguration/vpcEndpointIds", ("add", "remove"), _vpc_endpoint),
    Rule("/endpointConfiguration/vpcEndpointIds/{}", ("add", "remove"), _vpc_endpoint),
)
