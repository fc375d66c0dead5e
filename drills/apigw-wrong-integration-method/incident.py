"""A release whose script gives the integration the method of its method."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client, deploy
from foulweather.drilling.load.functions import answered, function_arn


def strike(lab: Lab) -> None:
    """GET /orders, made anew."""
    apis, api = lab.client("apigateway"), lab.notes["api"]
    resources = answered(apis.get_resources(restApiId=api))["items"]
    resource = next(one["id"] for one in resources if one["path"] == "/orders")
    target = f"path/2015-03-31/functions/{function_arn(lab, 'list-orders')}/invocations"
    answered(
        apis.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod="GET",
            type="AWS_PROXY",
            integrationHttpMethod="GET",
            uri=f"arn:aws:apigateway:{lab.region}:lambda:{target}",
        )
    )
    deploy(lab, api)
    client(lab, "web").arrive(Even(per_min=4))
    hurry(lab)
