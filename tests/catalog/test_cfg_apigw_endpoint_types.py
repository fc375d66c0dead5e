"""Edge-optimised, regional and private endpoints: what each is made with, and who reaches it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from catalog.configurations import policy, refused
from catalog.gateways import Api, mock, rest_api
from foulweather.testing import Aws

ENDPOINT = "vpce-0123456789abcdef0"


@pytest.fixture
def api(aws: Aws) -> Api:
    return rest_api(aws, {"/orders": {"get": mock()}})


def turned(api: Api, now: str, then: str) -> Any:
    """Give an API another type of endpoint."""
    patches = [{"op": "replace", "path": f"/endpointConfiguration/types/{now}", "value": then}]
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=patches)
    return api.deploy().gateway.get_rest_api(restApiId=api.id)["endpointConfiguration"]


def test_an_api_is_edge_optimised_unless_told_and_can_be_turned_regional(api: Api) -> None:
    assert api.gateway.get_rest_api(restApiId=api.id)["endpointConfiguration"]["types"] == ["EDGE"]
    assert api.ask("GET", "/orders").status == 200
    assert turned(api, "EDGE", "REGIONAL")["types"] == ["REGIONAL"]
    assert api.ask("GET", "/orders").status == 200


def test_a_private_api_is_not_reached_from_outside_a_vpc_whatever_its_policy_allows(aws: Aws, api: Api) -> None:
    turned(api, "EDGE", "REGIONAL")
    allows = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    patches = [{"op": "replace", "path": "/policy", "value": policy(allows)}]
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=patches)
    assert api.deploy().ask("GET", "/orders").status == 200
    told = turned(api, "REGIONAL", "PRIVATE")
    assert told["types"] == ["PRIVATE"]
    response = api.ask("GET", "/orders")
    assert (response.status, response.body) == (403, b'{"message":"Forbidden"}')
    trace = aws.why()
    assert trace is not None
    assert "through an interface VPC endpoint alone" in str(trace)
    assert turned(api, "PRIVATE", "REGIONAL")["types"] == ["REGIONAL"]
    assert api.ask("GET", "/orders").status == 200


def test_vpc_endpoints_are_for_private_apis_alone(aws: Aws) -> None:
    gateway: Any = aws.client("apigateway")
    both = {"types": ["REGIONAL"], "vpcEndpointIds": [ENDPOINT]}
    error = refused(gateway.create_rest_api, name="orders", endpointConfiguration=both)
    assert error["Code"] == "BadRequestException"
    assert "PRIVATE" in error["Message"]
    made = gateway.create_rest_api(name="orders", endpointConfiguration={**both, "types": ["PRIVATE"]})
    assert made["endpointConfiguration"]["vpcEndpointIds"] == [ENDPOINT]


def test_a_private_api_without_a_policy_is_not_deployed(aws: Aws) -> None:
    gateway: Any = aws.client("apigateway")
    made = gateway.create_rest_api(name="orders", endpointConfiguration={"types": ["PRIVATE"]})
    root = made["rootResourceId"]
    place = {"restApiId": made["id"], "resourceId": root, "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(**place, type="MOCK")
    error = refused(gateway.create_deployment, restApiId=made["id"], stageName="prod")
    assert "Private REST API doesn't have a resource policy attached to it" in error["Message"]


def test_a_private_api_has_both_kinds_of_addresses_and_cannot_become_edge_optimised(api: Api) -> None:
    def become(now: str, then: str) -> Any:
        patches = [{"op": "replace", "path": f"/endpointConfiguration/types/{now}", "value": then}]
        return api.gateway.update_rest_api(restApiId=api.id, patchOperations=patches)["endpointConfiguration"]

    assert become("EDGE", "PRIVATE")["ipAddressType"] == "dualstack"
    with pytest.raises(ClientError, match="cannot be changed to an edge-optimized API"):
        become("PRIVATE", "EDGE")
    assert become("PRIVATE", "REGIONAL")["types"] == ["REGIONAL"]
