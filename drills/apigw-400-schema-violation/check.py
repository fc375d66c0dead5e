"""Orders are taken, each violation is refused with what is wrong, and only valid orders reach the function."""

from __future__ import annotations

from stack import FUNCTION, MODEL, VIOLATIONS

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import function_arn
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Fifteen orders that were refused."""
    return failing(lab, "web-shop", "{} orders were refused", status=400, at_least=15)


def check(lab: Lab) -> Why | None:
    """Traffic, then each violation, then what reached the function."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS * 3)
    unwell = unserved(lab, "web-shop", since_ms)
    if unwell is not None:
        return unwell
    tests = client(lab, "contract-tests").since(since_ms)
    for test in tests:
        broken, told = VIOLATIONS[test.number % len(VIOLATIONS)]
        if test.status != 400:
            return unmended(
                f"The order {broken} is taken: {MODEL} is to refuse it.", Fact(MODEL, "status", test.status)
            )
        if lab.struck_at_ms and told not in test.text:
            return unmended(f"Who sends {broken} is told {test.text}.", Fact("contract-tests", "answer", test.text))
    if len(tests) < len(VIOLATIONS):
        return unmended("Not every violation was tried since.", Fact("contract-tests", "tried", len(tests)))
    orders = len(client(lab, "web-shop").since(since_ms))
    ran = sum(
        event.kind == "lambda.Invoked" and event.facts["function"] == FUNCTION and event.at_ms > since_ms
        for event in lab.world.journal
    )
    if ran > orders:
        fact = Fact(function_arn(lab, FUNCTION), "invocations", ran)
        return unmended(f"The function ran {ran} times for {orders} orders: more than valid ones reach it.", fact)
    return None
