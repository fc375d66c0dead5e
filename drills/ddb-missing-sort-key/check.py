"""Each payment is on the order that was paid; no order is there that nobody placed; all old ones are."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Payments

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why


def _payments(lab: Lab) -> Payments:
    return cast(Payments, lab.app("payments"))


def _items(lab: Lab) -> list[dict[str, Any]]:
    tables, asked = lab.client("dynamodb"), {"TableName": TABLE}
    found: list[dict[str, Any]] = []
    while True:
        page = tables.scan(**asked)
        found += page["Items"]
        if "LastEvaluatedKey" not in page:
            return found
        asked = {"TableName": TABLE, "ExclusiveStartKey": page["LastEvaluatedKey"]}


def symptom(lab: Lab) -> Why | None:
    """Ten payments that are on no order."""
    failed = [run for run in _payments(lab).runs_since(lab.struck_at_ms) if run.error] if lab.struck_at_ms else []
    if len(failed) < 10:
        return None
    return unmended(f"{len(failed)} payments were taken and are on no order: {failed[-1].told}")


def check(lab: Lab) -> Why | None:
    """The service, then each payment since, then what else is in the table."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    app = _payments(lab)
    key = shown(lab, app.name, "key", app.settings["key"])
    error = app.failed_since(since_ms)
    if error is not None:
        return unmended(f"Payments are refused: {error.message}", key, because=[error.why])
    if not app.runs_since(since_ms):
        return unmended("There are no payments.", Fact(app.name, "runs", 0))
    try:
        items = _items(lab)
    except AwsError as refused:
        return unmended(f"The orders cannot be read: {refused.message}", key, because=[refused.why])
    return _paid(lab, since_ms, items, key) or _kept(lab, items, key)


def _paid(lab: Lab, since_ms: int, items: list[dict[str, Any]], key: Fact) -> Why | None:
    on = {
        item["payment"]["S"]: (item["user_id"]["S"], int(item["created_at"]["N"]))
        for item in items
        if "payment" in item
    }
    paid = [order for order in _payments(lab).paid if since_ms < order.paid_at_ms]
    lost = [order for order in paid if order.payment not in on]
    if lost:
        return unmended(f"{len(lost)} of {len(paid)} payments are on no order.", key)
    wrong = [order for order in paid if on[order.payment] != (order.user, order.created_ms)]
    placed = {(item["user_id"]["S"], int(item["created_at"]["N"])) for item in items if "state" in item}
    phantoms = [order for order in wrong if on[order.payment] not in placed or on[order.payment][1] % 1000 == 500]
    if phantoms:
        return unmended(
            f"{len(phantoms)} of {len(paid)} payments made orders that nobody placed: an update of a key that is not "
            "there makes the item.",
            key,
        )
    if wrong:
        return unmended(f"{len(wrong)} of {len(paid)} payments are on another order of their customer.", key)
    return None


def _kept(lab: Lab, items: list[dict[str, Any]], key: Fact) -> Why | None:
    struck_ms = lab.struck_at_ms or lab.now_ms
    old = sum(1 for item in items if int(item["created_at"]["N"]) < struck_ms)
    expected = 3 * sum(1 for run in _payments(lab).runs if run.at_ms < struck_ms and run.at_ms > 0)
    if old < expected:
        return unmended(f"Of {expected} orders from before that day {old} are left.", key)
    return None
