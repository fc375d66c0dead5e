"""An API in which customers read and place orders, and the office deletes them; a function knows who may what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.api_probes import Probe, Probes
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, to_function, url_of
from foulweather.drilling.load.functions import function
from foulweather.drilling.load.token_authorizers import ASKED, schemes, written

API, FUNCTION, AUTHORIZER = "orders", "orders", "who-may-what"
MODEL = 'duration_ms = 40\ninit_ms = 200\nresponse = {statusCode = 200, body = "{}"}\n'
CODE = """USERS = {"t-ann": "customer", "t-bob": "customer", "t-office": "office"}
MAY = {"customer": ("GET", "POST"), "office": ("GET", "POST", "DELETE")}


def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    method = event["methodArn"].split("/")[2]
    effect = "Allow" if method in MAY[user] else "Deny"
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": user, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""


class Browser(ApiClient):
    """Looks at the orders, then places one."""

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """Reads and writes in turn."""
        return ("POST", "/orders", self.headers, {"items": []}) if n % 2 else ("GET", "/orders", self.headers, b"")


def build(lab: Lab) -> None:
    """Two functions, the API, two customers."""
    function(lab, FUNCTION, MODEL)
    written(lab, AUTHORIZER, CODE)
    methods = {method: to_function(lab, FUNCTION, security=ASKED) for method in ("get", "post", "delete")}
    api = rest_api(lab, API, {"/orders": methods}, logging="ERROR", components=schemes(lab, AUTHORIZER, ttl_s=0))
    lab.notes["api"] = api
    alarm(lab, API, "4XXError", threshold=0.4)
    for user, first_ms in (("ann", 7_000), ("bob", 907_000)):
        quiet = Recorded((first_ms,), every_ms=7_200_000)
        bearer = {"Authorization": f"Bearer t-{user}"}
        lab.add(Browser(lab, user, url=url_of(api), arrivals=quiet, headers=bearer))
    probes = {
        "delete orders as a customer": Probe("DELETE", "/orders", {"Authorization": "Bearer t-bob"}),
        "read orders with a token that nobody has issued": Probe("GET", "/orders", {"Authorization": "Bearer t-eve"}),
        "delete orders as the office": Probe("DELETE", "/orders", {"Authorization": "Bearer t-office"}),
    }
    lab.add(Probes(lab, url_of(api), probes))
