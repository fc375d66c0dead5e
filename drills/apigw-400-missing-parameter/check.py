"""The website and the app are served, and whoever names no tenant is told so by API Gateway."""

from __future__ import annotations

from stack import CURSOR, LIMIT, TENANT

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import client, failing, method_arn, operation_of, unserved
from foulweather.kernel.why import Fact, Why

TOLD = '{"message":"Missing required request parameters: [X-Tenant]"}'


def symptom(lab: Lab) -> Why | None:
    """Ten lists that nobody saw."""
    return failing(lab, "website", "{} lists were refused", status=400, at_least=10)


def check(lab: Lab) -> Why | None:
    """Traffic, what the contract's tests are told, then the method as it will be deployed next."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    unwell = unserved(lab, "website", since_ms) or unserved(lab, "app", since_ms)
    if unwell is not None:
        return unwell
    tests = client(lab, "contract-tests").since(since_ms)
    wrong = [test for test in tests if test.status != 400 or test.text != TOLD]
    if wrong or not tests:
        told = f"{wrong[-1].status} {wrong[-1].text}" if wrong else "nothing"
        return unmended(f"Who names no tenant is told {told}.", Fact("contract-tests", "answer", told))
    declared = operation_of(lab, lab.notes["api"], "/orders", "GET").get("requestParameters", {})
    wanted = {LIMIT: False, CURSOR: False, TENANT: True}
    if declared != wanted:
        fact = shown(lab, method_arn(lab, lab.notes["api"], "/orders", "GET"), "requestParameters", declared)
        return unmended("The document says something else of the parameters of GET /orders.", fact)
    return None
