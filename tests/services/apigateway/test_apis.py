from __future__ import annotations

import json

import pytest

from foulweather.services.apigateway.state import RestState
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import REGIONAL, made_api, patches, refused, words

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/prod/GET/*"}
    ],
}


def test_an_api_begins_with_a_root_and_two_models(aws: Aws) -> None:
    api = made_api(aws, description="orders", tags={"team": "shop"})
    assert aws.apigateway.get_rest_api({"restApiId": api["id"]}) == api
    assert api["endpointConfiguration"] == {"types": ["REGIONAL"], "ipAddressType": "ipv4"}
    assert (api["apiKeySource"], api["disableExecuteApiEndpoint"], api["tags"]) == ("HEADER", False, {"team": "shop"})
    resources = aws.apigateway.get_resources({"restApiId": api["id"]})["items"]
    assert resources == [{"id": api["rootResourceId"], "path": "/"}]
    models = aws.apigateway.get_models({"restApiId": api["id"]})["items"]
    assert [model["name"] for model in models] == ["Empty", "Error"]
    assert json.loads(models[1]["schema"])["properties"]["message"] == {"type": "string"}


def test_the_policy_is_stored_with_whole_arns_and_shown_escaped(aws: Aws) -> None:
    api = made_api(aws, policy=json.dumps(POLICY))
    shown = json.loads(json.loads(f'"{api["policy"]}"'))
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['id']}/prod/GET/*"
    assert shown["Statement"][0]["Resource"] == arn


def test_a_policy_that_is_none_is_refused(aws: Aws) -> None:
    code, message = words(aws.apigateway.create_rest_api, {"name": "a", **REGIONAL, "policy": "{"})
    assert (code, message.split(".")[0]) == ("BadRequestException", "Invalid policy document")
    assert aws.apigateway.get_rest_apis()["items"] == []


def test_an_unknown_api_is_named_with_its_account(aws: Aws) -> None:
    error = refused(aws.apigateway.get_rest_api, {"restApiId": "abc"})
    assert (error.code, error.status) == ("NotFoundException", 404)
    assert error.message == f"Invalid API identifier specified {ACCOUNT}:abc"


def test_an_api_of_another_account_is_unknown(aws: Aws) -> None:
    api = made_api(aws)
    other = aws.in_account("444455556666")
    assert words(other.apigateway.get_rest_api, {"restApiId": api["id"]})[0] == "NotFoundException"


def test_patches_change_an_api_all_or_none(aws: Aws) -> None:
    api = made_api(aws)
    update = aws.apigateway.update_rest_api
    good = (
        ("replace", "/name", "store"),
        ("add", "/binaryMediaTypes/image~1png", None),
        ("replace", "/minimumCompressionSize", "1024"),
        ("replace", "/apiKeySource", "AUTHORIZER"),
        ("replace", "/disableExecuteApiEndpoint", "true"),
    )
    changed = update({"restApiId": api["id"], "patchOperations": patches(*good)})
    assert changed["name"] == "store"
    assert changed["binaryMediaTypes"] == ["image/png"]
    assert (changed["minimumCompressionSize"], changed["apiKeySource"]) == (1024, "AUTHORIZER")
    assert changed["disableExecuteApiEndpoint"] is True
    half = patches(("replace", "/name", "market"), ("add", "/name", "x"))
    code, message = words(update, {"restApiId": api["id"], "patchOperations": half})
    assert code == "BadRequestException"
    assert message.startswith("Invalid patch path  '/name' specified for op 'add'. Must be one of: [")
    assert "/binaryMediaTypes/{name}" in message
    assert aws.apigateway.get_rest_api({"restApiId": api["id"]})["name"] == "store"
    gone = update({"restApiId": api["id"], "patchOperations": patches(("replace", "/minimumCompressionSize", ""))})
    assert "minimumCompressionSize" not in gone


def test_only_a_private_api_has_vpc_endpoints(aws: Aws) -> None:
    asked = {"name": "a", "endpointConfiguration": {"types": ["REGIONAL"], "vpcEndpointIds": ["vpce-1"]}}
    assert words(aws.apigateway.create_rest_api, asked)[1] == "VPCEndpoints can only be specified with PRIVATE apis"
    asked["endpointConfiguration"] = {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}
    made = aws.apigateway.create_rest_api(asked)
    assert made["endpointConfiguration"]["ipAddressType"] == "dualstack"


async def test_a_clone_has_what_the_other_has(aws: Aws) -> None:
    first = made_api(aws)
    made = aws.apigateway.create_resource(
        {"restApiId": first["id"], "parentId": first["rootResourceId"], "pathPart": "orders"}
    )
    aws.apigateway.put_method(
        {"restApiId": first["id"], "resourceId": made["id"], "httpMethod": "GET", "authorizationType": "NONE"}
    )
    await aws.advance(seconds=3)
    clone = made_api(aws, "copy", cloneFrom=first["id"])
    resources = aws.apigateway.get_resources({"restApiId": clone["id"], "embed": ["methods"]})["items"]
    assert {one["path"]: sorted(one.get("resourceMethods", {})) for one in resources} == {"/": [], "/orders": ["GET"]}
    assert made["id"] not in {one["id"] for one in resources}


async def test_management_calls_are_paced_after_the_first_hundred(aws: Aws) -> None:
    made = [made_api(aws, str(number)) for number in range(100)]
    error = refused(aws.apigateway.create_rest_api, {"name": "b", **REGIONAL})
    assert (error.code, error.status, error.why.decision) == ("TooManyRequestsException", 429, "throttled")
    await aws.advance(seconds=3)
    made.append(made_api(aws, "b"))
    assert words(aws.apigateway.create_rest_api, {"name": "c", **REGIONAL})[0] == "TooManyRequestsException"
    for api in made[:100]:
        aws.apigateway.delete_rest_api({"restApiId": api["id"]})
    assert words(aws.apigateway.delete_rest_api, {"restApiId": made[100]["id"]})[0] == "TooManyRequestsException"
    await aws.advance(seconds=30)
    aws.apigateway.delete_rest_api({"restApiId": made[100]["id"]})


def test_a_deleted_api_leaves_nothing(aws: Aws) -> None:
    api = made_api(aws)
    aws.apigateway.delete_rest_api({"restApiId": api["id"]})
    state = aws.world.state(RestState, ACCOUNT, REGION)
    assert not any(len(rows) for rows in (state.apis, state.resources, state.models))
    (event,) = aws.events("apigateway.RestApiDeleted")
    assert event.resource == f"arn:aws:apigateway:{REGION}::/restapis/{api['id']}"


async def test_apis_are_listed_in_pages(aws: Aws) -> None:
    for number in range(3):
        made_api(aws, f"api{number}")
        await aws.advance(seconds=3)
    first = aws.apigateway.get_rest_apis({"limit": 2})
    rest = aws.apigateway.get_rest_apis({"limit": 2, "position": first["position"]})
    assert [one["name"] for one in first["items"] + rest["items"]] == ["api0", "api1", "api2"]
    assert "position" not in rest
    assert words(aws.apigateway.get_rest_apis, {"position": "nonsense"})[0] == "BadRequestException"


@pytest.mark.parametrize("member", ["securityPolicy", "endpointAccessMode"])
def test_what_is_not_built_says_so(aws: Aws, member: str) -> None:
    value = {"securityPolicy": "TLS_1_2", "endpointAccessMode": "STRICT"}[member]
    assert refused(aws.apigateway.create_rest_api, {"name": "a", **REGIONAL, member: value}).status == 501
