"""No write is throttled, every view shows what it should, and an order costs two write units."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Page, Writer

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException")
UNITS_MAX = 2.0


def _writer(lab: Lab) -> Writer:
    return cast(Writer, lab.app("order-writer"))


def _throttled(lab: Lab, since_ms: int) -> int:
    codes = _writer(lab).records.since(since_ms).codes
    return sum(codes.get(code, 0) for code in THROTTLES)


def _indexes(lab: Lab) -> list[dict[str, Any]]:
    return lab.client("dynamodb").describe_table(TableName=TABLE)["Table"].get("GlobalSecondaryIndexes", [])


def _units(lab: Lab) -> tuple[Fact, ...]:
    arn = lab.notes["table_arn"]
    return tuple(
        shown(
            lab,
            f"{arn}/index/{index['IndexName']}",
            "WriteCapacityUnits",
            index["ProvisionedThroughput"]["WriteCapacityUnits"],
        )
        for index in _indexes(lab)
    )


def symptom(lab: Lab) -> Why | None:
    """A hundred throttled writes in ten minutes."""
    throttled = _throttled(lab, max(lab.struck_at_ms, lab.now_ms - 10 * MINUTE_MS)) if lab.struck_at_ms else 0
    if throttled < 100:
        return None
    table = lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]["ProvisionedThroughput"]
    return unmended(
        f"{throttled} writes of the last ten minutes were throttled.",
        Fact(lab.notes["table_arn"], "WriteCapacityUnits", table["WriteCapacityUnits"]),
    )


def check(lab: Lab) -> Why | None:
    """Throttles first, then the page, then the costs."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    throttled = _throttled(lab, since_ms)
    if throttled:
        return unmended(f"{throttled} writes were throttled since.", *_units(lab))
    told = _writer(lab).outcomes.since(since_ms)
    if told.errors:
        codes = ", ".join(code for code in told.codes if code)
        return unmended(f"{told.errors} of {told.calls} orders were refused: {codes}.")
    return _page(lab, since_ms) or (_cost(lab, since_ms) if lab.struck_at_ms else None)


def _page(lab: Lab, since_ms: int) -> Why | None:
    page = cast(Page, lab.app("account-page"))
    index = shown(lab, page.name, "index", page.settings["index"])
    refused = page.failed_since(since_ms)
    if refused is not None:
        return unmended(f"The account page fails: {refused.code}: {refused.message}", index, because=[refused.why])
    if not page.runs_since(since_ms):
        return unmended("The account page was not shown.", index)
    wrong = [view for at_ms, view in page.wrong if at_ms > since_ms]
    if wrong:
        views = ", ".join(sorted(set(wrong)))
        return unmended(f"The account page does not show what it should ({views}).", index)
    return None


def _cost(lab: Lab, since_ms: int) -> Why | None:
    costs = [units for at_ms, units in _writer(lab).costs if at_ms > since_ms]
    if not costs:
        return unmended("No order was accepted.")
    dearest = max(costs)
    if dearest > UNITS_MAX:
        names = ", ".join(index["IndexName"] for index in _indexes(lab))
        return unmended(
            f"No write is throttled, and an order still costs {dearest:g} write units: one, and one for each of its "
            "indexes.",
            Fact(lab.notes["table_arn"], "GlobalSecondaryIndexes", names),
        )
    return None
