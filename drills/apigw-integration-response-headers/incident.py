"""A release that "cleans the console up": one response is enough."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client, deploy
from foulweather.drilling.load.functions import answered


def strike(lab: Lab) -> None:
    """What is left is the default, without headers."""
    apis, api = lab.client("apigateway"), lab.notes["api"]
    resources = answered(apis.get_resources(restApiId=api))["items"]
    resource = next(one["id"] for one in resources if one["path"] == "/orders/{id}")
    at: dict[str, Any] = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    for status in ("404", "500", "200"):
        answered(apis.delete_integration_response(**at, statusCode=status))
        answered(apis.delete_method_response(**at, statusCode=status))
    answered(apis.put_method_response(**at, statusCode="200"))
    answered(apis.put_integration_response(**at, statusCode="200"))
    deploy(lab, api)
    client(lab, "page").arrive(Even(per_min=6))
    hurry(lab)
