"""Orders with and without a coupon are right, and what is no order is 400 and no error of the function."""

from __future__ import annotations

from typing import cast

from stack import FUNCTION, Customers

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import function_arn
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Ten checkouts that failed."""
    return failing(lab, "customers", "{} checkouts failed", status=502, at_least=10)


def check(lab: Lab) -> Why | None:
    """Customers, what they are to pay, strangers, then the function's errors."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    unwell = unserved(lab, "customers", since_ms)
    if unwell is not None:
        return unwell
    arn = function_arn(lab, FUNCTION)
    wrong = [text for at_ms, text in cast(Customers, lab.app("customers")).wrong if at_ms > since_ms]
    if wrong:
        return unmended(f"{len(wrong)} customers were told a wrong total: {wrong[-1]}", Fact(arn, "body", wrong[-1]))
    for asked in client(lab, "strangers").since(since_ms):
        if asked.status != 400 or '"message"' not in asked.text:
            told = f"{asked.status} {asked.text}"
            return unmended(f"What is no order is answered with {told}", Fact(arn, "answer", told))
    errors = sum(
        event.kind == "lambda.Invoked"
        and event.resource == arn
        and bool(event.facts["error"])
        and event.at_ms > since_ms
        for event in lab.world.journal
    )
    if errors:
        return unmended(f"The function has failed {errors} times since.", Fact(arn, "Errors", errors))
    return None
