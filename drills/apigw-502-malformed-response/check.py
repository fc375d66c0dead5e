"""Each order comes as it is, and one that does not exist is 404."""

from __future__ import annotations

from typing import cast

from stack import FUNCTION, Website

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import function_arn
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Ten orders that could not be shown."""
    return failing(lab, "website", "{} orders could not be shown", status=502, at_least=10)


def check(lab: Lab) -> Why | None:
    """Traffic, what is in the answers, then what is not there."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    unwell = unserved(lab, "website", since_ms)
    if unwell is not None:
        return unwell
    arn = function_arn(lab, FUNCTION)
    wrong = [text for at_ms, text in cast(Website, lab.app("website")).wrong if at_ms > since_ms]
    if wrong:
        return unmended(f"{len(wrong)} orders are shown wrongly: {wrong[-1]}", Fact(arn, "body", wrong[-1]))
    for asked in client(lab, "crawler").since(since_ms):
        if asked.status != 404 or '"message"' not in asked.text:
            told = f"{asked.status} {asked.text}"
            return unmended(f"An order that does not exist is answered with {told}", Fact(arn, "answer", told))
    return None
