"""Customers read and place orders, whichever comes first, delete none, and the directory is not asked each time."""

from __future__ import annotations

from stack import AUTHORIZER

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import since, unexpected
from foulweather.drilling.load.apis import clients, failing, unserved
from foulweather.drilling.load.functions import function_arn
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five requests of Ann that were denied."""
    return failing(lab, "ann", "{} requests of Ann were denied", status=403)


def check(lab: Lab) -> Why | None:
    """Traffic, then who may what, then how often it was asked."""
    since_ms = since(lab)
    unwell: Why | None = None
    for asking in clients(lab):
        unwell = unwell or unserved(lab, asking.name, since_ms)
    expected = (
        ("delete orders as a customer", 403),
        ("read orders with a token that nobody has issued", 401),
        ("delete orders as the office", 200),
    )
    for name, status in expected:
        told = f"Orders are read and placed, but to {name} is answered: {{}}."
        unwell = unwell or unexpected(lab, since_ms, name, status, told)
    return unwell or _asked(lab, since_ms)


def _asked(lab: Lab, since_ms: int) -> Why | None:
    """Two customers and the office: a few times in five minutes; each of them again for whatever was not issued."""
    if not lab.struck_at_ms:
        return None
    arn = function_arn(lab, AUTHORIZER)
    asked = sum(
        event.kind == "lambda.Invoked" and event.at_ms > since_ms and event.resource.startswith(arn)
        for event in lab.world.journal
    )
    requests = sum(len(asking.since(since_ms)) for asking in clients(lab))
    if asked * 4 > requests:
        told = f"The directory was asked {asked} times for {requests} requests: its answers are not cached any more."
        return unmended(told, Fact(arn, "invocations", asked))
    return None
