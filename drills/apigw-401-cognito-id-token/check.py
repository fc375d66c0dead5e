"""Frontend and mobile app are served, by the pool's authorizer, and nobody is an administrator by the way."""

from __future__ import annotations

from stack import POOL, SCOPE

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import answered
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five requests of people who are signed in."""
    return failing(lab, "frontend", "{} requests of people who are signed in were refused", status=401)


def check(lab: Lab) -> Why | None:
    """Traffic, then the method, then the administrators' path."""
    since_ms = since(lab)
    unwell = unserved(lab, "frontend", since_ms) or unserved(lab, "mobile", since_ms) or _method(lab)
    let_in = [asked for asked in client(lab, "curious").since(since_ms) if asked.status != 401]
    if unwell is None and let_in:
        told = f"Orders are shown, and a customer who asks for /admin is answered {let_in[-1].status}."
        return unmended(told, Fact("/admin", "status", let_in[-1].status))
    return unwell


def _method(lab: Lab) -> Why | None:
    apis, api = lab.client("apigateway"), lab.notes["api"]
    resources = answered(apis.get_resources(restApiId=api))["items"]
    resource = next(one["id"] for one in resources if one["path"] == "/orders")
    method = answered(apis.get_method(restApiId=api, resourceId=resource, httpMethod="GET"))
    arn = f"arn:aws:apigateway:{lab.region}::/restapis/{api}/resources/{resource}/methods/GET"
    if method["authorizationType"] != "COGNITO_USER_POOLS":
        told = f"Orders are shown to whoever asks, and not only to people of {POOL}."
        return unmended(told, shown(lab, arn, "authorizationType", method["authorizationType"]))
    if method.get("authorizationScopes") != [SCOPE]:
        told = "Orders are shown, but the method does not ask for its scope any more."
        return unmended(told, shown(lab, arn, "authorizationScopes", method.get("authorizationScopes")))
    return None
