"""The directory behind the authorizer is slow, so its answers are cached from today."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client, deploy, patch
from foulweather.drilling.load.functions import answered


def strike(lab: Lab) -> None:
    """300 seconds, as is the default."""
    apis, api = lab.client("apigateway"), lab.notes["api"]
    authorizer = answered(apis.get_authorizers(restApiId=api))["items"][0]["id"]
    ttl = patch("/authorizerResultTtlInSeconds", 300)
    answered(apis.update_authorizer(restApiId=api, authorizerId=authorizer, patchOperations=[ttl]))
    deploy(lab, api)
    for user in ("ann", "bob"):
        client(lab, user).arrive(Even(per_min=6))
    hurry(lab)
