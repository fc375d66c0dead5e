"""A release with a template that is easier to read."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.apis import client, deploy
from foulweather.drilling.load.functions import answered

TEMPLATE = """{
  "TableName": "Orders",
  "Item": {
    "order_id": {"S": "$context.requestId"},
    "name": {"S": "$input.path('$.name')"},
    "note": {"S": "$input.path('$.note')"}
  }
}"""


def strike(lab: Lab) -> None:
    """The template alone."""
    apis, api = lab.client("apigateway"), lab.notes["api"]
    resources = answered(apis.get_resources(restApiId=api))["items"]
    resource = next(one["id"] for one in resources if one["path"] == "/orders")
    template = {"op": "replace", "path": "/requestTemplates/application~1json", "value": TEMPLATE}
    answered(apis.update_integration(restApiId=api, resourceId=resource, httpMethod="POST", patchOperations=[template]))
    deploy(lab, api)
    client(lab, "customers").arrive(Even(per_min=10))
