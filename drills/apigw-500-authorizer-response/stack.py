"""An API for people who have signed in; a function of real Python knows their tokens."""

from __future__ import annotations

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import SELDOM, Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import function
from foulweather.drilling.load.token_authorizers import ASKED, schemes, written

API, FUNCTION, AUTHORIZER = "orders", "list-orders", "who-is-it"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "[]"}\n'
USERS = 'USERS = {"t-ann": "ann", "t-bob": "bob"}\n'
CODE = (
    USERS
    + """

def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": user, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
)


def build(lab: Lab) -> None:
    """The function that decides, the one that lists, the API; Ann's browser, and somebody who makes tokens up."""
    function(lab, FUNCTION, MODEL)
    written(lab, AUTHORIZER, CODE)
    paths = {"/orders": {"get": to_function(lab, FUNCTION, security=ASKED)}}
    api = rest_api(lab, API, paths, logging="ERROR", components=schemes(lab, AUTHORIZER))
    lab.notes["api"] = api
    alarm(lab, API, "5XXError")
    ann = {"Authorization": "Bearer t-ann"}
    lab.add(ApiClient(lab, "ann", url=url_of(api), arrivals=SELDOM, path="/orders", headers=ann))
    outside = {
        "with a token that nobody has issued": Probe("GET", "/orders", {"Authorization": "Bearer t-eve"}),
        "without a token": Probe("GET", "/orders"),
    }
    lab.add(Probes(lab, url_of(api), outside))
