"""Users are found as they are, who forgets the parameter is told so, and table and role are what they were."""

from __future__ import annotations

from typing import cast

from stack import FUNCTION, TABLE, Website

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import DAY_MS, Lab
from foulweather.drilling.load.apis import client, failing, unserved
from foulweather.drilling.load.functions import LOGGING, function_arn
from foulweather.drilling.load.storage import wide_role
from foulweather.kernel.why import Fact, Why


def symptom(lab: Lab) -> Why | None:
    """Five users who were not found."""
    return failing(lab, "website", "{} users could not be found", status=500)


def check(lab: Lab) -> Why | None:
    """Traffic, what is in the answers, who forgets, then what else could have been changed."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    unwell = unserved(lab, "website", since_ms)
    if unwell is not None:
        return unwell
    arn = function_arn(lab, FUNCTION)
    wrong = [text for at_ms, text in cast(Website, lab.app("website")).wrong if at_ms > since_ms]
    if wrong:
        return unmended(
            f"{len(wrong)} users are shown otherwise than they are: {wrong[-1]}", Fact(arn, "body", wrong[-1])
        )
    for asked in client(lab, "forgetful").since(since_ms):
        if asked.status != 400 or '"message"' not in asked.text:
            told = f"{asked.status} {asked.text}"
            return unmended(f"A request without userId is answered with {told}", Fact(arn, "answer", told))
    table = lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    if table.get("GlobalSecondaryIndexes"):
        return unmended("The table has an index that nobody needs.", Fact(TABLE, "GlobalSecondaryIndexes", 1))
    return wide_role(lab, f"{FUNCTION}-role", but=LOGGING)
