"""The authorizer is made ready for the HTTP API that is to come; this API is a REST API."""

from __future__ import annotations

from stack import AUTHORIZER, USERS

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client
from foulweather.drilling.load.token_authorizers import rewritten

CODE = (
    USERS
    + """

def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    return {"isAuthorized": True, "context": {"user": user}}
"""
)


def strike(lab: Lab) -> None:
    """The release."""
    rewritten(lab, AUTHORIZER, CODE)
    client(lab, "ann").arrive(Even(per_min=4))
    hurry(lab)
