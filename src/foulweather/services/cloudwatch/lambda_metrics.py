"""What Lambda tells of its functions: by function, by version or alias, and of all together.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from foulweather.services.cloudwatch.measures import Measured, Measures
from foulweather.services.cloudwatch.measuring import Tallies
from foulweather.services.cloudwatch.state import Metric
from foulweather.world.journal import Event
from foulweather.world.world import World

Note = Callable[[World, Tallies, Event], None]
BETWEEN = "\n"


def _place(tallies: Tallies, arn: str) -> tuple[str, str]:
    found = tallies.places.get(arn)
    if found is None:
        _, _, _, region, account, _ = arn.split(":", 5)
        found = tallies.places[arn] = (account, region)
    return found


def _invoked(world: World, tallies: Tallies, event: Event) -> None:
    facts, place = event.facts, _place(tallies, event.resource)
    what, version = facts.get("qualifier") or "", facts.get("version") or ""
    if what and version not in (what, ""):
        what = f"{what}{BETWEEN}{version}"  # an alias, and the version that it named
    name = facts["function"]
    tallies.add(("lambda.Invocations", *place, name, what), 1)
    tallies.add(("lambda.Errors", *place, name, what), int(bool(facts["error"])))
    tallies.add(("lambda.Duration", *place, name, what), facts["duration_ms"])
    tallies.add(("lambda.Throttles", *place, name, what), 0)
    if (concurrent := facts.get("concurrent")) is not None:
        tallies.add(("lambda.ConcurrentExecutions", *place, name, what), concurrent)
        _in_account(tallies, place, facts)
    if facts.get("is_provisioned"):
        tallies.add(("lambda.ProvisionedInvocations", *place, name, what), 1)
        tallies.add(("lambda.ProvisionedUtilization", *place, name, what), facts.get("utilization", 1.0))
        tallies.add(("lambda.ProvisionedConcurrency", *place, name, what), facts.get("in_provisioned", 1))
    elif facts.get("is_spillover"):
        tallies.add(("lambda.ProvisionedSpillover", *place, name, what), 1)


def _in_account(tallies: Tallies, place: tuple[str, str], facts: Mapping[str, Any]) -> None:
    tallies.add(("lambda.AccountConcurrency", *place, "", ""), facts.get("in_account", facts["concurrent"]))
    if facts.get("unreserved"):
        tallies.add(("lambda.UnreservedConcurrency", *place, "", ""), facts["unreserved"])


def _running(world: World, tallies: Tallies, event: Event) -> None:
    """What runs at the end of a minute, of invocations that go on."""
    facts, place = event.facts, _place(tallies, event.resource)
    tallies.add(("lambda.ConcurrentExecutions", *place, facts["function"], ""), facts["concurrent"])
    _in_account(tallies, place, facts)


def _claimed(world: World, tallies: Tallies, event: Event) -> None:
    """What an account cannot use on demand: all that is reserved or provisioned, and what runs beside it."""
    tallies.add(("lambda.Claimed", event.account, event.region, "", ""), event.facts["claimed"])


def _asked_by_url(world: World, tallies: Tallies, event: Event) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html."""
    facts, place = event.facts, _place(tallies, event.resource)
    name, what, status = facts["function"], facts.get("qualifier") or "$LATEST", facts["status"]
    tallies.add(("lambda.UrlRequests", *place, name, what), 1)
    tallies.add(("lambda.Url4xx", *place, name, what), int(400 <= status < 500))
    tallies.add(("lambda.Url5xx", *place, name, what), int(status >= 500))
    tallies.add(("lambda.UrlLatency", *place, name, what), facts.get("latency_ms", 0))


def _throttled(world: World, tallies: Tallies, event: Event) -> None:
    """A throttled request is no invocation."""
    tallies.add(("lambda.Throttles", *_place(tallies, event.resource), event.facts["function"], ""), 1)


def _counted(world: World, tallies: Tallies, event: Event) -> None:
    name = event.resource.split(":", 7)[6]
    tallies.add((event.kind, *_place(tallies, event.resource), name, ""), 1)


def _aged(world: World, tallies: Tallies, event: Event) -> None:
    name = event.resource.split(":", 7)[6]
    tallies.add((event.kind, *_place(tallies, event.resource), name, ""), event.facts["age_ms"])


NOTES: dict[str, Note] = {
    "lambda.Invoked": _invoked,
    "lambda.Running": _running,
    "lambda.Claimed": _claimed,
    "lambda.UrlRequest": _asked_by_url,
    "lambda.Throttled": _throttled,
    "lambda.IteratorAge": _aged,
    "lambda.AsyncEventAge": _aged,
    "lambda.AsyncEventReceived": _counted,
    "lambda.AsyncEventDropped": _counted,
    "lambda.DeadLetterError": _counted,
    "lambda.DestinationDeliveryFailed": _counted,
    "lambda.RecursiveInvocationDropped": _counted,
    "lambda.SignatureInvalid": _counted,
}


def _account(name: str) -> Measures:
    def measures(_: str, __: str) -> Iterator[Measured]:
        yield Measured(Metric("AWS/Lambda", name), "Count")

    return measures


def _function(name: str, unit: str, *, of_all: bool = True) -> Measures:
    def measures(function: str, qualifier: str) -> Iterator[Measured]:
        own, (qualifier, _, version) = ("FunctionName", function), qualifier.partition(BETWEEN)
        resource = ("Resource", _resource(function, qualifier))
        yield Measured(Metric("AWS/Lambda", name, (own,)), unit)
        yield Measured(Metric("AWS/Lambda", name, (own, resource)), unit)
        if version:
            yield Measured(Metric("AWS/Lambda", name, (("ExecutedVersion", version), own, resource)), unit)
        if of_all:
            yield Measured(Metric("AWS/Lambda", name), unit)

    return measures


def _of_url(name: str, unit: str) -> Measures:
    def measures(function: str, qualifier: str) -> Iterator[Measured]:
        own = ("FunctionName", function)
        yield Measured(Metric("AWS/Lambda", name, (own,)), unit)
        yield Measured(Metric("AWS/Lambda", name, (own, ("Resource", f"{function}:{qualifier}"))), unit)

    return measures


def _resource(function: str, qualifier: str) -> str:
    return f"{function}:{qualifier}" if qualifier and qualifier != "$LATEST" else function


MEASURES: dict[str, Measures] = {
    "lambda.Invocations": _function("Invocations", "Count"),
    "lambda.Errors": _function("Errors", "Count"),
    "lambda.Duration": _function("Duration", "Milliseconds"),
    "lambda.Throttles": _function("Throttles", "Count"),
    "lambda.ConcurrentExecutions": _function("ConcurrentExecutions", "Count", of_all=False),
    "lambda.AccountConcurrency": _account("ConcurrentExecutions"),
    "lambda.UnreservedConcurrency": _account("UnreservedConcurrentExecutions"),
    "lambda.ProvisionedInvocations": _function("ProvisionedConcurrencyInvocations", "Count"),
    "lambda.ProvisionedUtilization": _function("ProvisionedConcurrencyUtilization", "None", of_all=False),
    "lambda.ProvisionedConcurrency": _function("ProvisionedConcurrentExecutions", "Count", of_all=False),
    "lambda.Claimed": _account("ClaimedAccountConcurrency"),
    "lambda.UrlRequests": _of_url("UrlRequestCount", "Count"),
    "lambda.Url4xx": _of_url("Url4xxCount", "Count"),
    "lambda.Url5xx": _of_url("Url5xxCount", "Count"),
    "lambda.UrlLatency": _of_url("UrlRequestLatency", "Milliseconds"),
    "lambda.SignatureInvalid": _function("SignatureValidationErrors", "Count"),
    "lambda.ProvisionedSpillover": _function("ProvisionedConcurrencySpilloverInvocations", "Count"),
    "lambda.IteratorAge": _function("IteratorAge", "Milliseconds"),
    "lambda.AsyncEventAge": _function("AsyncEventAge", "Milliseconds"),
    "lambda.AsyncEventReceived": _function("AsyncEventsReceived", "Count"),
    "lambda.AsyncEventDropped": _function("AsyncEventsDropped", "Count"),
    "lambda.DeadLetterError": _function("DeadLetterErrors", "Count"),
    "lambda.DestinationDeliveryFailed": _function("DestinationDeliveryFailures", "Count"),
    "lambda.RecursiveInvocationDropped": _function("RecursiveInvocationsDropped", "Count"),
}
