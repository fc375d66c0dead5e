"""Prices come, over TLS, from a server that proves who it is."""

from __future__ import annotations

from stack import URL

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import answered
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five requests that failed."""
    return failing(lab, "shop", "{} prices could not be shown", status=502)


def check(lab: Lab) -> Why | None:
    """Traffic, then how the API asks."""
    since_ms = since(lab)
    return unserved(lab, "shop", since_ms) or _told(lab, since_ms) or _integration(lab)


def _told(lab: Lab, since_ms: int) -> Why | None:
    for asked in client(lab, "shop").since(since_ms):
        if asked.text != '{"chair": 49}':
            return unmended(f"The shop is told {asked.text or 'nothing'}.", Fact("shop", "answer", asked.text))
    return None


def _integration(lab: Lab) -> Why | None:
    apis, api = lab.client("apigateway"), lab.notes["api"]
    resources = answered(apis.get_resources(restApiId=api))["items"]
    resource = next(one["id"] for one in resources if one["path"] == "/prices")
    held = answered(apis.get_integration(restApiId=api, resourceId=resource, httpMethod="GET"))
    arn = f"arn:aws:apigateway:{lab.region}::/restapis/{api}/resources/{resource}/methods/GET/integration"
    if held.get("uri") != URL:
        told = "Prices are shown, and anybody on the way can read and change them: they come without TLS."
        return unmended(told, shown(lab, arn, "uri", held.get("uri")))
    if held.get("tlsConfig", {}).get("insecureSkipVerification"):
        told = "Prices are shown, whoever says that he is the server: its certificate is not verified."
        return unmended(told, shown(lab, arn, "tlsConfig", held["tlsConfig"]))
    return None
